"""Compiles the workloads and helpers, each when its source is newer."""
import glob
import os
import shutil
import subprocess

from . import places

# -fno-builtin: else the compiler knows malloc, and leaves out calls whose result is not needed.
C_FLAGS = ["-std=gnu17", "-O2", "-g", "-fno-builtin", "-Wall", "-Wextra", "-pthread"]
CXX_FLAGS = ["-std=c++20", "-O2", "-g", "-fno-builtin", "-Wall", "-Wextra"]


class BuildError(Exception):
    pass


def compiled(target, sources, command):
    """Compiles `sources` to `target` unless it is up to date. Headers beside a source count as sources."""
    inputs = list(sources)
    for source in sources:
        inputs += glob.glob(os.path.join(os.path.dirname(source), "*.h"))
    if os.path.exists(target) and os.path.getmtime(target) > max(os.path.getmtime(i) for i in inputs):
        return target
    done = subprocess.run(command + ["-o", target] + list(sources), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise BuildError("%s does not compile:\n%s" % (" ".join(sources), done.stdout))
    return target


def workload(output, name):
    source = os.path.join(places.WORKLOADS, name + ".c")
    return compiled(os.path.join(output.programs, name), [source], ["gcc"] + C_FLAGS)


def measurer(output):
    source = os.path.join(places.BENCH, "measure.c")
    return compiled(os.path.join(output.programs, "measure"), [source], ["gcc", "-O2", "-static"])


def pairs(output):
    """The programs whose instructions are counted: {kind: argv beginning}. No C++ compiler: without new."""
    source = os.path.join(places.COUNTING, "pair.c")
    pair = compiled(os.path.join(output.programs, "pair"), [source], ["gcc"] + C_FLAGS)
    found = {"malloc": [pair, "malloc"], "nothing": [pair, "nothing"]}
    if shutil.which("g++"):
        source = os.path.join(places.COUNTING, "pair_new.cpp")
        pair_new = compiled(os.path.join(output.programs, "pair_new"), [source], ["g++"] + CXX_FLAGS)
        found.update({"new": [pair_new, "new"], "sized": [pair_new, "sized"]})
    return found


def nothing(output):
    """A program that does nothing, and an empty library to preload."""
    source = os.path.join(places.COUNTING, "nothing.c")
    return (compiled(os.path.join(output.programs, "nothing"), [source], ["gcc", "-O2", "-DPROGRAM"]),
            compiled(os.path.join(output.programs, "nothing.so"), [source], ["gcc", "-O2", "-shared", "-fPIC"]))
