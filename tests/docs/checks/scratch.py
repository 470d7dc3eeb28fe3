"""The scratch folder that commands run in: the command on PATH, and the tree's parts by name.

One bash runs all commands of a chapter, so that variables and folders carry on. It is told a command at a
time, each in a file of its own, and leaves the output and the exit status beside it.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

LINKS = {
    "traces": "traces",
    "examples": "examples",
    "exercises": "docs/exercises",
    "answers": "docs/answers",
    "halloc.c": "halloc.c",
    "halloc.h": "halloc.h",
    "src": "src",
    "tools": "tools",
}
LIMIT_SECONDS = 270  # a chapter's; ctest ends a test after 300
UNSET = ("LD_PRELOAD", "HALLOC_CONF", "HALLOC_TRACE", "COLUMNS", "LINES", "NO_COLOR", "PYTHONMALLOC")


class Place:
    """Where the tree and what was built from it are."""

    def __init__(self, root, build):
        self.root = root
        self.build = build

    def environment(self, folder):
        environment = {key: value for key, value in os.environ.items() if key not in UNSET}
        environment["PATH"] = f"{self.build}:{environment.get('PATH', '/usr/bin:/bin')}"
        environment.update(LC_ALL="C.UTF-8", TZ="UTC", TERM="dumb", HOME=str(folder))
        return environment


class Scratch:
    """A folder that goes when its `with` ends."""

    def __init__(self, place):
        self.place = place

    def __enter__(self):
        self.outer = pathlib.Path(tempfile.mkdtemp(prefix="halloc-docs-"))
        leave_nothing = pathlib.Path(__file__).resolve().parents[2] / "leave_nothing"
        subprocess.run([leave_nothing, str(os.getpid()), self.outer], check=True)
        self.folder = self.outer / "work"
        self.folder.mkdir()
        for name, target in LINKS.items():
            if (self.place.root / target).exists():
                (self.folder / name).symlink_to(self.place.root / target)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.outer, ignore_errors=True)

    def run(self, commands):
        """[(output, exit status)] in order, as far as it went: fewer than commands if the shell ended."""
        steps = self.outer / "steps"
        steps.mkdir(exist_ok=True)
        driver = []
        for number, command in enumerate(commands):
            base = steps / str(number)
            base.write_text(command + "\n")
            driver.append(f'eval "$(cat {base})" >{base}.out 2>&1 </dev/null\necho $? >{base}.status\n')
        self._bash("".join(driver))
        results = []
        for number in range(len(commands)):
            status = steps / f"{number}.status"
            out = steps / f"{number}.out"
            text = out.read_text(errors="replace") if out.exists() else ""
            if not status.exists() or not status.read_text().strip():
                results.append((text, None))
                break
            results.append((text, int(status.read_text())))
        return results

    def _bash(self, script):
        shell = subprocess.Popen(["bash", "-c", script], cwd=self.folder, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                                 env=self.place.environment(self.folder))
        try:
            shell.wait(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(shell.pid, signal.SIGKILL)  # and whatever it left behind
        except ProcessLookupError:
            pass
        shell.wait()
