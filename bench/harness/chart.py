"""Results as a picture: a line a task, a dot an allocator; how far from the best peer, in time and in memory.

Time stands above memory, in one column: so the text can be read on a phone, 390 pixels wide.

The best peer of each task stands at 1. Left of it is better than all peers. Halloc's dot is large and has its
95 % interval; each peer keeps its colour and shape. Colours follow the reader's light or dark theme.
"""
import math
from xml.sax.saxutils import escape

LINE, NAMES, PANEL, FIGURE, MARGIN = 21, 152, 202, 38, 8  # FIGURE: halloc's ratio, in figures
LEAST, MOST = 0.5, 4.0  # of the best peer; what lies beyond is drawn at the edge
WON = 0.95
RULE = ((("won", "green"), ("", ": better than every peer by 5 % or more")),
        (("marked", "red"), ("", ": worse than the best peer, in time by 5 % beyond doubt,")),
        (("", "in memory by 10 %; any other colour of text: neither"),))
SHAPES = ("circle", "square", "diamond", "triangle", "cross")
# Told apart by those who see few colours, too (after M. Okabe and K. Ito), and each has its shape.
COLOURS = (("#0072b2", "#56b4e9"), ("#b85c00", "#e69f00"), ("#00785a", "#2fc79a"), ("#a04a80", "#dd90bb"),
           ("#6b6b00", "#d8cf3c"), ("#5b4bb5", "#a79bf2"), ("#555555", "#b5b5b5"), ("#8c3a3a", "#e08f8f"))

TEXT = """
  text { font: 12px system-ui, "DejaVu Sans", sans-serif }
  .title { font-size: 16px; font-weight: 650 } .small { font-size: 11px }
  .head { font-weight: 600; font-size: 13px } .group { font-weight: 600; font-size: 10.5px; letter-spacing: .08em }
  .end { text-anchor: end } .middle { text-anchor: middle } .one { stroke-dasharray: 2 3 }
  .ours { stroke-width: 1.5 } .whisker { stroke-width: 2.5 } .marked, .won { font-weight: 650 }
"""
# Light, dark.
THEMES = ({"page": "#ffffff", "ink": "#1d2330", "soft": "#667085", "grid": "#e4e7ec", "stripe": "#f5f6f8",
           "better": "#e9f6ee", "won": "#137a43", "ours": "#d62246"},
          {"page": "#12161e", "ink": "#e6e9ef", "soft": "#98a2b3", "grid": "#2a303c", "stripe": "#1a202b",
           "better": "#15291f", "won": "#52c888", "ours": "#ff5c7a"})


def colours(theme, peers):
    """Written out twice rather than with variables, which many viewers of SVG don't know."""
    of = THEMES[theme]
    rules = ["text { fill: %(ink)s } .soft, .group { fill: %(soft)s } .grid { stroke: %(grid)s }" % of,
             ".one { stroke: %(soft)s } .better { fill: %(better)s } .stripe { fill: %(stripe)s }" % of,
             ".page { fill: %(page)s } .ours { fill: %(ours)s; stroke: %(page)s }" % of,
             ".whisker { stroke: %(ours)s } .marked { fill: %(ours)s } .won { fill: %(won)s }" % of]
    rules += [".p%d { fill: %s }" % (i, COLOURS[i % len(COLOURS)][theme]) for i in range(len(peers))]
    return "\n  ".join(rules)


def style(peers):
    return "%s  %s\n@media (prefers-color-scheme: dark) {\n  %s\n}" % (TEXT, colours(0, peers), colours(1, peers))


def place(left, ratio):
    """A ratio's x, on a scale of logarithms."""
    ratio = min(max(ratio, LEAST), MOST)
    return left + PANEL * math.log(ratio / LEAST) / math.log(MOST / LEAST)


def mark(kind, x, y, name, tip, size=4.0):
    """A peer's dot; a tooltip says the figure."""
    if kind == "circle":
        shape = '<circle cx="%.1f" cy="%.1f" r="%.1f"' % (x, y, size)
    elif kind == "square":
        shape = '<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"' % (x - size * .85, y - size * .85,
                                                                        size * 1.7, size * 1.7)
    else:
        points = {"diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
                  "triangle": ((0, -1.15), (1.1, .85), (-1.1, .85)),
                  "cross": ((-.4, -1.1), (.4, -1.1), (.4, -.4), (1.1, -.4), (1.1, .4), (.4, .4), (.4, 1.1),
                            (-.4, 1.1), (-.4, .4), (-1.1, .4), (-1.1, -.4), (-.4, -.4))}[kind]
        shape = '<polygon points="%s"' % " ".join("%.1f,%.1f" % (x + a * size, y + b * size) for a, b in points)
    return '%s class="%s"><title>%s</title></%s>' % (shape, name, escape(tip), shape[1:].split()[0])


class Chart:
    def __init__(self, results):
        self.results = results
        self.ours = next((a["name"] for a in results["allocators"] if a["ours"]), None)
        self.peers = [a["name"] for a in results["allocators"] if not a["ours"]]
        self.left = MARGIN + NAMES
        self.width = self.left + PANEL + FIGURE + MARGIN
        self.parts = []

    def text(self, x, y, text, css=""):
        self.parts.append('<text x="%.1f" y="%.1f" class="%s">%s</text>' % (x, y, css, escape(text)))

    def shape_of(self, peer):
        index = self.peers.index(peer)
        return SHAPES[index % len(SHAPES)], "p%d" % index

    def panel(self, left, y, ratios, interval, marked, tips):
        """The dots of one task in one of the two panels."""
        order = sorted(self.peers, key=lambda peer: -self.peers.index(peer))
        for peer in [p for p in order if p in ratios]:
            kind, css = self.shape_of(peer)
            self.parts.append(mark(kind, place(left, ratios[peer]), y, css, tips[peer]))
        if interval:
            low, high = place(left, interval["lower"]), place(left, interval["upper"])
            self.parts.append('<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" class="whisker"/>' % (low, high, y, y))
        if self.ours in ratios:
            self.parts.append(mark("circle", place(left, ratios[self.ours]), y, "ours", tips[self.ours], 6))
            self.text(left + PANEL + FIGURE, y + 4, "%.2f" % ratios[self.ours],
                      "end marked" if marked else "end won" if ratios[self.ours] < WON else "end")

    def ratios_of(self, task, figure):
        """Each allocator's figure by the best peer's, and what a tooltip says."""
        good = {name: r for name, r in task["results"].items() if "failure" not in r}
        peers = [good[peer][figure] for peer in self.peers if peer in good]
        if not peers or min(peers) <= 0:
            return {}, {}
        ratios = {name: r[figure] / min(peers) for name, r in good.items()}
        unit = (lambda v: "%.3f s" % v) if figure == "median" else (lambda v: "%.1f MiB" % (v / 1024))
        return ratios, {name: "%s: %s, %.2f of the best peer" % (name, unit(good[name][figure]), ratios[name])
                        for name in good}

    def line(self, y, task, figure, striped):
        if striped:
            self.parts.append('<rect x="%d" y="%.1f" width="%d" height="%d" class="stripe"/>' % (
                MARGIN, y - LINE / 2, NAMES, LINE))
        self.text(self.left - 10, y + 4, task["name"], "end")
        ratios, tips = self.ratios_of(task, figure)
        timed = figure == "median"
        self.panel(self.left, y, ratios, task["time" if timed else "memory"], task["slower" if timed else "larger"],
                   tips)

    def means(self, y, field):
        """The geometric means as one more line, in the panel's scale."""
        self.text(self.left - 10, y + 4, "mean (geometric)", "end head")
        mean = self.results["means"].get("all", {}).get(field)
        if mean:
            tips = {name: "%s: %.3f, the mean of all" % (name, value) for name, value in mean["of"].items()}
            self.panel(self.left, y, mean["of"], mean["all_peers"], False, tips)

    def axes(self, top, bottom):
        """What lies behind the dots."""
        left = self.left
        parts = ['<rect x="%.1f" y="%d" width="%.1f" height="%d" class="better"/>' % (
            left, top, place(left, 1) - left, bottom - top)]
        for ratio in (0.5, 0.7, 1, 1.5, 2, 3, 4):
            x = place(left, ratio)
            parts.append('<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" class="%s"/>' % (
                x, x, top, bottom, "one" if ratio == 1 else "grid"))
            parts.append('<text x="%.1f" y="%d" class="middle small soft">%g%s</text>' % (
                x, top - 7, ratio, "+" if ratio == MOST else ""))
        return parts

    def legend(self, y):
        x = MARGIN
        if self.ours:
            self.parts.append(mark("circle", x + 6, y - 4, "ours", self.ours, 6))
            self.text(x + 18, y, "%s, with its 95 %% interval" % self.ours, "head")
            x += 245
        for peer in self.peers:
            if x + 24 + 7.2 * len(peer) > self.width - MARGIN:
                x, y = MARGIN, y + 20
            kind, css = self.shape_of(peer)
            self.parts.append(mark(kind, x + 5, y - 4, css, peer, 4.5))
            self.text(x + 15, y, peer)
            x += 34 + 7.2 * len(peer)
        return y

    def section(self, top, name, figure, field):
        """One figure of all tasks. Returns where it ends."""
        self.text(MARGIN, top - 26, name, "title")
        self.text(self.left + PANEL - 8, top - 26, "times the best peer’s", "small soft end")
        self.text(self.left + PANEL + FIGURE, top - 26, self.ours or "", "small soft end")
        background = len(self.parts)
        y = top + LINE / 2 + 2
        for group, title in (("own", "OWN WORKLOADS"), ("real", "REAL PROGRAMS")):
            tasks = [task for task in self.results["tasks"]
                     if task["group"] == group and (figure != "median" or task["timed"])]
            if tasks:
                self.text(MARGIN, y + 4, title, "group")
                y += LINE
                for index, task in enumerate(tasks):
                    self.line(y, task, figure, index % 2 == 0)
                    y += LINE
                y += 6
        self.means(y, field)
        bottom = int(y + LINE)
        self.parts[background:background] = self.axes(top, bottom)
        return bottom

    def rule(self, y):
        """What the colours of halloc's figures mean."""
        self.text(MARGIN, y, "Left of 1, on green ground: better than every peer there.", "small soft")
        self.text(MARGIN, y + 18, "%s’s figures at the right:" % (self.ours or ""), "small soft")
        for index, words in enumerate(RULE):
            spans = "".join('<tspan class="%s">%s</tspan>' % (css, escape(text)) for css, text in words)
            self.parts.append('<text x="%.1f" y="%.1f" class="small">%s</text>' % (
                MARGIN + 10, y + 34 + 16 * index, spans))
        return y + 34 + 16 * len(RULE)

    def draw(self):
        machine = self.results["machine"]
        self.text(MARGIN, 30, "Time and peak memory", "title")
        self.text(MARGIN, 50, "against the best peer of each task", "head")
        self.text(MARGIN, 70, "%s, %d processors" % (machine["processor"], machine["processors"]), "small soft")
        self.text(MARGIN, 86, "Linux %s · medians of %d runs" % (machine["kernel"], self.results["repeat"]),
                  "small soft")
        y = self.rule(self.legend(112) + 26)
        y = self.section(y + 50, "Time", "median", "wall")
        y = self.section(y + 62, "Peak memory", "rss_kib", "rss")
        return self.wrap(y + 14)

    def wrap(self, height):
        return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" '
                'aria-label="Ratios to the best peer">\n<style>%s</style>\n<rect width="100%%" height="100%%" '
                'class="page"/>\n%s\n</svg>\n') % (self.width, height, self.width, height, style(self.peers),
                                                  "\n".join(self.parts))


def picture(results):
    return Chart(results).draw()
