"""Markdown to HTML, by markdown-it. What is our own: links lead to pages of the site, a fence with a path is an
excerpt with a link to its lines, a path in code type is a link, a command line stands out from its output."""
import html
import re
from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

LEXERS = {"c": "c", "cpp": "cpp", "python": "python", "yaml": "yaml", "sh": "bash", "js": "javascript"}
PATH = re.compile(r"[\w.+-]+(/[\w.+-]+)*\.(c|h|py|sh|js|md)$")
ENDS = re.compile(r"(?<![A-Z])[.?!]['\")]?(?=\s|$)")  # of a sentence; not the point after an initial


def coloured(code, language):
    """The code, its words marked for style/code.css."""
    try:
        lexer = get_lexer_by_name(LEXERS[language], stripnl=False)
    except (KeyError, ClassNotFound):
        return html.escape(code, quote=False)
    return highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip("\n")


def console(code):
    """Commands with their prompt, and what they print."""
    lines, continued = [], False
    for line in code.rstrip("\n").split("\n"):
        text = html.escape(line, quote=False)
        if continued:
            lines.append(f'<b class="command">{text}</b>')
        elif line.startswith("$ "):
            lines.append(f'<span class="prompt" aria-hidden="true">$ </span><b class="command">{text[2:]}</b>')
        else:
            lines.append(text)
        continued = (continued or line.startswith("$ ")) and line.endswith("\\")
    return "\n".join(lines)


def anchor_of(title, taken):
    """A heading's name, as GitHub makes it."""
    name = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", title).strip().lower()).replace(" ", "-")
    number = taken.get(name, 0)
    taken[name] = number + 1
    return f"{name}-{number}" if number else name


def plain(inline):
    """The words of an inline token, without their marks."""
    return "".join(" " if one.type in ("softbreak", "hardbreak") else one.content for one in inline.children or [])


def sentences(children):
    """The sentences of a paragraph, as lists of tokens. A link or an emphasis stays whole."""
    found, one, depth = [], [], 0
    for index, token in enumerate(children):
        depth += token.nesting
        if token.type != "text" or depth:
            one.append(token)
            continue
        last = index + 1 == len(children) or children[index + 1].type == "softbreak"
        start = 0
        for end in ENDS.finditer(token.content):
            if end.end() == len(token.content) and not last:
                continue  # a full stop before a code word is none
            one.append(part_of(token, start, end.end()))
            found.append(one)
            one, start = [], end.end()
        one.append(part_of(token, start, len(token.content)))
    found.append(one)
    return [one for one in found if any(token.content.strip() for token in one)]


def part_of(token, start, end):
    part = token.copy()
    part.content = token.content[start:end]
    return part


class Prose:
    def __init__(self, tree):
        self.tree = tree
        self.reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        rules = {"fence": self._fence, "code_inline": self._code, "table_open": self._table, "table_close": self._table_end}
        for name, rule in rules.items():
            self.reader.add_render_rule(name, lambda _, tokens, index, options, env, rule=rule: rule(tokens[index], env))

    def tokens(self, path, text=None):
        """The tokens of a page, their links led to the site's pages, their headings named."""
        tokens, taken = self.reader.parse(text if text is not None else self.tree.text(path)), {}
        for index, token in enumerate(tokens):
            if token.type == "heading_open":
                token.attrSet("id", anchor_of(plain(tokens[index + 1]), taken))
            inside = 0
            for child in token.children or []:
                inside += child.nesting if child.type.startswith("link_") else 0
                child.meta["in_link"] = bool(inside)
                self._lead(path, child)
        return tokens

    def html(self, path, tokens):
        return self.reader.renderer.render(tokens, self.reader.options, {"path": path})

    def inline(self, path, children):
        return self.reader.renderer.renderInline(children, self.reader.options, {"path": path})

    def _lead(self, path, token):
        name = {"link_open": "href", "image": "src"}.get(token.type)
        target = token.attrGet(name) if name else None
        if target and "://" not in target and not target.startswith("mailto:"):
            led = self.tree.href(path, target)
            if led is None:
                token.attrs.pop(name)  # not in a handout: the words stay
            else:
                token.attrSet(name, led)
        if token.type == "image":
            token.attrSet("loading", "lazy")

    def _named(self, path, name):
        """The repository's file that a path in a text means: from the root, or from docs/."""
        for found in (name, f"docs/{name}"):
            if found in self.tree.files:
                return found
        return None

    def _code(self, token, env):
        text, words = token.content, html.escape(token.content, quote=False)
        found = self._named(env["path"], text) if PATH.match(text) else None
        code = f"<code>{words}</code>"
        if not found or found == env["path"] or token.meta.get("in_link"):
            return code
        return f'<a class="file" href="{self.tree.href(env["path"], from_root(env["path"], found))}">{code}</a>'

    def _fence(self, token, env):
        language, _, name = token.info.strip().partition(" ")
        code = token.content
        if language == "console":
            return f'<pre class="console" tabindex="0"><code>{console(code)}</code></pre>\n'
        body = f'<pre tabindex="0"><code>{coloured(code, language)}</code></pre>\n'
        found = self._named(env["path"], name) if name else None
        if not found:
            return body
        href = self.tree.href(env["path"], from_root(env["path"], found))
        line = line_of(self.tree.text(found), code)
        return (f'<figure class="excerpt"><figcaption><a href="{href}{f"#L{line}" if line else ""}">{html.escape(found)}'
                f'{f", line {line}" if line else ""}</a></figcaption>{body}</figure>\n')

    def _table(self, token, env):
        return '<div class="scroll" tabindex="0" role="group" aria-label="a table">\n<table>\n'

    def _table_end(self, token, env):
        return "</table>\n</div>\n"


def from_root(source, path):
    """A link of `source` to a path that is told from the root."""
    return "../" * source.count("/") + path


def line_of(text, excerpt):
    """The number of the line of a file with which an excerpt begins, or None."""
    lines = text.split("\n")
    wanted = [line.strip() for line in excerpt.rstrip("\n").split("\n")]
    until = wanted.index("...") if "..." in wanted else len(wanted)
    if not until:
        return None
    for number in range(len(lines)):
        if [line.strip() for line in lines[number:number + until]] == wanted[:until]:
            return number + 1
    return None
