"""Who races, and whether each really took over malloc.

A name that begins with "halloc" is ours; all others are peers, glibc's malloc among them.
"""
import datetime
import email.utils
import glob
import gzip
import hashlib
import os
import re
import shutil
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
    """`path` is the file that serves malloc. A libc built elsewhere has a loader of its own, others are preloaded."""

    def __init__(self, name, path, version, released="", loader=None):
        self.name, self.path, self.version, self.released = name, os.path.realpath(path), version, released
        self.loader = loader
        self.ours = name.startswith("halloc")

    @property
    def environment(self):
        return {} if self.loader else {"LD_PRELOAD": self.path}

    @property
    def start(self):
        """What the command of a program begins with. Its libc is preloaded, too: redis-server brings an allocator."""
        folders = [os.path.dirname(self.path)] + [folder for name in LIBRARY_FOLDERS for folder in glob.glob(name)]
        return [self.loader, "--library-path", ":".join(folders), "--preload", self.path] if self.loader else []

    def command(self, argv):
        """A loader doesn't look for programs by itself."""
        return self.start + [shutil.which(argv[0]) or argv[0]] + argv[1:] if self.loader else argv

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


def package_date(package):
    """When Debian released the package, by its list of changes; "" where there is none."""
    for path in glob.glob("/usr/share/doc/%s/changelog.Debian.gz" % package):
        with gzip.open(path, "rt", errors="replace") as file:
            signed = re.search(r"^ -- .*>  (.+)$", file.read(), re.M)
        return email.utils.parsedate_to_datetime(signed.group(1)).date().isoformat() if signed else ""
    return ""


def packaged(name, package, path):
    return Allocator(name, path, package_version(package), package_date(package))


def given(text):
    """From NAME=FILE or NAME=FILE@DATE. NAME may end with the version; FILE is a library or a libc's loader."""
    form = re.fullmatch(r"([A-Za-z0-9._+-]+)=(.+?)(?:@(\d{4}-\d\d-\d\d))?", text)
    if not form or not os.path.isfile(form.group(2)):
        raise ValueError("not NAME=FILE or NAME=FILE@YYYY-MM-DD of a file that exists: " + text)
    name, file, date = form.groups()
    version = re.search(r"-v?(\d.*)$", name)
    loader = os.path.realpath(file) if re.match(r"ld(-linux.*|64)\.so", os.path.basename(file)) else None
    path = os.path.join(os.path.dirname(loader), "libc.so.6") if loader else file
    return Allocator(name, path, version.group(1) if version else "as given",
                     datetime.date.fromisoformat(date).isoformat() if date else "", loader)


def libc_path():
    """The libc that programs here use. Preloaded by name, for some link another allocator (redis-server)."""
    done = subprocess.run(["ldd", "/bin/sh"], capture_output=True, text=True)
    return re.search(r"libc\.so\.6 => (\S+)", done.stdout).group(1)


def halloc_version():
    with open(os.path.join(places.ROOT, "halloc.h")) as file:
        parts = re.findall(r"^#define HALLOC_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)$", file.read(), re.M)
    return ".".join(parts)


def discover(added, only, library):
    """All that race, ours first. `added`: what `given` reads; `only`: names, or None for all."""
    found = {"halloc": Allocator("halloc", library, halloc_version())}
    found["glibc"] = packaged("glibc", "libc6", libc_path())
    for name, package, file in PACKAGED:
        path = find_library(file)
        if path:
            found[name] = packaged(name, package, path)
    for allocator in map(given, added):
        found[allocator.name] = allocator
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
    """Runs `argv` with the dynamic linker's log on; a sentence if it did not take in one of the processes."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(environment, LD_DEBUG="bindings", LD_BIND_NOW="1", LD_DEBUG_OUTPUT=folder + "/log")
        environment.update(allocator.environment)
        subprocess.run(allocator.command(argv), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=60)
        logs = sorted(glob.glob(folder + "/log*"))
        if not logs:
            return "the dynamic linker said nothing of %s" % argv[0]
        reasons = []
        for log in logs:
            with open(log, errors="replace") as file:
                reasons.append(why_not_taken(file.read(), allocator.path))
        return next(filter(None, reasons), None)
