"""One run of one task on one allocator."""
import os
import re
import signal
import subprocess
import tempfile
import time

FIGURE = re.compile(r"^figure (\w+) ([-+0-9.e]+)$", re.M)
PATIENCE = 5  # seconds that a run may take to end when told to


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
    drop = re.compile(r"^(LD_|MALLOC|HALLOC_|MIMALLOC_|TCMALLOC_|GLIBC_TUNABLES|PYTHON|PERL|NODE_|LUA_|BENCH_|JAVA_|"
                      r"PG)")
    kept = {key: value for key, value in os.environ.items() if not drop.match(key)}
    kept.update(LC_ALL="C", TZ="UTC")
    return kept


def parse(reports, output, status):
    """The lines of measure.c's, the program's stdout and its exit status, to a sample.

    A script that starts a server has three sorts of lines. Time is that of its clients; all else is the server's.
    """
    taken = {}
    for line in reports.splitlines():
        who, *fields = line.split()
        taken.setdefault(who, []).append([int(field) for field in fields])
    if status:
        return Sample(failure="signal %d" % (status - 128) if status > 128 else "exit status %d" % status)
    if "task" not in taken:
        return Sample(failure="no measurements")
    raced = taken.get("server", taken["task"])
    wall = sum(fields[0] for fields in taken.get("client", raced))
    user, system, rss, faults, major_faults = raced[0][1:]
    figures = {name: float(value) for name, value in FIGURE.findall(output)}
    return Sample(wall / 1e9, user / 1e6, system / 1e6, rss, faults, major_faults, figures)


def told(process, number):
    """Sends a signal to all that the run started; false if nothing is left of it."""
    try:
        os.killpg(process.pid, number)
        return True
    except ProcessLookupError:
        return False


def end(process):
    """Ends a run with all that it started: asks first, for a server may take a moment, then sees to it."""
    if told(process, signal.SIGTERM):
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pass
    for _ in range(100):
        if not told(process, signal.SIGKILL):
            return
        process.poll()
        time.sleep(0.01)


def scratch_folder():
    """For a run's own files, to go with it. Others may pass through: some servers refuse root, and run as nobody."""
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    os.chmod(folder.name, 0o711)
    return folder


def run(measurer, task, allocator, timeout):
    """Runs the task once. Its output goes to files: a pipe would make it wait for us."""
    file = tempfile.TemporaryFile
    with file() as reports, file() as stdout, file() as stderr, scratch_folder() as scratch:
        measured = lambda who: [measurer, str(reports.fileno()), who]
        raced = [allocator.environment.get("LD_PRELOAD", "-")]
        environment = dict(clean_environment(), TMPDIR=scratch, BENCH_LIBRARY=allocator.path,
                           BENCH_SERVER=" ".join(measured("server") + raced + allocator.start),
                           BENCH_CLIENT=" ".join(measured("client") + ["-"]), **task.environment)
        process = subprocess.Popen(
            measured("task") + (["-"] + task.argv if task.inner else raced + allocator.command(task.argv)),
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=environment, pass_fds=[reports.fileno()],
            start_new_session=True)
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            end(process)
            return Sample(failure="not done after %d s" % timeout)
        except KeyboardInterrupt:
            end(process)
            raise
        text = []
        for written in (reports, stdout, stderr):
            written.seek(0)
            text.append(written.read(1 << 20).decode(errors="replace"))
        sample = parse(text[0], text[1], status)
        if sample.failure:
            sample.failure += "".join(": " + line[:200] for line in text[2].strip().splitlines()[-1:])
        return sample
