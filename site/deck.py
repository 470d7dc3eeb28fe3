"""Slides of a chapter, from its own text: the first two sentences of each paragraph, all lists, pictures, excerpts
and tables.

A section is a slide. A longer one becomes several, about equally full; what a sentence leads to stays beside it. Where
a slide has room for its paragraphs as a whole, it gets them. A picture has a slide to itself. The whole text is one
link away, at the foot of each slide.
"""
import html
import math
import re
from prose import plain, sentences

FULL = 11.5  # lines that a slide holds well
SPARE = 1.3  # and one more, rather than a slide for it alone
PER_LINE = 64  # letters of a line
SENTENCES = 2
LISTS = ("bullet_list_open", "ordered_list_open")
WIDEST, HIGHEST = 100, 22  # of code, before its letters are no longer made smaller


def blocks(tokens):
    """The blocks of a page at its top level, as lists of tokens."""
    found, one, depth = [], [], 0
    for token in tokens:
        one.append(token)
        depth += token.nesting
        if depth == 0:
            found.append(one)
            one = []
    return found


class Group:
    """What stays together: its HTML and its lines, with the first sentences of paragraphs and with all."""

    def __init__(self, short, lines, whole=None, all_lines=None, leads=False):
        self.short, self.lines, self.leads = short, lines, leads
        self.whole, self.all_lines = whole or short, all_lines or lines

    def __add__(self, after):
        return Group(f"{self.short}\n{after.short}", self.lines + after.lines, f"{self.whole}\n{after.whole}",
                     self.all_lines + after.all_lines, after.leads)


class Deck:
    def __init__(self, prose, path, tokens):
        self.prose, self.path = prose, path
        self.slides, self.groups = [], []
        self.title, self.heading, self.anchor = "", "", ""
        every = blocks(tokens)
        for block, after in zip(every, every[1:] + [None]):
            self._add(block, after[0].type if after else "")
        self._end()

    def _add(self, block, after):
        kind = block[0].type
        if kind == "heading_open":
            self._end()
            if block[0].tag == "h1":
                self.title = plain(block[1])
                block[1].children[0].content = block[1].children[0].content.partition(". ")[2]
            self.heading, self.anchor = self.prose.inline(self.path, block[1].children), block[0].attrGet("id")
        elif kind == "hr":
            self._end()
            self.heading = ""  # what follows is the links to other chapters
        elif self.heading:
            self._shown(block, kind, after)

    def _shown(self, block, kind, after):
        """A block as a slide has it, and the lines that it takes."""
        letters = [len(plain(token)) / PER_LINE + .4 for token in block if token.type == "inline"]
        if kind == "paragraph_open":
            self._paragraph(block[1].children, after)
        elif kind == "fence":
            lines = block[0].content.rstrip("\n").split("\n")
            columns, rows = max(40, min(WIDEST, max(map(len, lines)))), max(8, min(HIGHEST, len(lines)))
            self._put(Group(f'<div class="code" style="--columns:{columns};--lines:{rows}">{self.prose.html(self.path, block)}</div>',
                            min(len(lines), 10) * .7 + 1.5))
        elif kind == "table_open":
            rows = sum(token.type == "tr_open" for token in block)
            self._put(Group(self.prose.html(self.path, block), 1.15 * rows + sum(letters) / 3))
        elif kind in LISTS:
            self._put(Group(self.prose.html(self.path, block), sum(map(math.ceil, letters)) + .5))

    def _paragraph(self, children, after):
        if re.match(r"(\d+\. .* · )?Contents · ", plain_of(children)):
            return  # links to other chapters
        if len(children) == 1 and children[0].type == "image":
            image = children[0]
            self._end()
            self._put(Group(f'<img src="{html.escape(image.attrGet("src") or "")}" alt="{html.escape(image.content)}">', FULL))
            self._end()
            return
        every = sentences(children)
        leads = after in LISTS or after in ("fence", "table_open")
        kept = every[:SENTENCES]
        if leads and len(every) > SENTENCES and plain_of(every[-1]).endswith(":"):
            kept = every[:SENTENCES - 1] + every[-1:]
        (short, lines), (whole, all_lines) = self._lines(kept), self._lines(every)
        self._put(Group(short, lines, whole, all_lines, leads))

    def _lines(self, some):
        shown = " ".join(self.prose.inline(self.path, one) for one in some)
        return f"<p>{shown}</p>", math.ceil(sum(len(plain_of(one)) for one in some) / PER_LINE) + .4

    def _put(self, group):
        if self.groups and self.groups[-1].leads:
            group = self.groups.pop() + group
        self.groups.append(group)

    def _end(self):
        """Deals the section's groups to slides, as equally as they go."""
        total = sum(group.lines for group in self.groups)
        share = total / max(1, math.ceil((total - SPARE) / FULL))
        those = []
        for group in self.groups:
            filled = sum(one.lines for one in those)
            if those and (filled + group.lines > FULL + SPARE or filled + group.lines / 2 > share):
                self._slide(those)
                those = []
            those.append(group)
        if those:
            self._slide(those)
        self.groups = []

    def _slide(self, those):
        fits = sum(group.all_lines for group in those) <= FULL
        lines = sum(group.lines for group in those)
        first = not self.slides or self.slides[-1]["anchor"] != self.anchor
        self.slides.append({"heading": self.heading, "anchor": self.anchor, "first": first,
                            "fit": round(math.sqrt(FULL / lines), 2) if lines > FULL else 1,  # smaller letters: more of them, too
                            "body": "\n".join(group.whole if fits else group.short for group in those)})


def plain_of(children):
    return "".join(" " if one.type in ("softbreak", "hardbreak") else one.content for one in children).strip()
