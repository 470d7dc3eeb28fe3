"""What is run: the workloads of our own, and real programs."""
import os
import shutil
import subprocess
import sys

from . import build, places


class Task:
    """One line of the results. `check` is a quick command of the same program, to see who serves its malloc."""

    def __init__(self, name, group, argv, about, check=None, timed=True, environment=None, inner=False, client=None):
        self.name, self.group, self.argv, self.about = name, group, argv, about
        self.check, self.timed, self.environment = check or argv, timed, environment or {}
        self.inner = inner  # the command is a script that itself starts the raced program: programs/server.sh
        self.programs = [self.check[0]] + ([client] if client else [])


# Name, source, threads (0: as many as the machine has, but at least 2), variant, what it stresses.
OWN = (
    ("pairs-16", "pairs", 1, "16", "the shortest path, 16 bytes"),
    ("pairs-128", "pairs", 1, "128", "the shortest path, 128 bytes"),
    ("pairs-1k", "pairs", 1, "1024", "the shortest path, 1 KiB"),
    ("pairs-8k", "pairs", 1, "8192", "the shortest path, 8 KiB"),
    ("pairs-100k", "pairs", 1, "100000", "above most caches, 100,000 bytes"),
    ("lifo", "lifo", 1, "", "last taken, first freed"),
    ("fifo", "fifo", 1, "", "first taken, first freed"),
    ("random-release", "random_release", 1, "", "freed in no order at all"),
    ("batches", "batches", 1, "", "32 MiB taken, then all freed"),
    ("mixed-sizes", "mixed_sizes", 1, "", "sizes and lives as of real programs"),
    ("trees", "trees", 1, "", "locality: pointers followed"),
    ("hash-tables", "hash_tables", 1, "", "strings in dictionaries"),
    ("phases", "phases", 1, "", "phases that fragment"),
    ("growing-vectors", "growing_vectors", 1, "", "realloc"),
    ("large-blocks", "large_blocks", 1, "", "64 KiB to 8 MiB"),
    ("zeroed", "zeroed", 1, "", "calloc"),
    ("alignment", "alignment", 1, "", "aligned_alloc, posix_memalign"),
    ("server", "server", 0, "", "objects that bleed between threads"),
    ("producer-consumer", "producer_consumer", 0, "256", "one takes, the other frees"),
    ("producer-consumer-32k", "producer_consumer", 0, "32768", "the same, up to 32 KiB"),
    ("exchange", "exchange", 0, "", "everyone frees what others took"),
    ("thread-churn", "thread_churn", 0, "", "threads born and dying"),
    ("bursts", "bursts", 0, "", "16 threads that take turns"),
    ("false-sharing-active", "false_sharing", 0, "active", "lines shared between threads"),
    ("false-sharing-passive", "false_sharing", 0, "passive", "lines inherited from another thread"),
    ("worker-pool", "worker_pool", 8, "", "8 threads that take turns, and keep a little"),
    ("sessions-small", "sessions", 8, "small", "8 threads, one table of sessions"),
    ("sessions-large", "sessions", 8, "large", "the same, with a phase of large ones"),
    ("sleepers", "sleepers", 200, "", "200 threads that serve a little, and sleep"),
    ("tiny-process", "tiny_process", 1, "", "start and end of a process"),
    ("memory-returns", "memory_returns", 1, "", "memory that should come back"),
)


def processors():
    return len(os.sched_getaffinity(0))


def own(output, scale):
    for name, source, threads, variant, about in OWN:
        program = build.workload(output, source)
        threads = threads or max(2, processors())
        arguments = [str(threads), variant]
        yield Task(name, "own", [program, "%g" % scale] + arguments, about, timed=name != "memory-returns",
                   check=[program, "0.001"] + arguments)


def system_python():
    """Debian's Python, where there is one: others on the path may be scripts that start one."""
    return "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else os.path.realpath(sys.executable)


def inputs(output, scale):
    folder = output.path("inputs-%g" % scale)
    subprocess.run([system_python(), os.path.join(places.PROGRAMS, "generate.py"), folder, "%g" % scale], check=True)
    return folder


def flask(script, scale):
    """A Python service with eight threads; and the same with each of its objects from malloc."""
    found = subprocess.run([system_python(), "-c", "import flask, waitress"], stderr=subprocess.DEVNULL)
    for name, malloc in (("flask", "pymalloc"), ("flask-malloc", "malloc")):
        yield Task(name, "real", [script, "%g" % scale], "a threaded Python service, PYTHONMALLOC=" + malloc,
                   [system_python() if found.returncode == 0 else "python3-flask", "-c", "pass"], inner=True, client="ab",
                   environment={"PYTHONMALLOC": malloc})


def real(output, scale):
    """Tasks of the real programs that are here, and the names of those that aren't."""
    folder = inputs(output, scale)
    script = lambda name: os.path.join(places.PROGRAMS, name)
    given = lambda name: os.path.join(folder, name)
    server = lambda name, file, client, about, option="--version": Task(
        name, "real", [script(file), "%g" % scale], about, [name, option], inner=True, client=client)
    git = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": folder}
    table = (
        Task("python3", "real", [system_python(), script("python.py"), "%g" % scale], "objects, JSON, sorting",
             [system_python(), "-c", "pass"], environment={"PYTHONMALLOC": "malloc", "PYTHONHASHSEED": "0"}),
        Task("g++", "real", ["g++", "-std=c++20", "-O0", "-c", "-o", "/dev/null", given("templates.cpp")],
             "heavy C++20", ["g++", "-fsyntax-only", "-x", "c++", "/dev/null"]),
        server("redis-server", "redis.sh", "redis-benchmark", "under redis-benchmark"),
        server("postgres", "postgresql.sh", "pgbench", "processes: sorts, hashes, JSON"),
        server("mariadbd", "mariadb.sh", "mariadb-slap", "a thread for each of eight clients"),
        server("nginx", "nginx.sh", "ab", "two processes that compress", "-v"),
        server("db_bench", "rocksdb.sh", None, "RocksDB: threads read, write, compact"),
        *flask(script("flask.sh"), scale),
        Task("sqlite3", "real", ["sqlite3", ":memory:", ".read " + given("statements.sql")], "joins and indices",
             ["sqlite3", "--version"]),
        Task("lua5.4", "real", ["lua5.4", script("lua.lua"), "%g" % scale], "tables, closures, strings",
             ["lua5.4", "-v"]),
        Task("z3", "real", ["z3", given("problems.smt2")], "a solver", ["z3", "--version"]),
        Task("gs", "real", ["gs", "-q", "-dBATCH", "-dNOPAUSE", "-dSAFER", "-sDEVICE=pdfwrite",
                            "-sOutputFile=/dev/null", given("pages.ps")], "PostScript to PDF", ["gs", "--version"]),
        Task("perl", "real", ["perl", script("perl.pl"), "%g" % scale], "hashes and regular expressions",
             ["perl", "-e", "1"], environment={"PERL_HASH_SEED": "0"}),
        Task("git", "real", ["git", "-C", given("repository"), "pack-objects", "--all", "--stdout", "-q",
                             "--no-reuse-delta", "--no-reuse-object", "--threads=2"], "packing a history",
             ["git", "--version"], environment=git),
        Task("node", "real", ["node", script("node.js"), "%g" % scale], "buffers, zlib, compiling",
             ["node", "--version"]),
        Task("node-threads", "real", ["node", script("node_threads.js"), "%g" % scale], "four of these in threads",
             ["node", "--version"]),
        Task("java", "real", ["java", "-XX:-UsePerfData", "-Xmx256m", script("Threads.java"), "%g" % scale],
             "compiling; eight threads", ["java", "--version"]),
    )
    here = [task for task in table if all(shutil.which(program) for program in task.programs)]
    return here, [task.name for task in table if task not in here]
