"""Who races, and whether each really took over malloc.

A name that begins with "halloc" is ours; all others are peers, glibc's malloc among them.
"""
import glob
import hashlib
import os
import re
import subprocess
import tempfile

from . import places

# As Debian's packages install them: name, package, files.
PACKAGED = (
    ("jemalloc", "libjemalloc2", "libjemalloc.so.2"),
    ("mimalloc", "libmimalloc2.0", "libmimalloc.so.2.0"),
    ("tcmalloc", "libtcmalloc-minimal4", "libtcmalloc_minimal.so.4"),
)
LIBRARY_FOLDERS = ("/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib")


class Allocator:
    def __init__(self, name, path, version):
        self.name, self.path, self.version = name, os.path.realpath(path), version
        self.ours = name.startswith("halloc")

    @property
    def stamp(self):
        with open(self.path, "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:12]


def find_library(name):
    for folder in LIBRARY_FOLDERS:
        for path in sorted(glob.glob(os.path.join(folder, name))):
            return path
    return None


def package_version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return done.stdout.strip()


def libc_path():
    """The libc that programs here use. Preloaded by name, for some link another allocator (redis-server)."""
    done = subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True)
    return re.search(r"libc\.so\.6 => (\S+)", done.stdout).group(1)


def halloc_version():
    with open(os.path.join(places.ROOT, "halloc.h")) as file:
        parts = re.findall(r"^#define HALLOC_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", file.read(), re.M)
    return ".".join(parts)


def discover(added, only, library):
    """All that race, ours first. `added`: ["NAME=path.so"]; `only`: names, or None for all."""
    found = {"halloc": Allocator("halloc", library, halloc_version())}
    found["glibc"] = Allocator("glibc", libc_path(), package_version("libc6"))
    for name, package, file in PACKAGED:
        path = find_library(file)
        if path:
            found[name] = Allocator(name, path, package_version(package))
    for pair in added:
        name, _, path = pair.partition("=")
        if not re.fullmatch(r"[A-Za-z0-9._+-]+", name) or not os.path.isfile(path):
            raise ValueError("not NAME=path.so of a file that exists: " + pair)
        found[name] = Allocator(name, path, "as given")
    if only:
        unknown = set(only) - set(found)
        if unknown:
            raise ValueError("unknown allocators: %s (there are: %s)" % (
                ", ".join(sorted(unknown)), ", ".join(found)))
        found = {name: allocator for name, allocator in found.items() if name in only}
    for allocator in found.values():
        if not os.path.isfile(allocator.path):
            raise ValueError("%s: there is no %s (run make first)" % (allocator.name, allocator.path))
    return list(found.values())


def bindings_of_malloc(log, symbols=("malloc", "free")):
    """From the dynamic linker's log: {symbol: {(who calls, who serves)}}."""
    found = {symbol: set() for symbol in symbols}
    pattern = re.compile(r"binding file (\S+) \[\d+\] to (\S+) \[\d+\]: normal symbol `(%s)'" % "|".join(symbols))
    for caller, server, symbol in pattern.findall(log):
        found[symbol].add((caller, server))
    return found


def why_not_taken(log, library):
    """None if the log shows that `library` serves every malloc and free of the program; else a sentence.

    A program that takes malloc's address gets one of its own (a jump to the real one), which libraries then
    bind to: such a server is allowed if it is itself bound to the library. The library's own calls are its own.
    """
    bindings = bindings_of_malloc(log)
    for symbol, pairs in bindings.items():
        if not pairs:
            return "nothing in the program binds %s: is it linked statically?" % symbol
        served = {caller for caller, server in pairs if os.path.realpath(server) == library}
        if not served:
            return "no %s is served by %s" % (symbol, library)
        for caller, server in sorted(pairs):
            server_is_library = os.path.realpath(server) == library
            if not server_is_library and server not in served and os.path.realpath(caller) != library:
                return "%s of %s is served by %s" % (symbol, caller, server)
    return None


def check_took(allocator, argv, environment):
    """Runs `argv` with the dynamic linker's log on; a sentence for each process on which it did not take."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(environment, LD_DEBUG="bindings", LD_BIND_NOW="1", LD_DEBUG_OUTPUT=folder + "/log")
        environment["LD_PRELOAD"] = allocator.path
        subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60)
        logs = sorted(glob.glob(folder + "/log*"))
        if not logs:
            return "the dynamic linker said nothing of %s" % argv[0]
        with open(logs[0], errors="replace") as file:
            return why_not_taken(file.read(), allocator.path)
