"""The pictures of the chapters, live.

Each chapter draws its picture by a command of its own: `halloc map ... --svg NAME.svg`. The same command with
`-o NAME.html` writes the moving picture. Where the playground has a question of the chapter (page/chapters.js), or can
show what the chapter tells, its page gets the playground in that state too.
"""
import base64
import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import tempfile
from tree import Broken

# What the playground shows in chapters that have no question there: a sentence, and a state (page/share.js).
SHOWN = {
    0: ("The same recording, call by call. Press Play, or drag the slider to the end.", {"p": ["first"], "t": "sqlite3", "a": 60}),
    1: ("Your ten lines are the policy <em>bump</em>: what is freed is never found again. Press Play.",
        {"p": ["bump"], "a": 0, "s": "".join(f"{new} = malloc 100\nfree {new}\n" for new in "abcdefgh")}),
    4: ("Six blocks are freed, then one is asked for. The arrows are the list: follow the search. Press Play.",
        {"p": ["first"], "a": 12, "s": "".join(f"{new} = malloc {size}\n" for new, size in zip(
            "abcdefghijkl", (40, 100, 24, 100, 60, 100, 24, 100, 200, 100, 24, 100)))
            + "".join(f"free {old}\n" for old in "aceikg") + "m = malloc 150\n"}),
    7: ("Ten objects of 8 bytes. Look at the headers (dark) and the padding (striped): that is the price. Press Play.",
        {"p": ["segregated"], "a": 0, "s": "".join(f"{new} = malloc 8\n" for new in "abcdefghij")}),
    14: ("First fit and best fit on one slider: the comparison that the papers made. Press Play.",
         {"p": ["first", "best"], "t": "git", "a": 400}),
}


def fragment(state):
    """As encodeState of page/share.js."""
    text = json.dumps(state, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def played(tree, chapter):
    """(words, fragment, with scores) of the playground in a chapter's state; None if it has none."""
    if "page/chapters.js" not in tree.files:
        return None
    asked = tree.text("page/chapters.js")
    if re.search(rf"\bchapter: {chapter},", asked):
        part = re.search(rf"\bchapter: {chapter},.*?\bhere:", asked, re.S)[0]
        return "The question, in the playground: say your answer, then press Play.", f"chapter={chapter}", "trace:" in part
    if chapter in SHOWN:
        words, state = SHOWN[chapter]
        return words, fragment(state), "t" in state
    return None


class Maps:
    """The moving pictures: named when the pages are made, drawn after them, two at a time."""

    def __init__(self, tree, command, output):
        self.tree, self.command, self.output = tree, command, pathlib.Path(output)
        self.work = []
        self.places = {}  # a command -> its map's place in the site
        self.names = {}  # a picture's path -> the map's place in the site
        for path in sorted(tree.files):
            if re.match(r"docs/[0-9][0-9]-.*\.md$", path):
                self._chapter(path)
        for name in ("lua-first-segregated", "cc1plus-first-buddy", "python3-best-buddy"):
            trace, policies = name.split("-", 1)
            self._plan(f"docs/gallery/{name}.svg", None,
                        ["map", f"traces/{trace}.htrace", "--with", policies.replace("-", ","), "--at", "peak"])

    def _chapter(self, path):
        compiled = {}  # by the name of the library
        for line in re.findall(r"^\$ ((?:gcc|halloc map) .*[^\\\n])$", self.tree.text(path), re.M):
            words = shlex.split(line, comments=True)
            if words[0] == "gcc" and "-shared" in words:
                compiled["./" + words[words.index("-o") + 1]] = words
            elif words[:2] == ["halloc", "map"] and "--svg" in words:
                at = words.index("--svg")
                needs = compiled[words[words.index("--policy") + 1]] if "--policy" in words else None
                self._plan(f"docs/pictures/{words[at + 1]}", needs, words[1:at] + words[at + 2:])

    def _plan(self, picture, compiled, words):
        if picture not in self.tree.files:
            return
        if compiled and not all(f"docs/{word}" in self.tree.files for word in compiled if word.endswith(".c")):
            return  # an answer, in a handout: the still picture stays
        key = (*words, *(compiled or []))  # two chapters may draw the same
        if key not in self.places:
            self.places[key] = f"maps/{pathlib.PurePosixPath(picture).stem}.html"
            self.work.append((compiled, words, self.output / self.places[key]))
        self.names[picture] = self.places[key]

    def _make(self, compiled, words, output):
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            for name in ("traces", "docs/exercises", "docs/answers", "halloc.h"):
                (pathlib.Path(folder) / pathlib.Path(name).name).symlink_to(self.tree.root / name)
            commands = [compiled] if compiled else []
            for command in commands + [[self.command, *words, "-o", output]]:
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise Broken(f"{' '.join(map(str, command))}: {done.stderr.strip()}")

    def finish(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for _ in pool.map(lambda one: self._make(*one), self.work):
                pass
        return [self.output / place for place in self.places.values()]
