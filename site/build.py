"""Makes the site: static files with relative links, for a folder or any web server.

    site/build.py OUTPUT BUILD          BUILD has the command halloc, and halloc.html, the playground

    Markdown   -> prose.py        texts and folders -> source.py        which file is which page -> tree.py
    chapters   -> deck.py         their pictures, moving -> pictures.py       the race -> race.py
    pages.py puts them together, templates/ and style/ are their look, script/ is all that moves.
"""
import pathlib
import shutil
import sys
import time

NEEDED = {"markdown_it": "python3-markdown-it", "pygments": "python3-pygments", "jinja2": "python3-jinja2"}


def check():
    """Says what is missing, and how to get it."""
    missing = []
    for module, package in NEEDED.items():
        try:
            __import__(module)
        except ImportError:
            missing.append(package)
    if not shutil.which("mandoc"):
        missing.append("mandoc")
    if not pathlib.Path(LUNR).exists():
        missing.append("libjs-lunr")
    if missing:
        sys.exit(f"site: missing: {' '.join(missing)}. As root: tools/install-packages.sh site")


LUNR = "/usr/share/javascript/lunr/lunr.min.js"


class Progress:
    """One line: rewritten on a terminal, said once elsewhere."""

    def __init__(self):
        self.began, self.live = time.monotonic(), sys.stderr.isatty()

    def __call__(self, words):
        if self.live:
            print(f"\r\033[Ksite: {words}", end="", file=sys.stderr, flush=True)

    def done(self, words):
        if self.live:
            print("\r\033[K", end="", file=sys.stderr)
        print(f"{words}, {time.monotonic() - self.began:.0f} s")


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: site/build.py OUTPUT BUILD")
    check()
    from pages import Site
    from tree import Broken
    output, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    for name, how in (("halloc", "make"), ("halloc.html", "make page")):
        if not (build / name).exists():
            sys.exit(f"site: {build / name} is missing: {how}")
    if output.exists() and not (output / "script/search-text.js").exists() and any(output.iterdir()):
        sys.exit(f"site: {output} is there, and is no site: it stays as it is")
    root = pathlib.Path(__file__).resolve().parent.parent
    part = output.with_name(output.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    progress = Progress()
    try:
        count = Site(root, part, build, LUNR, progress).make()
    except Broken as problem:
        shutil.rmtree(part, ignore_errors=True)
        sys.exit(f"site: {problem}")
    shutil.rmtree(output, ignore_errors=True)
    part.rename(output)
    size = sum(path.stat().st_size for path in output.rglob("*") if path.is_file())
    progress.done(f"{output}: {count} pages, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
