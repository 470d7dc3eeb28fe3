"""Where things are."""
import glob
import os

BENCH = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
ROOT = os.path.dirname(BENCH)
WORKLOADS = os.path.join(BENCH, "workloads")
PROGRAMS = os.path.join(BENCH, "programs")
COUNTING = os.path.join(BENCH, "counting")
LIBRARY = os.path.join(ROOT, "build", "libhalloc.so")


# Where Debian keeps servers, which is not on everyone's path.
SERVERS = ["/usr/sbin"] + sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)


class Output:
    """The folder that everything made here goes to; build/bench unless told otherwise."""

    def __init__(self, folder):
        self.folder = os.path.realpath(folder)
        self.programs = os.path.join(self.folder, "programs")
        os.makedirs(self.programs, exist_ok=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        """All of it or nothing: a reader never finds half a file. Returns its path."""
        path = self.path(name)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.replace(path + ".new", path)
        return path
