"""Where things are."""
import os

BENCH = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
ROOT = os.path.dirname(BENCH)
WORKLOADS = os.path.join(BENCH, "workloads")
PROGRAMS = os.path.join(BENCH, "programs")
COUNTING = os.path.join(BENCH, "counting")
LIBRARY = os.path.join(ROOT, "build", "libhalloc.so")


class Output:
    """The folder that everything made here goes to; build/bench unless told otherwise."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.programs = os.path.join(self.folder, "programs")
        os.makedirs(self.programs, exist_ok=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)
