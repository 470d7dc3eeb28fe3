"""links.py FOLDER: the links of all pages in it. Names each that leads nowhere, or out of the folder."""
import html.parser
import pathlib
import re
import sys
import urllib.parse

LOADED = {"img": "src", "script": "src", "iframe": "src", "link": "href"}


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.names, self.links, self.wrong = set(), [], []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name == "id":
                if value in self.names:
                    self.wrong.append(f"twice: id {value}")
                self.names.add(value)
            elif name in ("href", "src", "data-live", "action") and tag != "base":
                self.links.append((value or "", LOADED.get(tag) == name))


def complaints(folder, pages, path):
    page = pages[path]
    yield from page.wrong
    for link, loaded in page.links:
        parts = urllib.parse.urlsplit(link)
        if parts.scheme == "data":
            continue
        if parts.scheme or link.startswith("//"):
            if loaded:
                yield f"loads from elsewhere: {link}"
            continue
        if link.startswith("/"):
            yield f"does not begin at the page: {link}"
            continue
        target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
        if folder not in target.parents or not target.is_file():
            yield f"leads nowhere: {link}"
        elif parts.fragment and target.suffix == ".html" and not is_there(pages[target], target, parts.fragment):
            yield f"no such place: {link}"


def is_there(page, target, fragment):
    # A long fragment of the playground is the state of a heap (page/share.js), a short one may be a chapter's question.
    of_playground = len(fragment) > 9 or re.fullmatch("chapter=[0-9]", fragment)
    return urllib.parse.unquote(fragment) in page.names or (target.name == "play.html" and of_playground)


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in sorted(folder.rglob("*.html"))}
    found = 0
    for path in pages:
        for complaint in complaints(folder, pages, path):
            print(f"{folder.name}/{path.relative_to(folder)}: {complaint}")
            found += 1
    text = folder / "script/search-text.js"
    for place in re.findall(r'{"at": "([^"]*)"', text.read_text()) if text.exists() else []:
        name, _, anchor = place.partition("#")
        if folder / name not in pages or (anchor and anchor not in pages[folder / name].names):
            print(f"{text.name}: leads nowhere: {place}")
            found += 1
    for style in folder.rglob("*.css"):
        if "://" in style.read_text() or "@import" in style.read_text():
            print(f"{style}: loads from elsewhere")
            found += 1
    print(f"{sum(len(page.links) for page in pages.values())} links of {len(pages)} pages")
    sys.exit(found > 0)


if __name__ == "__main__":
    main()
