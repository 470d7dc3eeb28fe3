"""Callgrind's counts: the same each time, where times are not.

A pair of malloc and free in rounds of 64 blocks, by size; new and delete, and delete that is told the size; each
workload's total at a tiny scale; and what the start and end of a process cost. Counted is what the program executes
in user mode; the kernel's part shows only in time.
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile

from . import allocators, build, measure, summary, table, tasks

SIZES = (16, 64, 256, 1024)
ROUNDS = (200, 1200)  # the difference is steady state: 1,000 rounds of 64 pairs
KINDS = (("malloc", "malloc, free"), ("new", "new, delete"), ("sized", "new, sized delete"))
WORKLOAD_SCALE = 0.01
COLLECTED = re.compile(r"Collected : (\d+)")


def count(argv, allocator, timeout=300):
    """Instructions of a whole process under callgrind; None if it failed there."""
    environment = dict(measure.clean_environment(), **allocator.environment)
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=%s/out" % folder]
        try:
            done = subprocess.run(command + allocator.command(argv), env=environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            return None
    found = COLLECTED.search(done.stderr)
    return int(found.group(1)) if done.returncode == 0 and found else None


def steady(argv, size, allocator):
    """Instructions a pair, loop included, once start and end have cancelled out."""
    few, many = (count(argv + [str(size), str(rounds)], allocator) for rounds in ROUNDS)
    if few is None or many is None:
        return None
    return (many - few) / ((ROUNDS[1] - ROUNDS[0]) * 64)


def pairs(output, racers, sizes, note):
    """{kind: {size: {name: (with the loop, without)}}}"""
    programs = build.pairs(output)
    loop = steady(programs["nothing"], sizes[0], racers[0])
    found = {}
    for kind, _ in KINDS:
        for size in sizes if kind in programs else ():
            for racer in racers:
                note("pairs of %d bytes, %s, %s" % (size, kind, racer.name))
                value = steady(programs[kind], size, racer)
                found.setdefault(kind, {}).setdefault(str(size), {})[racer.name] = (
                    None if value is None else [value, value - loop])
    return found


def start(output, racers, note):
    """A process that does nothing, beyond the same with an empty library: instructions, system calls, KiB."""
    program, empty_path = build.nothing(output)
    empty = allocators.Allocator("nothing", empty_path, "")
    measurer = build.measurer(output)
    task = tasks.Task("nothing", "start", [program], "")

    def of(allocator):
        runs = [measure.run(measurer, task, allocator, 60) for _ in range(15)]
        memory = None if any(run.failure for run in runs) else min(run.rss for run in runs)
        return [count([program], allocator), system_calls(program, allocator), memory]

    base, found = of(empty), {}
    for racer in racers:
        note("start and end, %s" % racer.name)
        found[racer.name] = [None if None in (mine, its) else mine - its for mine, its in zip(of(racer), base)]
    return found


def system_calls(program, allocator):
    if not shutil.which("strace"):
        return None
    done = subprocess.run(["strace", "-f"] + ["-E%s=%s" % pair for pair in allocator.environment.items()] +
                          allocator.command([program]), capture_output=True, text=True,
                          env=measure.clean_environment())
    return len(re.findall(r"^(?:\[pid +\d+\] )?\w+\(", done.stderr, re.M)) if done.returncode == 0 else None


def workloads(output, racers, options, note):
    """{task: {name: instructions}}; not those that idle or start processes, which callgrind does not follow."""
    found = {}
    chosen = [task for task in tasks.own(output, WORKLOAD_SCALE) if task.timed and task.name != "tiny-process"]
    for task in chosen:
        if options.only and not any(task.name.startswith(name) for name in options.only):
            continue
        for racer in racers:
            note("%s on %s" % (task.name, racer.name))
            found.setdefault(task.name, {})[racer.name] = count(task.argv, racer)
    return found


def number(value, form="%.1f"):
    return "—" if value is None else form % value


def page(found, racers):
    names = [racer.name for racer in racers]
    lines = ["# Instructions", "", "Callgrind counts instructions in user mode. A dash means that an "
             "allocator doesn't work under it.", ""]
    lines += table.table(["allocator", "version", "released", "file (SHA-256)"],
                         [[r.name, r.version, r.released or "—", r.stamp] for r in racers])
    for index, title in ((1, "A pair, without the loop"), (0, "A pair, loop included")):
        rows = [["%s, %s B" % (words, size)] + [number((of[n] or [None, None])[index]) for n in names]
                for kind, words in KINDS for size, of in found["pairs"].get(kind, {}).items()]
        lines += ["## " + title, "", "A round takes 64 blocks and frees them. Left out is the same round with two "
                  "empty functions." if index else "", ""] + table.table([""] + names, rows)
    rows = [[what] + [number(found["start"][n][i], "%d") for n in names]
            for i, what in enumerate(("instructions", "system calls", "resident KiB"))]
    lines += ["## A process that does nothing", "", "What an allocator adds to the same process with an "
              "empty library.", ""]
    lines += table.table([""] + names, rows)
    rows = [[task] + [number(of[n] and of[n] / 1e6, "%.2f") for n in names] for task, of in found["workloads"].items()]
    lines += ["## Workloads", "", "Whole processes at scale %g, in millions." % WORKLOAD_SCALE, ""]
    lines += table.table([""] + names, rows)
    return "\n".join(lines).rstrip() + "\n"


def main(options, output):
    if not shutil.which("valgrind"):
        raise ValueError("valgrind is missing: tools/install-packages.sh bench")
    racers = allocators.discover(options.added, options.allocators, options.library)
    note = lambda text: sys.stderr.write("  %s\n" % text)
    sizes = SIZES[:1] if options.smoke else SIZES
    found = {"machine": summary.machine(), "pairs": pairs(output, racers, sizes, note)}
    found["start"] = start(output, racers, note)
    found["workloads"] = {} if options.smoke else workloads(output, racers, options, note)
    output.write("instructions.json", json.dumps(found, indent=1) + "\n")
    text = page(found, racers)
    print(text)
    print("Written: %s, instructions.json" % output.write("instructions.md", text))
    return 0
