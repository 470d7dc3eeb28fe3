"""One run of one task on one allocator."""
import os
import re
import signal
import subprocess
import tempfile

FIGURE = re.compile(r"^figure (\w+) ([-+0-9.e]+)$", re.M)


class Sample:
    """What a run took; or `failure`, a sentence."""

    def __init__(self, wall=0.0, user=0.0, system=0.0, rss=0, faults=0, major_faults=0, figures=None, failure=None):
        self.wall, self.user, self.system = wall, user, system  # seconds
        self.rss, self.faults, self.major_faults = rss, faults, major_faults  # peak KiB, minor faults, major ones
        self.figures, self.failure = figures or {}, failure

    def as_dict(self):
        if self.failure:
            return {"failure": self.failure}
        return {"wall": self.wall, "user": self.user, "system": self.system, "rss_kib": self.rss,
                "faults": self.faults, "major_faults": self.major_faults, "figures": self.figures}


def clean_environment():
    """The caller's, without what would change an allocator's behaviour or a program's output."""
    drop = re.compile(r"^(LD_|MALLOC|HALLOC_|MIMALLOC_|TCMALLOC_|GLIBC_TUNABLES|PYTHON|PERL|NODE_|LUA_|BENCH_)")
    kept = {key: value for key, value in os.environ.items() if not drop.match(key)}
    kept.update(LC_ALL="C", TZ="UTC")
    return kept


def parse(line, output):
    """A line of measure.c's and the program's stdout, to a sample."""
    fields = [int(field) for field in line.split()]
    if len(fields) != 7:
        return Sample(failure="no measurements")
    wall, user, system, rss, faults, major_faults, status = fields
    if status:
        what = "signal %d" % (status & 127) if status & 127 else "exit status %d" % (status >> 8)
        return Sample(failure=what)
    figures = {name: float(value) for name, value in FIGURE.findall(output)}
    return Sample(wall / 1e9, user / 1e6, system / 1e6, rss, faults, major_faults, figures)


def run(measurer, task, allocator, timeout):
    """Runs the task once. Its output goes to files: a pipe would make it wait for us."""
    environment = dict(clean_environment(), **task.environment)
    environment["BENCH_PRELOAD"] = allocator.path
    preload = "" if task.inner else allocator.path
    read_end, write_end = os.pipe()
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = subprocess.Popen(
            [measurer, str(write_end), preload] + task.argv,
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=environment, pass_fds=[write_end],
            start_new_session=True)
        os.close(write_end)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(read_end)
            return Sample(failure="not done after %d s" % timeout)
        with os.fdopen(read_end) as results:
            line = results.readline()
        stdout.seek(0)
        sample = parse(line, stdout.read(1 << 20).decode(errors="replace"))
        if sample.failure:
            stderr.seek(0)
            last = stderr.read(1 << 20).decode(errors="replace").strip().splitlines()[-1:]
            sample.failure += "".join(": " + text[:200] for text in last)
        return sample
