"""Results as a page of Markdown: what matters first, then every figure."""
from .summary import GROUPS, LARGER, SLOWER


def percent(value):
    return "%.1f %%" % (100 * value)


def mib(kib):
    return "%.1f" % (kib / 1024)


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def table(heads, rows):
    """Names to the left, figures to the right."""
    return [row(heads), row(["---"] + ["--:"] * (len(heads) - 1))] + [row(cells) for cells in rows] + [""]


def ratio_cell(ratio, mark=False):
    if not ratio:
        return "—"
    text = "%.2f (%.2f–%.2f) of %s" % (ratio["ratio"], ratio["lower"], ratio["upper"], ratio["best"])
    return "**%s** ▲" % text if mark else text


def heading(results):
    machine = results["machine"]
    lines = ["# Halloc against its peers", "",
             "%s · %d processors · %s · Linux %s · huge pages: %s · %s · %s" % (
                 machine["processor"], machine["processors"], machine["memory"], machine["kernel"],
                 machine["huge_pages"], machine["libc"], machine["compiler"]), "",
             "Begun %s, commit %s. Scale %g, %d repeats after a warm-up, seed %s." % (
                 results["began"], machine["commit"], results["scale"], results["repeat"], results["seed"]), ""]
    lines += table(["allocator", "version", "released", "file (SHA-256)"],
                   [[a["name"], a["version"], a.get("released") or "—", a["sha256"]] for a in results["allocators"]])
    if results["missing"]:
        lines += ["Not installed, so not run: %s." % ", ".join(results["missing"]), ""]
    return lines


def means(results):
    lines = ["## In one table", "",
             "Each task compares an allocator with the best peer there. Here are the geometric means of these ratios. "
             "A peer that is best at every task has 1.00. Less is better.", ""]
    names = [a["name"] for a in results["allocators"]]
    rows = []
    for group, title in GROUPS:
        for field, what in (("wall", "time"), ("rss", "peak memory")):
            mean = results["means"].get(group, {}).get(field)
            if mean:
                rows.append(["%s, %s (%d)" % (what, title, mean["tasks"])] +
                            ["%.3f" % mean["of"][n] if n in mean["of"] else "—" for n in names])
    lines += table(["mean (tasks)"] + names, rows)
    rows = []
    for group, title in GROUPS:
        for field, what in (("wall", "time"), ("rss", "peak memory")):
            mean = results["means"].get(group, {}).get(field)
            if mean:
                against = lambda of: "%.3f (%.3f–%.3f)" % (of["ratio"], of["lower"], of["upper"])
                rows.append(["%s, %s" % (what, title), against(mean["single"]) + " of " + mean["single"]["best"],
                             against(mean["all_peers"])])
    lines += table(["halloc against", "the best single peer", "the best peer of each task"], rows)
    return lines


def ratios(results):
    slower = [t["name"] for t in results["tasks"] if t["slower"]]
    larger = [t["name"] for t in results["tasks"] if t["larger"]]
    lines = ["## Task by task", "",
             "Halloc's median is divided by that of the task's best peer. The 95 %% interval stands in brackets. ▲ "
             "marks a time whose whole interval is above %.2f. It marks a peak memory above %.2f, too." % (
                 SLOWER, LARGER), "",
             "Marked for time: %s. Marked for memory: %s." % (
                 ", ".join(slower) or "none", ", ".join(larger) or "none"), ""]
    lines += table(["task", "stresses", "time", "peak memory"],
                   [[t["name"], t["about"], ratio_cell(t["time"], t["slower"]), ratio_cell(t["memory"], t["larger"])]
                    for t in results["tasks"]])
    return lines


def failures(results):
    failed = [[t["name"], name, result["failure"]] for t in results["tasks"]
              for name, result in t["results"].items() if "failure" in result]
    if not failed:
        return []
    return ["## What failed", "", "An allocator's mean counts only the tasks that it finished.", ""] + table(
        ["task", "allocator", "what"], failed)


def extra_figures(results):
    """What a task says of itself, beside the number of its calls: memory that came back."""
    lines = []
    for task in results["tasks"]:
        good = {name: r["figures"] for name, r in task["results"].items() if "failure" not in r}
        keys = [key for key in next(iter(good.values()), {}) if key != "operations"]
        if keys:
            lines += ["### %s" % task["name"], ""]
            lines += table(["MiB"] + list(good), [
                [key.replace("_mib", "").replace("_", " ")] + ["%.1f" % good[n].get(key, 0) for n in good]
                for key in keys])
    return ["## Memory that should come back", ""] + lines if lines else []


def everything(results):
    lines = ["## Every figure", "",
             "Times are in seconds. The spread is the distance between the quartiles, divided by the median. Peak "
             "memory is that of the largest process. A server's time is that of its client.", ""]
    for task in results["tasks"]:
        rows = []
        for name, r in task["results"].items():
            if "failure" in r:
                rows.append([name] + ["—"] * 8)
                continue
            operations = r["figures"].get("operations")
            rows.append([name, "%.3f" % r["min"], "%.3f" % r["median"], percent(r["spread"]), "%.2f" % r["user"],
                         "%.2f" % r["system"], mib(r["rss_kib"]), "%d" % r["faults"],
                         "%.1f" % (1e9 * r["median"] / operations) if operations and task["timed"] else ""])
        lines += ["### %s: %s" % (task["name"], task["about"]), ""]
        lines += table(["", "minimum", "median", "spread", "user", "system", "peak MiB", "minor faults",
                        "ns a call"], rows)
    return lines


def page(results):
    parts = [heading(results), means(results), ["![Ratios to the best peer](race.svg)", ""], ratios(results),
             extra_figures(results), failures(results), everything(results)]
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def brief(results):
    """For the terminal: what the page says first, without its detail."""
    return "\n".join(means(results) + ratios(results) + failures(results)).rstrip() + "\n"
