#!/bin/bash
# GIMP without a screen: a script draws, filters and scales layers, and the pictures are the same.
# packages: gimp
# programs: gimp-console
# served: gimp-console script-fu file-pnm
# seconds: 240
. "$(dirname "$0")/lib.sh"
cat >script.scm <<'SCM'
(let* ((image (car (gimp-image-new 400 300 RGB)))
       (layer (car (gimp-layer-new image 400 300 RGB-IMAGE "one" 100 LAYER-MODE-NORMAL))))
  (gimp-image-insert-layer image layer 0 0)
  (gimp-context-set-foreground '(200 40 90))
  (gimp-drawable-fill layer FILL-FOREGROUND)
  (plug-in-plasma RUN-NONINTERACTIVE image layer 7 2.5)
  (plug-in-gauss RUN-NONINTERACTIVE image layer 8 8 0)
  (file-ppm-save RUN-NONINTERACTIVE image layer "plasma.ppm" "plasma.ppm" 1)
  (let ((n 0))
    (while (< n 12)
      (let ((copy (car (gimp-layer-copy layer TRUE))))
        (gimp-image-insert-layer image copy 0 0)
        (gimp-layer-set-opacity copy 40)
        (gimp-item-transform-flip-simple copy (if (odd? n) ORIENTATION-HORIZONTAL ORIENTATION-VERTICAL) TRUE 0)
        (set! n (+ n 1)))))
  (gimp-image-scale image 700 500)
  (let ((flat (car (gimp-image-flatten image))))
    (plug-in-edge RUN-NONINTERACTIVE image flat 2 1 0)
    (gimp-drawable-hue-saturation flat HUE-RANGE-ALL 40 10 30 0)
    (file-ppm-save RUN-NONINTERACTIVE image flat "flat.ppm" "flat.ppm" 1))
  (gimp-message "drawn"))
(gimp-quit 0)
SCM
# (No rotation: on glibc as well, GIMP 2.10 draws now this picture and now that.)
gimp-console -i -d -f -b "$(<script.scm)" >gimp.log 2>&1
echo "gimp ended with $?: $(grep -o drawn gimp.log)"
for picture in *.ppm; do echo "$picture $(digest <$picture)"; done
