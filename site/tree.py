"""Which file of the repository becomes which page of the site, and how one page links to another.

    docs/05-policies.md   -> docs/05-policies.html        README.md of a folder -> index.html there
    src/malloc.c          -> src/malloc.c.html            a text, with numbered lines
    src/engine            -> src/engine/index.html        a folder: what is in it
    docs/pictures/x.svg   -> the same                     copied

Folders stay as they are, so links stay relative, and the site works from any place. A page is made when
another page links to it. Nothing has to be listed twice.
"""
import os
import pathlib
import posixpath
import subprocess

COPIED = {".svg", ".png", ".htrace"}
MANUALS = {"man/halloc.1", "man/halloc.3"}
NOT_IN_A_HANDOUT = ("tests", "bench", "docs/answers", ".ci", ".github")


class Broken(Exception):
    """Something that the reader of this message can mend."""


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = set(self._files())
        self.folders = {str(folder) for name in self.files for folder in pathlib.PurePosixPath(name).parents}
        self.wanted = []  # paths in the order in which they were first linked to
        self._known = set()

    def _files(self):
        """What git knows; in a tarball, or where git trusts nobody else's clone, all that is no build."""
        names = []
        if (self.root / ".git").exists():
            done = subprocess.run(["git", "-C", self.root, "ls-files", "-co", "--exclude-standard", "-z"],
                                  capture_output=True, check=False)
            names = done.stdout.decode().split("\0")
        if not any(names):
            names = [path.relative_to(self.root).as_posix() for path in self.root.rglob("*")]
        return (name for name in names if name and not name.startswith(("build", ".git/")) and (self.root / name).is_file())

    def text(self, path):
        return (self.root / path).read_text()

    def want(self, path):
        if path not in self._known:
            self._known.add(path)
            self.wanted.append(path)

    def page_of(self, path):
        """The place of a file's or a folder's page; the folder's README is its page."""
        if path in self.folders:
            inside = posixpath.normpath(f"{path}/README.md")
            return self.page_of(inside) if inside in self.files else posixpath.normpath(f"{path}/index.html")
        folder, name = posixpath.split(path)
        stem, ending = posixpath.splitext(name)
        if ending in COPIED:
            return path
        if path == "README.md":
            return "readme.html"  # index.html is the playground
        if name == "README.md":
            return posixpath.join(folder, "index.html")
        return posixpath.join(folder, f"{stem if ending == '.md' else name}.html")

    def resolve(self, source, target):
        """The path that a link of `source` leads to; None where a handout leaves it out."""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target)) if target else source
        if path in self.files or path in self.folders:
            return path
        left_out = [part for part in NOT_IN_A_HANDOUT if path == part or path.startswith(part + "/")]
        if left_out and left_out[0] not in self.folders:
            return None
        raise Broken(f"{source}: a link leads nowhere: {target}")

    def href(self, source, target):
        """A link as a page of the site has it: from the page of `source`; None where it leads nowhere."""
        name, mark, anchor = target.partition("#")
        path = self.resolve(source, name)
        if path is None:
            return None
        if f"{path}/README.md" in self.files:
            path = f"{path}/README.md"
        self.want(path)
        return relative(self.page_of(path), self.page_of(source)) + mark + anchor


def relative(place, page):
    """From the page to the place; both within the site."""
    return os.path.relpath(place, posixpath.dirname(page) or ".")


def to_root(page):
    return "../" * page.count("/")
