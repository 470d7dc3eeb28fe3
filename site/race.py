"""The race as tables to sort: each task against each allocator, from the figures that docs/figures/race.md records."""
import html
import re

FILE = "docs/figures/race.md"
METRICS = [("time", "median", "Time", "s"), ("memory", "peak MiB", "Peak memory", "MiB")]


def rows_of(text):
    """(task, what it stresses, {allocator: {column: figure}}) of each table of "Every figure". An older Halloc is left out:
    docs/benchmarks.md says what it is there for."""
    found = []
    for part in re.split(r"^### ", text[text.index("## Every figure"):], flags=re.M)[1:]:
        task, _, stresses = part.partition("\n")[0].partition(": ")
        lines = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in part.split("\n") if line.startswith("|")]
        if len(lines) < 3:
            continue
        head = lines[0][1:]
        figures = {line[0]: {name: number(cell) for name, cell in zip(head, line[1:])} for line in lines[2:]
                   if not line[0].startswith("halloc-")}
        found.append((task, stresses, figures))
    return found


def number(cell):
    try:
        return float(cell.replace("*", "").split()[0])
    except (ValueError, IndexError):
        return None


def real_tasks(text):
    """The names of the real programs: the last of the tasks, as many as the means' table says."""
    return int(re.search(r"time, real programs \((\d+)\)", text)[1])


def table(rows, column, title, unit):
    names = list(rows[0][2])
    head = "".join(f'<th scope="col" aria-sort="none"><button type="button">{html.escape(name)}</button></th>' for name in names)
    body = []
    for task, stresses, figures, kind in rows:
        values = {name: figures.get(name, {}).get(column) for name in names}
        known = [value for value in values.values() if value]
        if not known:
            continue
        cells = []
        for name in names:
            value = values[name]
            if not value:
                cells.append('<td class="none"><span class="out">failed</span></td>')
                continue
            ratio = value / min(known)
            mark = ' class="best"' if value == min(known) else f' style="--far:{min(1, (ratio - 1) / 2):.2f}"'
            cells.append(f'<td data-value="{value:g}"{mark}><b>{ratio:.2f}</b> <small>{value:g} {unit}</small></td>')
        body.append(f'<tr data-kind="{kind}"><th scope="row">{html.escape(task)} <small>{html.escape(stresses)}</small></th>{"".join(cells)}</tr>')
    return (f'<div class="scroll race" tabindex="0" role="group" aria-label="{title}"><table class="race"><caption>{title}</caption>'
            f'<thead><tr><th scope="col" aria-sort="none"><button type="button">task</button></th>{head}</tr></thead>'
            f'<tbody>{"".join(body)}</tbody></table></div>')


def tables(text):
    """(name, title, HTML) of each metric, the allocators' names, and the race's own facts."""
    rows = rows_of(text)
    own = len(rows) - real_tasks(text)
    untimed = set(re.findall(r"^\| (\S+) \| [^|]* \| — \|", text, re.M))
    rows = [(*row, "own" if index < own else "real") for index, row in enumerate(rows)]
    facts = [line for line in text.split("\n")[1:6] if line]
    made = []
    for name, column, title, unit in METRICS:
        those = [row for row in rows if name != "time" or row[0] not in untimed]
        made.append((name, title, table(those, column, title, unit)))
    return made, list(rows[0][2]), facts
