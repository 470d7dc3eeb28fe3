"""The page of a text of the repository, and the page of a folder."""
import html
import posixpath
import re
from prose import coloured, from_root

LANGUAGES = {".c": "c", ".h": "c", ".cpp": "cpp", ".py": "python", ".yml": "yaml", ".sh": "sh", ".js": "js"}


def file_page(tree, path):
    """Every line has a number and a name, so that an excerpt of a chapter can lead to it."""
    text = tree.text(path)
    lines = coloured(text.rstrip("\n") + "\n", LANGUAGES.get(posixpath.splitext(path)[1], "")).split("\n")
    while lines and not lines[-1]:
        lines.pop()
    opened, numbered = [], []
    for number, line in enumerate(lines, 1):  # a comment of many lines is one element: closed and opened at each line
        line = "".join(opened) + line
        opened = still_open(line)
        numbered.append(f'<span class="line" id="L{number}"><a href="#L{number}" aria-label="line {number}">{number}</a>'
                        f'{line}{"</span>" * len(opened)}</span>')
    return (f'<h1 class="path">{crumbs(tree, path)}</h1>\n'
            f'<pre class="source" tabindex="0"><code>{"".join(numbered)}</code></pre>\n')


def still_open(line):
    found = []
    for tag in re.findall(r"<span[^>]*>|</span>", line):
        if tag == "</span>":
            found.pop()
        else:
            found.append(tag)
    return found


def crumbs(tree, path):
    """The path. Folders of the code to read are links; a folder's page would bring all its files into the site."""
    parts, links = path.split("/"), []
    for index, part in enumerate(parts[:-1], 1):
        folder, name = "/".join(parts[:index]), html.escape(part)
        inside = parts[0] in ("src", "examples", "docs")
        links.append(f'<a href="{tree.href(path, from_root(path, folder))}">{name}</a>' if inside else name)
    return "/<wbr>".join(links + [html.escape(parts[-1])])


def opening(text):
    """The first sentence of a file's opening comment: "name.c - what it is"."""
    found = re.match(r"\s*/\*+\s*(.*?)(?:\.\s|\*/|\n\s*\*\s*\n)", text, re.S) or re.match(r"(?:#!.*\n)?[#/\"]+\s*(.*?)(?:\.\s|\n)", text, re.S)
    words = re.sub(r"\s*\n\s*(?:\*|//|#)?\s*", " ", found[1]) if found else ""
    words = re.sub(r"^[\w./-]+\s+(?:-|--|—)\s+", "", words).strip()
    return words[:1].upper() + words[1:]


def folder_page(tree, path):
    here, below = set(), set()
    for name in tree.files:
        if name.startswith(path + "/"):
            part, _, rest = name[len(path) + 1:].partition("/")
            (below if rest else here).add(part)
    rows = []
    for part in sorted(below) + sorted(here):
        whole = f"{path}/{part}"
        words = "" if part in below or not is_text(tree, whole) else opening(tree.text(whole))
        rows.append(f'<li><a href="{tree.href(path + "/x", part)}"><code>{html.escape(part)}{"/" if part in below else ""}'
                    f'</code></a> {html.escape(words, quote=False)}</li>')
    return f'<h1 class="path">{crumbs(tree, path)}</h1>\n<ul class="files">\n' + "\n".join(rows) + "\n</ul>\n"


def is_text(tree, path):
    return b"\0" not in (tree.root / path).read_bytes()[:4096]
