"""Puts the site together: begins with the pages of the menu, and follows every link from there."""
import html
import json
import pathlib
import re
import shutil
import subprocess
import jinja2
import race
import source
from deck import Deck, blocks
from pictures import Maps, played
from prose import Prose, plain
from tree import COPIED, MANUALS, Broken, Tree, relative, to_root

SITE = pathlib.Path(__file__).resolve().parent
CHAPTER = re.compile(r"docs/([0-9][0-9])([a-z]?)-[\w-]+\.md$")
BEGIN = ["README.md", "docs/README.md", "docs/lab.md", "docs/teaching.md", "docs/glossary.md", "docs/known-limits.md",
         "docs/live.md", "docs/security.md", "docs/benchmarks.md", "docs/what-to-read-next.md", "docs/decisions/README.md",
         "man/halloc.1", "man/halloc.3", "halloc.h", "halloc.c", "src", "examples", "traces/README.md", "CONTRIBUTING.md",
         "SECURITY.md", "CHANGELOG.md", "LICENSE"]
EMBEDDED = '<script src="{root}script/embedded.js"></script>\n'


class Site:
    def __init__(self, root, output, build, lunr, progress):
        self.output, self.build, self.lunr, self.progress = output, build, lunr, progress
        self.tree = Tree(root)
        self.prose = Prose(self.tree)
        self.maps = Maps(self.tree, build / "halloc", output)
        self.templates = jinja2.Environment(loader=jinja2.FileSystemLoader(SITE / "templates"), autoescape=True,
                                            undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        self.chapters = sorted(path for path in self.tree.files if CHAPTER.match(path))
        self.titles, self.sections, self.decks, self.count = {}, [], [], 0
        version = re.findall(r"^#define HALLOC_VERSION_\w+ (\d+)$", self.tree.text("halloc.h"), re.M)
        self.version = ".".join(version)

    def make(self):
        for path in BEGIN:
            if path in self.tree.files or path in self.tree.folders:
                self.tree.want(path)
        self._front()
        for path in self.tree.wanted:  # grows while it is read
            self.progress(f"{self.count} pages, {path}")
            self._page(path)
        if race.FILE in self.tree.files:
            self._race()
        self._write("manual.html", "Manual", self.templates.get_template("manual.html").render(), kind="text wide")
        self._gallery()
        self._decks()
        self._search()
        self._copies()
        return self.count

    # --- One page each ---------------------------------------------------------------------------------

    def _page(self, path):
        if path in self.tree.folders:
            self._write(self.tree.page_of(path), path, source.folder_page(self.tree, path), kind="folder")
        elif path in MANUALS:
            self._manual(path)
        elif path.endswith(".md"):
            self._markdown(path)
        elif pathlib.PurePosixPath(path).suffix in COPIED:
            to = self.output / path
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.tree.root / path, to)
        elif source.is_text(self.tree, path):
            words = source.opening(self.tree.text(path))
            self.sections.append((self.tree.page_of(path), path, "", words))
            self._write(self.tree.page_of(path), path, source.file_page(self.tree, path), kind="source", description=words)
        else:
            raise Broken(f"{path} is linked to, and is no text")

    def _markdown(self, path):
        tokens = self.prose.tokens(path)
        page, chapter = self.tree.page_of(path), CHAPTER.match(path)
        if chapter:
            deck = Deck(self.prose, path, self.prose.tokens(path))
            self.decks.append((path, f"{int(chapter[1])}{chapter[2]}", deck))
        self._index(page, tokens)
        body = []
        for block in blocks(tokens):
            body.append(self._picture(path, block) or self.prose.html(path, block))
        if chapter and not chapter[2]:
            self._ask(path, int(chapter[1]), blocks(tokens), body)
        title = next((plain(tokens[at + 1]) for at, token in enumerate(tokens) if token.tag == "h1"), path)
        self.titles[path] = title
        words = next((plain(block[1]) for block in blocks(tokens) if block[0].type == "paragraph_open"), "")
        self._write(page, title, "".join(body), kind="text", description=words[:160], side=self._side(path, tokens),
                    deck=f"{to_root(page)}slides/{pathlib.PurePosixPath(page).name}" if chapter else "",
                    answer="docs/answers/" in path)

    def _picture(self, path, block):
        """A picture that stands alone: with its words beneath; and moving, where there is a map of it."""
        images = [one for one in (block[1].children or []) if one.type == "image"] if block[0].type == "paragraph_open" else []
        if len(images) != 1:
            return ""
        image, rest = images[0], block[1].children[:]
        rest.remove(image)
        while rest and rest[-1].type == "softbreak":
            rest.pop()
        words = f"<p>{self.prose.inline(path, rest)}</p>\n" if rest else ""
        at = image.attrGet("src") or ""
        return words + self._figure(self.tree.page_of(path), self._from_page(path, at), image.content)

    def _from_page(self, path, src):
        """The site's place of what a page names."""
        folder = pathlib.PurePosixPath(self.tree.page_of(path)).parent
        parts = []
        for part in (folder / src).parts:
            if part == "..":
                parts.pop()
            else:
                parts.append(part)
        return "/".join(parts)

    def _figure(self, page, picture, words):
        width, height = size_of(self.tree.text(picture))
        still = relative(picture, page)
        live = relative(self.maps.names[picture], page) if picture in self.maps.names else ""
        return self.templates.get_template("figure.html").render(
            still=still, live=live, words=words, width=width, height=height) + "\n"

    def _ask(self, path, chapter, every, body):
        """The playground, at the end of the section "Predict first"; without one, before the last section."""
        shown = played(self.tree, chapter)
        if not shown:
            return
        heads = [at for at, block in enumerate(every) if block[0].type == "heading_open"]
        asked = next((at for at in heads if plain(every[at][1]) == "Predict first"), heads[0])
        end = next((at for at in heads if at > asked), len(every))
        words, fragment, scores = shown
        body.insert(end, self.templates.get_template("play.html").render(
            root=to_root(self.tree.page_of(path)), words=words, fragment=fragment, chapter=chapter,
            name="scores" if scores else "heap"))

    def _manual(self, path):
        done = subprocess.run(["mandoc", "-Thtml", "-O", "fragment", self.tree.root / path], capture_output=True,
                              text=True, check=True)
        body = re.sub(r'<table class="(head|foot)">.*?</table>', "", done.stdout, flags=re.S)
        nested = re.compile(r"<b>((?:(?!</?b>).)*)<b>(.*?)</b>", re.S)
        while nested.search(body):  # bold within bold
            body = nested.sub(r"<b>\1\2", body)
        body = body.replace("<h1 ", "<h2 ").replace("</h1>", "</h2>").replace("<pre>", '<pre tabindex="0">')
        title = re.sub(r"man/(\w+)\.(\d)", r"\1(\2)", path)
        for name, words in re.findall(r'<h2 class="Sh" id="([^"]*)">.*?</h2>(.*?)(?=<h2 |\Z)', body, re.S):
            self.sections.append((f"{self.tree.page_of(path)}#{name}", title, name.replace("_", " "), words_of(words)))
        heads = re.findall(r'<h2 class="Sh" id="([^"]*)">', body)
        side = {"title": title, "pages": [], "sections": [(name, name.replace("_", " ").capitalize()) for name in heads]}
        self._write(self.tree.page_of(path), title, f"<h1>{title}</h1>\n{body}", kind="text manual", side=side)

    # --- Pages of the site's own ---------------------------------------------------------------------------

    def _front(self):
        tokens = self.prose.tokens("README.md")
        every = blocks(tokens)
        paragraphs = [block for block in every if block[0].type == "paragraph_open"]
        promise = plain(paragraphs[0][1])
        words = "".join(self.prose.inline("README.md", block[1].children) for block in paragraphs[1:2])
        image = next(one for block in paragraphs for one in block[1].children if one.type == "image")
        still = self._figure("index.html", image.attrGet("src"), image.content)
        chapters = [(self.tree.page_of(path), *self._heading(path)) for path in self.chapters]
        body = self.templates.get_template("front.html").render(
            promise=promise, words=words, still=still, chapters=chapters, has_race=race.FILE in self.tree.files,
            decisions="docs/decisions" in self.tree.folders)
        self._write("index.html", "Halloc", body, kind="front", description=promise)

    def _heading(self, path):
        number, _, title = re.search(r"^# (.*)$", self.tree.text(path), re.M)[1].partition(". ")
        return number, title

    def _race(self):
        text = self.tree.text(race.FILE)
        tables, names, facts = race.tables(text)
        body = self.templates.get_template("race.html").render(tables=tables, names=names, facts=facts)
        self._write("race.html", "The race", body, kind="wide", scripts=["race"])
        self.sections.append(("race.html", "The race", "", "time and peak memory of each task, halloc against " + " ".join(names)))

    def _gallery(self):
        text = self.tree.text("docs/lab.md")
        part = re.search(r"^## Gallery\n(.*?)(?=^## |\Z)", text, re.M | re.S)[1]
        tokens = self.prose.tokens("docs/lab.md", part)
        body = "".join(self._picture("docs/lab.md", block) or self.prose.html("docs/lab.md", block) for block in blocks(tokens))
        body = body.replace('="gallery/', '="docs/gallery/').replace('="../', '="')
        chapters = []
        for path in self.chapters:
            for alt, src in re.findall(r"^!\[([^\]]*)\]\((pictures/[^)]*)\)", self.tree.text(path), re.M):
                chapters.append((self.tree.page_of(path), self._heading(path), self._figure("gallery.html", f"docs/{src}", alt)))
        whole = self.templates.get_template("gallery.html").render(body=body, chapters=chapters)
        self._write("gallery.html", "Gallery", whole, kind="text wide")
        self.sections.append(("gallery.html", "Gallery", "", "pictures of heaps of real programs, moving"))

    def _decks(self):
        every = sorted(self.decks, key=lambda one: one[0])
        for path, number, deck in every:
            page = f"slides/{pathlib.PurePosixPath(self.tree.page_of(path)).name}"
            for slide in deck.slides:  # links are those of the chapter: from slides/ they begin one folder up
                slide["body"] = re.sub(r'(href|src)="(?!https?:|#|mailto:)([^"]*)"',
                                       lambda link: f'{link[1]}="../docs/{link[2]}"', slide["body"])
                slide["body"] = re.sub(r'href="#', f'href="{relative(self.tree.page_of(path), page)}#', slide["body"])
            self._place(page, self.templates.get_template("deck.html").render(
                title=deck.title, number=number, slides=deck.slides, chapter=relative(self.tree.page_of(path), page),
                root=to_root(page)))
        self._write("slides/index.html", "Slides", self.templates.get_template("decks.html").render(
            decks=[(pathlib.PurePosixPath(self.tree.page_of(path)).name, deck.title, len(deck.slides) + 1) for path, _, deck in every]),
            kind="text")

    def _search(self):
        listed = [(title, self.tree.page_of(path)) for path, title in sorted(self.titles.items())]
        self._write("search.html", "Search", self.templates.get_template("search.html").render(pages=listed), kind="text",
                    scripts=["lunr.min", "search-text", "search"])
        found = [{"at": at, "page": page, "head": head, "text": " ".join(words.split())} for at, page, head, words in self.sections]
        (self.output / "script").mkdir(exist_ok=True)
        (self.output / "script/search-text.js").write_text(f"const SECTIONS = {json.dumps(found, ensure_ascii=False)};\n")

    def _index(self, page, tokens):
        """What the search finds: a section each."""
        title, head, at, words = "", "", page, []
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                if words or head:
                    self.sections.append((at, title, head, " ".join(words)))
                words, head, at = [], plain(tokens[index + 1]), f'{page}#{token.attrGet("id")}'
                if token.tag == "h1":
                    title, head, at = head, "", page
            elif token.type == "inline" and tokens[index - 1].type != "heading_open":
                words.append(plain(token))
            elif token.type == "fence":
                words.append(token.content)
        self.sections.append((at, title, head, " ".join(words)))

    # --- Writing -------------------------------------------------------------------------------------------

    def _side(self, path, tokens):
        """The pages beside this one, and this one's sections."""
        heads = [(token.attrGet("id"), plain(tokens[at + 1])) for at, token in enumerate(tokens)
                 if token.type == "heading_open" and token.tag == "h2"]
        if CHAPTER.match(path):
            return {"title": "Chapters", "sections": heads,
                    "pages": [(relative(self.tree.page_of(one), self.tree.page_of(path)), ". ".join(self._heading(one)), one == path)
                              for one in self.chapters]}
        if path.startswith("docs/decisions/"):
            those = sorted(one for one in self.tree.files if one.startswith("docs/decisions/") and one.endswith(".md"))
            return {"title": "Decisions", "sections": heads,
                    "pages": [(relative(self.tree.page_of(one), self.tree.page_of(path)),
                               pathlib.PurePosixPath(one).stem.replace("README", "all decisions").replace("-", " "), one == path)
                              for one in those]}
        return {"title": "On this page", "pages": [], "sections": heads} if len(heads) > 2 else None

    def _write(self, page, title, body, kind, description="", side=None, scripts=(), deck="", answer=False):
        has = {"race": race.FILE in self.tree.files, "decisions": "docs/decisions" in self.tree.folders}
        self._place(page, self.templates.get_template("page.html").render(
            page=page, title=title, body=body, kind=kind, description=description, side=side, scripts=scripts, deck=deck,
            answer=answer, root=to_root(page), version=self.version, has=has))

    def _place(self, page, text):
        path = self.output / page
        if path.exists():
            raise Broken(f"two pages have one place: {page}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.count += 1

    def _copies(self):
        """What is not made here: style, scripts, the playground and the maps. The last two get a way to be embedded."""
        for folder in ("style", "script"):
            shutil.copytree(SITE / folder, self.output / folder, dirs_exist_ok=True)
        shutil.copyfile(self.lunr, self.output / "script/lunr.min.js")
        for picture in self.maps.names:
            if not (self.output / picture).exists():
                self._page(picture)
        self.progress("moving pictures")
        maps = self.maps.finish()
        shutil.copyfile(self.build / "halloc.html", self.output / "play.html")
        bar = self.templates.get_template("play_bar.html").render()
        for path in maps + [self.output / "play.html"]:
            text = path.read_text()
            script = EMBEDDED.format(root=to_root(path.relative_to(self.output).as_posix()))
            if text.count("</head>") != 1:
                raise Broken(f"{path.name}: no head to add a script to")
            text = text.replace("</head>", script + "</head>")
            if path.name == "play.html":
                text = re.sub(r"(<body[^>]*>\n)", lambda body: body[1] + bar, text, count=1)
            path.write_text(text)
            self.count += 1


def size_of(svg):
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg) or re.search(r'width="([\d.]+)[^"]*" height="([\d.]+)', svg)
    return (round(float(found[1])), round(float(found[2]))) if found else (960, 540)


def words_of(markup):
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))
