"""The command: what is asked for, and which of the three modes does it."""
import argparse
import json
import os
import signal
import sys

from . import allocators, build, places

ABOUT = """Races halloc against other allocators, and writes what came of it to build/bench:
race.md, race.json, race.svg and benchres.csv. Names that begin with "halloc" are ours, all others are peers."""


def parse(arguments):
    parser = argparse.ArgumentParser(prog="bench/run", description=ABOUT)
    parser.add_argument("added", nargs="*", metavar="NAME=FILE[@DATE]",
                        help="more allocators, or others in place of one: a library or a libc's loader")
    parser.add_argument("--allocators", metavar="A,B", help="only these")
    parser.add_argument("--only", metavar="TASK,TASK", help="only tasks whose names begin so")
    parser.add_argument("--no-real", action="store_true", help="no real programs")
    parser.add_argument("--repeat", type=int, metavar="N", help="runs a task and allocator, after a warm-up (7)")
    parser.add_argument("--scale", type=float, metavar="X", help="amount of work (1)")
    parser.add_argument("--seed", type=int, default=1, help="of the order of runs and of the intervals (1)")
    parser.add_argument("--timeout", type=int, default=120, metavar="S", help="for a run (120)")
    parser.add_argument("--quick", action="store_true", help="under five minutes, to look at; also by QUICK=1")
    parser.add_argument("--smoke", action="store_true", help="tiny: only to see that all of it works")
    parser.add_argument("--library", default=places.LIBRARY, help="halloc's, if not build/libhalloc.so")
    parser.add_argument("--output", default=os.path.join(places.ROOT, "build", "bench"), help="folder (build/bench)")
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument("--instructions", action="store_true", help="count instructions (callgrind) instead")
    modes.add_argument("--ledger", action="store_true", help="count atomics, locks and cache lines instead")
    modes.add_argument("--draw", metavar="race.json", help="only write what comes of it anew")
    parser.add_argument("--list", action="store_true", help="list tasks and allocators, and end")
    options = parser.parse_args(arguments)
    options.quick = options.quick or os.environ.get("QUICK", "") not in ("", "0")
    for name in ("allocators", "only"):
        value = getattr(options, name)
        setattr(options, name, value.split(",") if value else None)
    usual = (2, 0.01) if options.smoke else (3, 0.2) if options.quick else (7, 1.0)
    options.repeat = options.repeat or usual[0]
    options.scale = options.scale or usual[1]
    if options.repeat < 1 or options.scale <= 0:
        parser.error("--repeat and --scale are above 0")
    return options


def chosen(tasks, only):
    if not only:
        return list(tasks)
    found = [task for task in tasks if any(task.name.startswith(start) for start in only)]
    if not found:
        raise ValueError("no task begins with %s" % " or ".join(only))
    return found


def all_tasks(options, output):
    """The tasks asked for, and the names of programs that are not here."""
    from . import tasks
    found, missing = list(tasks.own(output, options.scale)), []
    if not options.no_real:
        here, missing = tasks.real(output, options.scale)
        found += here
    return chosen(found, options.only), missing


def write_results(output, results):
    from . import benchres, chart, table
    output.write("race.json", json.dumps(results, indent=1) + "\n")
    output.write("race.md", table.page(results))
    output.write("race.svg", chart.picture(results))
    output.write("benchres.csv", benchres.text(results))


def race(options, output):
    from . import race as racing
    from . import summary, table
    racers = allocators.discover(options.added, options.allocators, options.library)
    tasks, missing = all_tasks(options, output)
    if options.list:
        for task in tasks:
            print("%-24s %-5s %s" % (task.name, task.group, task.about))
        for racer in racers:
            print("%-24s %-5s %s %s %s" % (racer.name, "ours" if racer.ours else "peer", racer.version,
                                           racer.released or "—", racer.path))
        return 0
    results = summary.Summary(racers, options, missing)
    try:
        racing.race(tasks, racers, options, build.measurer(output), results.add)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted: what follows is of the tasks that were done\n")
        if not results.tasks:
            return 130
    found = results.as_dict()
    write_results(output, found)
    print(table.brief(found))
    print("Written: %s, race.json, race.svg, benchres.csv" % output.path("race.md"))
    return 0 if all("failure" not in task["results"].get("halloc", {}) for task in found["tasks"]) else 1


def main(arguments=None):
    options = parse(arguments)
    output = places.Output(options.output)
    os.environ["PATH"] = os.pathsep.join(places.SERVERS + [os.environ["PATH"]])
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be asked to end is to be interrupted
    try:
        if options.draw:
            with open(options.draw) as file:
                write_results(output, json.load(file))
            return 0
        if options.instructions:
            from . import instructions
            return instructions.main(options, output)
        if options.ledger:
            from . import ledger
            return ledger.main(options, output)
        return race(options, output)
    except (ValueError, build.BuildError) as problem:
        sys.stderr.write("bench/run: %s\n" % problem)
        return 2
