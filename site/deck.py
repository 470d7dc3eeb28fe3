"""Slides of a chapter, from its own text: of each paragraph the first sentence, and all pictures, excerpts and tables.

A section is a slide, or several where it is long. The whole text is one link away, at the foot of each slide. The
picture of a chapter has a slide to itself.
"""
import html
from prose import ENDS, first_sentence, plain

FULL = 11  # lines that a slide holds well
PER_LINE = 62  # letters of a line


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


class Deck:
    def __init__(self, prose, path, tokens):
        self.prose, self.path = prose, path
        self.slides, self.parts, self.lines = [], [], 0
        self.title, self.heading, self.anchor = "", "", ""
        every = blocks(tokens)
        for block, after in zip(every, every[1:] + [None]):
            self._add(block, after)
        self._end()

    def _add(self, block, after):
        kind = block[0].type
        if kind == "heading_open":
            self._end()
            words = self.prose.inline(self.path, block[1].children)
            if block[0].tag == "h1":
                self.title = plain(block[1])
            self.heading, self.anchor = words, block[0].attrGet("id")
        elif kind == "hr":
            self.heading = ""  # what follows is the links to other chapters
        elif not self.heading:
            return
        elif kind == "paragraph_open":
            self._paragraph(block, after)
        elif kind in ("bullet_list_open", "ordered_list_open"):
            self._list(block)
        elif kind == "fence":
            lines = block[0].content.rstrip("\n").split("\n")
            widest = max(map(len, lines))
            self._put(f'<div class="code" style="--columns:{max(widest, 40)};--lines:{max(len(lines), 8)}">'
                      f"{self.prose.html(self.path, block)}</div>", min(len(lines), 16) * .7 + 1)
        elif kind == "table_open":
            rows = sum(token.type == "tr_open" for token in block)
            self._put(self.prose.html(self.path, block), rows * 1.2)

    def _paragraph(self, block, after):
        children = block[1].children
        if len(children) == 1 and children[0].type == "image":
            self._end()
            image = children[0]
            self._put(f'<img src="{html.escape(image.attrGet("src") or "")}" alt="{html.escape(image.content)}">', FULL)
            self._end()
            return
        words = plain(block[1])
        leads = words.rstrip().endswith(":") and after and after[0].type in ("fence", "bullet_list_open", "ordered_list_open", "table_open")
        shown = last_sentence(children) if leads else first_sentence(children)
        if leads and self.lines > FULL - 5:
            self._end()  # what it leads to stands on the same slide
        self._put(f"<p>{self.prose.inline(self.path, shown)}</p>", len("".join(one.content for one in shown)) / PER_LINE + .7)

    def _list(self, block):
        lines = 0
        for token in block:
            if token.type == "inline":
                token.children = first_sentence(token.children)
                lines += len("".join(one.content for one in token.children)) / PER_LINE + .8
        self._put(self.prose.html(self.path, block), lines)

    def _put(self, body, lines):
        if self.parts and self.lines + lines > FULL:
            self._end()
        self.parts.append(body)
        self.lines += lines

    def _end(self):
        if self.parts:
            first = not self.slides or self.slides[-1]["heading"] != self.heading
            self.slides.append({"heading": self.heading, "anchor": self.anchor, "first": first, "body": "\n".join(self.parts)})
        self.parts, self.lines = [], 0


def last_sentence(children):
    """The tokens after the last end of a sentence. All of them where that end lies within a link or an emphasis."""
    depth, start, cut = 0, 0, 0
    for index, token in enumerate(children):
        depth += token.nesting
        if token.type == "text" and depth == 0:
            for end in ENDS.finditer(token.content):
                start, cut = index, end.end()
    rest = [token.copy() for token in children[start:]]
    if rest and rest[0].type == "text":
        rest[0].content = rest[0].content[cut:].lstrip()
    while rest and rest[0].type in ("softbreak",) or rest and rest[0].type == "text" and not rest[0].content:
        rest = rest[1:]
    return rest
