"""The checks of the chapters see what is wrong: each fault is planted in a tree of its own."""
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from checks import chapter, console, contract, excerpt, links, scratch  # noqa: E402

COMMAND = """#!/bin/bash
case "$1 $2" in
"map --svg") echo "<svg>$3</svg>" >"$3" ;;
"lab check") ! grep -q broken "$3" ;;
"three lines") printf 'one 1\\ntwo 22\\nthree\\n' ;;
*) echo "unknown"; exit 2 ;;
esac
"""
SOURCE = """int before;

    if (here) {
        there();
    }
    a line between
    last();
"""
CHAPTER = """# 7. A chapter

**Predict first.** What will it say? [Answers](answers/07-a.md).

```console
$ halloc three lines
one 1
two ...
...
$ name=carried; halloc \\
  nonsense
unknown
(exit status 2)
$ echo "$name on"
carried on
$ halloc map --svg 07-a.svg
$ cat halloc.h
the header
```

![a picture](pictures/07-a.svg)

```c src/x.c
if (here) {
    there();
...
last();
```

Mend `exercises/07-a.c`.
""" + "\nA line.\n" * 15 + """
[6. Before](06-before.md) · [8. After](08-after.md)
"""
C = "/* %s */\nint halloc_user_policy;\n"


class Tree(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        self.write("bin/halloc", COMMAND).chmod(0o755)
        self.write("src/x.c", SOURCE)
        self.write("halloc.h", "the header\n")
        self.write("docs/README.md", "[7](07-a.md)\n")
        self.write("docs/07-a.md", CHAPTER)
        self.write("docs/answers/07-a.md", "```console\n$ echo $name\ncarried\n```\n")
        self.write("docs/answers/07-a.c", C % "works")
        self.write("docs/exercises/07-a.c", C % "broken")
        self.write("docs/pictures/07-a.svg", "<svg>07-a.svg</svg>\n")
        self.place = scratch.Place(self.root, self.root / "bin")

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def replace(self, name, old, new):
        path = self.root / name
        self.assertIn(old, path.read_text())
        path.write_text(path.read_text().replace(old, new))

    def chapter(self, update=False):
        return chapter.complaints(self.place, self.root / "docs/07-a.md", update)[0]

    def contract(self):
        return contract.complaints(self.place, chapter.all_chapters(self.root))[0]

    def one(self, complaints, words):
        self.assertEqual(len(complaints), 1, complaints)
        self.assertIn(words, complaints[0])


class Chapters(Tree):
    def test_a_good_one_passes(self):
        self.assertEqual(self.chapter(), [])
        self.assertEqual(self.contract(), [])

    def test_stale_excerpt(self):
        self.replace("src/x.c", "there();", "elsewhere();")
        self.one(self.chapter(), "not so in src/x.c")

    def test_excerpt_of_a_file_that_is_gone(self):
        (self.root / "src/x.c").unlink()
        self.one(self.chapter(), "no file src/x.c")

    def test_no_excerpt(self):
        self.replace("docs/07-a.md", "```c src/x.c", "```c")
        self.one(self.chapter(), "no excerpt")

    def test_wrong_output(self):
        self.replace("docs/07-a.md", "two ...\n", "too ...\n")
        self.one(self.chapter(), "wanted: too ...")

    def test_output_that_ends_early(self):
        self.replace("docs/07-a.md", "...\n$ name", "$ name")
        self.one(self.chapter(), "got:    three")

    def test_wrong_output_in_the_answers(self):
        self.replace("docs/answers/07-a.md", "\ncarried\n", "\nlost\n")
        self.one(self.chapter(), "answers/07-a.md:2:")

    def test_wrong_exit_status(self):
        self.replace("docs/07-a.md", "(exit status 2)\n", "")
        self.one(self.chapter(), "exit status 2, not 0")

    def test_shell_that_ends(self):
        self.replace("docs/07-a.md", "$ echo", "$ exit 0; echo")
        self.assertIn("did not come to an end", "".join(self.chapter()))

    def test_missing_picture(self):
        (self.root / "docs/pictures/07-a.svg").unlink()
        self.one(self.chapter(), "is missing")

    def test_other_picture(self):
        self.write("docs/pictures/07-a.svg", "<svg>old</svg>\n")
        self.one(self.chapter(), "is not what the command draws")
        self.assertEqual(self.chapter(update=True), [])
        self.assertEqual(self.chapter(), [])

    def test_picture_that_nothing_draws(self):
        self.replace("docs/07-a.md", "--svg 07-a.svg", "--svg 07-b.svg")
        self.one(self.chapter(), "no command of this chapter draws")

    def test_picture_not_shown(self):
        self.write("docs/pictures/07-b.svg", "")
        self.one(self.chapter(), "07-b.svg is not shown")

    def test_picture_too_large(self):
        self.replace("bin/halloc", 'echo "<svg>$3</svg>"', "head -c 200000 /dev/zero")
        self.one(self.chapter(update=True), "more than 153600")

    def test_form(self):
        self.replace("docs/07-a.md", "Predict first", "Look")
        self.one(self.chapter(), "no question")

    def test_foot(self):
        self.replace("docs/07-a.md", "](08-after.md)", "](09-after.md)")
        self.one(self.chapter(), "the last line links")

    def test_length(self):
        self.replace("docs/07-a.md", "\nA line.\n", "")
        self.one(self.chapter(), "lines: a chapter has")

    def test_words(self):
        self.replace("docs/07-a.md", "What will", "What chunk will")
        self.one(self.chapter(), "'chunk' is not a word of ours")
        self.replace("docs/07-a.md", "What chunk will", 'What others call "chunk", `arena_t`: will')
        self.assertEqual(self.chapter(), [])


class Contracts(Tree):
    def test_exercise_that_passes(self):
        self.write("docs/exercises/07-a.c", C % "mended")
        self.one(self.contract(), "exit status 0, not 1")

    def test_answer_that_fails(self):
        self.write("docs/answers/07-a.c", C % "broken")
        self.one(self.contract(), "exit status 1, not 0")

    def test_contract_of_its_own(self):
        self.write("docs/exercises/07-a.sh", 'grep -q works "$1"\n')
        self.assertEqual(self.contract(), [])
        self.write("docs/exercises/07-a.sh", "exit 2\n")
        self.assertEqual(len(self.contract()), 2)

    def test_nothing_there(self):
        for name in ("exercises/07-a.c", "answers/07-a.c", "answers/07-a.md"):
            (self.root / "docs" / name).unlink()
        found = "\n".join(self.contract())
        self.assertIn("no exercise", found)
        self.assertIn("no answers", found)

    def test_no_answer(self):
        (self.root / "docs/answers/07-a.c").unlink()
        self.one(self.contract(), "no answer")

    def test_strays(self):
        self.write("docs/exercises/08-a.c", "")
        self.one(self.contract(), "belongs to no chapter")

    def test_what_does_not_compile(self):
        self.write("docs/answers/07-a.c", "works\n")
        self.one(self.contract(), "does not compile")


class Links(Tree):
    def setUp(self):
        super().setUp()
        for name in ("06-before", "08-after"):
            self.write(f"docs/{name}.md", "# A heading, `too`\n")
        self.write("docs/README.md", "[7](07-a.md) [6](06-before.md) [8\n8](08-after.md#a-heading-too)\n")

    def links(self):
        return links.complaints(self.root)[0]

    def test_good_ones(self):
        self.assertEqual(self.links(), [])

    def test_broken_ones(self):
        (self.root / "docs/pictures/07-a.svg").unlink()
        self.one(self.links(), "pictures/07-a.svg leads nowhere")

    def test_no_such_heading(self):
        self.replace("docs/README.md", "#a-heading-too", "#another")
        self.one(self.links(), "no such heading")

    def test_chapter_that_the_index_does_not_name(self):
        self.write("docs/09-b.md", "")
        self.one(self.links(), "does not name 09-b.md")


class Matching(unittest.TestCase):
    def test_wildcards(self):
        same = console.difference
        self.assertIsNone(same(["a", "...", "d"], ["a", "b", "c", "d"]))
        self.assertIsNone(same(["...", "a"], ["a", "b", "a"]))
        self.assertIsNone(same(["a ... c (...)"], ["a b c (d)"]))
        self.assertIsNone(same(["a", "..."], ["a"]))
        self.assertIsNone(same(["a ..."], ["a"]))
        self.assertIsNotNone(same(["a ..."], ["ab"]))
        self.assertIsNotNone(same(["...", "a"], ["a", "b"]))
        self.assertIsNotNone(same(["a.c"], ["abc"]))
        self.assertIsNotNone(same(["a", "b"], ["a", "x", "b"]))

    def test_excerpts(self):
        source = SOURCE.splitlines()
        self.assertIsNone(excerpt.difference(["        there();"], source))
        self.assertIsNone(excerpt.difference(["int before;", "", "    if (here) {"], source))
        self.assertIsNotNone(excerpt.difference(["if (here) {", "there();"], source))  # indented otherwise
        self.assertIsNotNone(excerpt.difference(["last();", "...", "int before;"], source))  # order
        self.assertIsNotNone(excerpt.difference(["if (here) {", "}"], source))  # a line left out
        self.assertIsNotNone(excerpt.difference(["..."], source))


if __name__ == "__main__":
    unittest.main()
