#!/bin/bash
# emacs --batch: buffers, regular expressions, JSON, byte compilation, a portable dump written.
# packages: emacs-nox emacs-el
# programs: emacs
# served: emacs
# seconds: 240
. "$(dirname "$0")/lib.sh"
cat >work.el <<'LISP'
(require 'json) (require 'cl-lib)
(with-temp-buffer
  (dotimes (n 30000) (insert (format "line %d of %s\n" (mod (* n 7919) 10007) (make-string (mod n 60) ?x))))
  (sort-lines nil (point-min) (point-max))
  (princ (format "sorted %s\n" (secure-hash 'sha256 (current-buffer))))
  (goto-char (point-min))
  (while (re-search-forward "\\([0-9]+\\) of \\(x*\\)" nil t) (replace-match "\\2:\\1"))
  (princ (format "replaced %s\n" (secure-hash 'sha256 (current-buffer))))
  (dotimes (n 300) (goto-char (1+ (mod (* n 7919) (buffer-size)))) (insert (make-string 4000 ?y)) (undo-boundary))
  (princ (format "grown %d\n" (buffer-size)))
  (write-region nil nil "written" nil 'silent))
(let ((table (make-hash-table :test 'equal)) (strings nil))
  (dotimes (n 100000) (puthash (format "k%d" (mod n 5000)) (make-vector (mod n 40) n) table) (push (number-to-string n) strings)
           (when (> (length strings) 500) (setq strings nil)))
  (garbage-collect)
  (princ (format "table %d\n" (hash-table-count table))))
(princ (format "json %s\n" (secure-hash 'sha256 (json-encode (cl-loop for n below 3000 vconcat (vector n (format "s%d" n)))))))
(princ (format "big %s\n" (secure-hash 'sha256 (number-to-string (cl-reduce #'* (number-sequence 1 800))))))
(dolist (name '("subr" "simple" "files" "isearch"))
  (let ((source (locate-library (concat name ".el.gz"))) (byte-compile-warnings nil))
    (with-temp-buffer (insert-file-contents source) (write-region nil nil (concat name ".el") nil 'silent))
    (byte-compile-file (concat name ".el"))
    (with-temp-buffer (set-buffer-multibyte nil) (insert-file-contents-literally (concat name ".elc"))
      (princ (format "%s %s\n" name (secure-hash 'sha256 (current-buffer)))))))
(with-temp-buffer (c-mode) (dotimes (n 300) (insert "int f(int x) {\nif (x) {\nreturn x;\n}\n}\n"))
  (indent-region (point-min) (point-max)) (font-lock-ensure)
  (princ (format "indented %s\n" (secure-hash 'sha256 (current-buffer)))))
(princ (format "child %s" (with-temp-buffer (call-process "sh" nil t nil "-c" "echo said; exit 4") (buffer-string))))
(kill-emacs 3)
LISP
emacs -Q --batch -l work.el 2>emacs.log
echo "emacs ended with $?"
