"""A Markdown page, cut into what the checks look at: fences, links, headings."""
import re

FENCE = re.compile(r"^(`{3,})\s*(.*?)\s*$")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`]*`")


class Fence:
    def __init__(self, line, info):
        self.line = line  # of its first line of contents, from 1
        words = info.split()
        self.language = words[0] if words else ""
        self.path = words[1] if len(words) > 1 else None
        self.lines = []


class Page:
    def __init__(self, path):
        self.path = path
        self.lines = path.read_text().splitlines()
        self.fences = []
        self.prose = []  # (line number, text), outside fences
        self.unclosed = None
        self._cut()

    def _cut(self):
        fence, mark = None, ""
        for number, line in enumerate(self.lines, 1):
            match = FENCE.match(line)
            if fence is None and match:
                fence, mark = Fence(number + 1, match[2]), match[1]
                self.fences.append(fence)
            elif fence is not None and match and match[1] == mark and not match[2]:
                fence = None
            elif fence is not None:
                fence.lines.append(line)
            else:
                self.prose.append((number, line))
        if fence is not None:
            self.unclosed = fence.line - 1

    def links(self):
        """(line number, is a picture, target) of every link in the prose."""
        text = [(number, CODE.sub(lambda code: " " * len(code[0]), line)) for number, line in self.prose]
        # A link's words may be broken over two lines.
        whole = "\n".join(line for _, line in text)
        starts, at = [], 0
        for number, line in text:
            starts.append((at, number))
            at += len(line) + 1
        for match in LINK.finditer(whole):
            number = max(n for start, n in starts if start <= match.start())
            yield number, match[1] == "!", match[2]

    def anchors(self):
        """The headings' names, as GitHub makes them."""
        for _, line in self.prose:
            if re.match(r"^#+ ", line):
                title = re.sub(r"[`*]", "", line.lstrip("#").strip()).lower()
                yield re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
