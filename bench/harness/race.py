"""All runs, interleaved, with progress.

A task is run on all allocators, A B C, again and again; each round in another order, drawn from the seed. So
whatever disturbs the machine for a while meets all of them alike, and who comes after whom changes.
"""
import random
import sys
import time

from . import allocators as who
from . import measure
from .statistics import median


class Progress:
    """One line that changes in a terminal; a line a task elsewhere."""

    def __init__(self, total):
        self.total, self.done, self.start = total, 0, time.monotonic()
        self.terminal = sys.stderr.isatty()

    def remaining(self):
        if not self.done:
            return "?"
        seconds = (time.monotonic() - self.start) / self.done * (self.total - self.done)
        return "%d:%02d" % divmod(int(seconds), 60)

    def step(self, weight, text):
        self.done += weight
        if self.terminal:
            line = "%3d %%  %s left  %s" % (100 * self.done / self.total, self.remaining(), text)
            sys.stderr.write("\r\x1b[K" + line[:100])
            sys.stderr.flush()

    def task_done(self, text):
        lead = "\r\x1b[K" if self.terminal else ""
        sys.stderr.write("%s%3d %%  %5s left  %s\n" % (lead, 100 * self.done / self.total, self.remaining(), text))
        sys.stderr.flush()


def rounds_of(task, options):
    """(warm-up, counted). What is not timed needs no warm-up, and fewer."""
    if task.timed:
        return (0 if options.smoke else 1), options.repeat
    return 0, 1 if options.quick else min(options.repeat, 3)


def weight_of(task):
    """Of a run, for the time that is left: memory_returns is idle for four seconds."""
    return 1 if task.timed else 8


def check_all(tasks, racers):
    """{(task, allocator): why it did not take}."""
    refused = {}
    for task in tasks:
        for allocator in racers:
            environment = dict(measure.clean_environment(), **task.environment)
            why = who.check_took(allocator, task.check, environment)
            if why:
                refused[task.name, allocator.name] = "did not take: " + why
    return refused


def race(tasks, racers, options, measurer, keep):
    """Runs everything; `keep(task, {allocator name: [samples]})` is called after each task."""
    dice = random.Random(options.seed)
    progress = Progress(sum(sum(rounds_of(task, options)) * weight_of(task) for task in tasks) * len(racers))
    sys.stderr.write("checking that each took over malloc in each program\n")
    refused = check_all(tasks, racers)
    for task in tasks:
        samples = {allocator.name: [] for allocator in racers}
        warm_up, counted = rounds_of(task, options)
        for number in range(-warm_up, counted):
            order = list(racers)
            dice.shuffle(order)
            for allocator in order:
                runs = samples[allocator.name]
                why = refused.get((task.name, allocator.name))
                if why:
                    sample = measure.Sample(failure=why)
                elif runs and runs[-1].failure:
                    sample = runs[-1]  # failed before: once is enough
                else:
                    sample = measure.run(measurer, task, allocator, options.timeout)
                if number >= 0 or sample.failure:
                    runs.append(sample)
                progress.step(weight_of(task), "%s on %s" % (task.name, allocator.name))
        keep(task, samples)
        progress.task_done(line_of(task, samples))


def line_of(task, samples):
    """The task in brief: ours, and the best peer."""
    medians = {}
    for name, runs in samples.items():
        if runs and not any(run.failure for run in runs):
            medians[name] = median([run.wall for run in runs])
    words = ["%-22s" % task.name]
    peers = {name: value for name, value in medians.items() if not name.startswith("halloc")}
    words += ["%s %.3f s" % (name, value) for name, value in medians.items() if name not in peers]
    if peers:
        best = min(peers, key=peers.get)
        words.append("best peer %s %.3f s" % (best, peers[best]))
    failed = [name for name in samples if name not in medians]
    if failed:
        words.append("failed: " + ", ".join(failed))
    return "  ".join(words)
