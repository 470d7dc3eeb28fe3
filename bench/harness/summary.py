"""From runs to results.

For each task and each of time and peak memory: every allocator's figures; the best peer (the lowest median);
and the ratio of ours to it, with its interval. Over tasks: each allocator's geometric mean of its ratio to the
best peer of each task. So 1.00 is a peer that is best at everything, and no single peer gets there.

A task counts for the means if ours finished it, and each allocator's mean is over those that it finished; which
ones it did not is said.
"""
import datetime
import platform
import subprocess

from . import places
from . import statistics as s

SLOWER = 1.05  # time: marked when even the interval's lower end is above this
LARGER = 1.10  # peak memory: marked when the median is
GROUPS = (("own", "own workloads"), ("real", "real programs"), ("all", "all"))


def line_of_output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=places.ROOT)
        return done.stdout.strip()
    except OSError:
        return ""


def machine():
    model = memory = ""
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
    with open("/proc/meminfo") as file:
        memory = "%.0f GiB" % (int(file.readline().split()[1]) / 1024 / 1024)
    with open("/sys/kernel/mm/transparent_hugepage/enabled") as file:
        huge = file.read().split("[")[-1].split("]")[0]
    from .tasks import processors
    return {"processor": model or platform.machine(), "processors": processors(), "memory": memory,
            "kernel": platform.release(), "huge_pages": huge, "libc": " ".join(platform.libc_ver()),
            "compiler": line_of_output("gcc", "--version").split("\n")[0],
            "commit": line_of_output("git", "describe", "--always", "--dirty")}


def of_runs(runs):
    """One allocator at one task."""
    failure = next((run.failure for run in runs if run.failure), None)
    if failure or not runs:
        return {"failure": failure or "not run"}
    wall = [run.wall for run in runs]
    return {
        "runs": len(runs), "min": min(wall), "median": s.median(wall), "spread": s.spread(wall),
        "user": s.median([run.user for run in runs]), "system": s.median([run.system for run in runs]),
        "rss_kib": s.median([run.rss for run in runs]), "faults": s.median([run.faults for run in runs]),
        "figures": {name: s.median([run.figures[name] for run in runs]) for name in runs[0].figures},
    }


class Summary:
    """All results; grows task by task, so an interrupted race still has them."""

    def __init__(self, racers, options, missing):
        self.racers, self.options, self.missing = racers, options, missing
        self.ours = next((a.name for a in racers if a.ours), None)
        self.peers = [a.name for a in racers if not a.ours]
        self.tasks, self.runs = [], {}
        self.about = {"machine": machine(), "began": datetime.datetime.now().astimezone().isoformat("T", "minutes")}

    def add(self, task, samples):
        results = {name: of_runs(runs) for name, runs in samples.items()}
        self.runs[task.name] = samples
        entry = {"name": task.name, "group": task.group, "about": task.about, "timed": task.timed,
                 "results": results}
        entry["time"] = self.against_best(task.name, samples, results, "wall", "median") if task.timed else None
        entry["memory"] = self.against_best(task.name, samples, results, "rss", "rss_kib")
        entry["slower"] = bool(entry["time"] and entry["time"]["lower"] > SLOWER)
        entry["larger"] = bool(entry["memory"] and entry["memory"]["ratio"] > LARGER)
        self.tasks.append(entry)

    def against_best(self, name, samples, results, field, figure):
        """Ours against the best peer by `figure`. None if we or all peers failed."""
        good = [peer for peer in self.peers if "failure" not in results[peer]]
        if self.ours is None or "failure" in results[self.ours] or not good:
            return None
        best = min(good, key=lambda peer: results[peer][figure])
        values = lambda who: [getattr(run, field) for run in samples[who]]
        ratio, lower, upper = s.ratio_interval(values(self.ours), values(best), "%s %s %s" % (
            self.options.seed, name, field))
        return {"best": best, "ratio": ratio, "lower": lower, "upper": upper}

    def counted(self, group, field):
        """The tasks of a group that count: ours finished, and some peer."""
        return [entry for entry in self.tasks
                if (group == "all" or entry["group"] == group) and (entry["timed"] or field == "rss")
                and entry["memory"]]

    def means(self):
        """{group: {field: {tasks, of: {name: mean}, single: {...}, all_peers: {...}}}}"""
        found = {}
        if not self.ours or not self.peers:
            return found
        for group, _ in GROUPS:
            for field, figure in (("wall", "median"), ("rss", "rss_kib")):
                entries = self.counted(group, field)
                if entries:
                    found.setdefault(group, {})[field] = self.mean_of(entries, group, field, figure)
        return found

    def mean_of(self, entries, group, field, figure):
        best = {entry["name"]: entry["time" if field == "wall" else "memory"]["best"] for entry in entries}
        done = lambda who: [entry for entry in entries if "failure" not in entry["results"][who]]
        ratios = lambda who: [entry["results"][who][figure] / entry["results"][best[entry["name"]]][figure]
                              for entry in done(who)]
        of = {racer.name: s.geometric_mean(ratios(racer.name)) for racer in self.racers if done(racer.name)}
        single = min((peer for peer in self.peers if peer in of), key=lambda peer: of[peer])
        values = lambda task, who: [getattr(run, field) for run in self.runs[task][who]]
        seed = "%s %s %s" % (self.options.seed, group, field)
        against = lambda over, rival: dict(zip(("ratio", "lower", "upper"), s.mean_interval(
            [(values(e["name"], self.ours), values(e["name"], rival(e["name"]))) for e in over], seed)))
        return {"tasks": len(entries), "of": of,
                "single": dict(against(done(single), lambda task: single), best=single),
                "all_peers": against(entries, lambda task: best[task])}

    def as_dict(self):
        return dict(
            self.about, scale=self.options.scale, repeat=self.options.repeat, seed=self.options.seed,
            allocators=[{"name": a.name, "version": a.version, "released": a.released, "sha256": a.stamp,
                         "ours": a.ours} for a in self.racers],
            missing=self.missing, means=self.means(),
            tasks=[dict(entry, samples={name: [run.as_dict() for run in runs]
                                        for name, runs in self.runs[entry["name"]].items()})
                   for entry in self.tasks])
