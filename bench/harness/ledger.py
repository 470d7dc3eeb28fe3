"""The scaling ledger: what each thousand operations cost that other processors feel.

A counting build (counting/ledger.c) of the library and of some workloads runs with 2 to 64 threads, on however
few processors. It says where atomic read-modify-writes happen, how many locks are taken and found taken, and how
many cache lines move between threads, by a model of caches: what a machine with a processor for each thread
would have to do. Lines that move because the program itself touches its objects are counted apart.
"""
import collections
import json
import os
import subprocess

from . import build, measure, places, table

WORKLOADS = (("producer-consumer", "producer_consumer", "256"), ("server", "server", ""),
             ("thread-churn", "thread_churn", ""), ("sessions-small", "sessions", "small"),
             ("worker-pool", "worker_pool", ""))
THREADS = (2, 4, 8, 16, 32, 64)
SCALE = 0.02
WHERE_SHOWN = 8  # places a workload
COLUMNS = ("atomics", "locks", "waits", "handed_over", "claimed", "program")

# Instrumented, and nothing inlined, so that each place has the name of its own function. The library must
# not take the build for one under ThreadSanitizer, which would leave malloc to libc.
COUNTED = ["-std=gnu17", "-O1", "-g", "-fno-inline", "-fno-builtin", "-pthread", "-fsanitize=thread",
           "-U__SANITIZE_THREAD__", "-Wno-tsan"]


def compiled(output, name, command):
    target = output.path("programs", name)
    done = subprocess.run(command + ["-o", target], capture_output=True, text=True, cwd=places.ROOT)
    if done.returncode:
        raise build.BuildError("%s does not compile:\n%s" % (name, done.stderr))
    return target


def build_all(output):
    """{workload name: program}, each linked to the counting library."""
    flags = ["-DHALLOC_LIBRARY", "-fvisibility=hidden", "-fPIC"]
    core = compiled(output, "ledger-core.o", ["gcc"] + COUNTED + flags + ["-c", "halloc.c"])
    heard = compiled(output, "ledger.o", ["gcc", "-O2", "-g", "-fPIC", "-c",
                                          os.path.join(places.COUNTING, "ledger.c")])
    library = compiled(output, "libhalloc-ledger.so", ["gcc", "-shared", "-pthread", core, heard, "-ldl"])
    programs = {}
    for name, source, _ in WORKLOADS:
        path = os.path.join(places.WORKLOADS, source + ".c")
        objects = compiled(output, "ledger-%s.o" % name, ["gcc"] + COUNTED + ["-c", path])
        programs[name] = compiled(output, "ledger-" + name, ["gcc", "-pthread", objects, library, "-Wl,-rpath,$ORIGIN"])
    return programs


def names_of(image, addresses):
    """The functions that addresses in an image lie in. One less: a return address is after its call."""
    asked = "\n".join(hex(address - 1) for address in addresses)
    done = subprocess.run(["addr2line", "-f", "-e", image], input=asked, capture_output=True, text=True)
    return dict(zip(addresses, done.stdout.split("\n")[::2]))


def run(program, threads, variant, scale, folder):
    """([(is the library's, function, reads, writes, atomics, handed over, claimed)], operations)"""
    log = os.path.join(folder, "ledger.txt")
    done = subprocess.run([program, "%g" % scale, str(threads), variant], capture_output=True, text=True,
                          env=dict(measure.clean_environment(), LEDGER=log), timeout=600)
    if done.returncode:
        raise ValueError("%s on the counting build: exit status %d: %s" % (program, done.returncode, done.stderr))
    by_image = collections.defaultdict(list)
    with open(log) as file:
        for line in file:
            image, address, *counts = line.rsplit(" ", 6)
            by_image[image].append((int(address, 16), [int(c) for c in counts]))
    places_found = []
    for image, found in by_image.items():
        names = names_of(image, [address for address, _ in found])
        ours = "libhalloc-ledger" in image
        places_found += [[ours, names[address]] + counts for address, counts in found]
    return places_found, dict(measure.FIGURE.findall(done.stdout))["operations"]


def entry(places_found, operations):
    """Per thousand operations. A lock is taken once a call of lock_acquire; found taken, if that had to wait."""
    thousand = float(operations) / 1000
    library = [place for place in places_found if place[0]]
    total = lambda field, *functions: sum(p[field] for p in library if not functions or p[1] in functions) / thousand
    where = collections.Counter()
    atomics = collections.Counter()
    for _, function, _, _, atomic, moved, _ in library:
        where[function] += moved / thousand
        atomics[function] += atomic / thousand
    # try_acquire is one atomic, from lock_acquire or from acquire_contended; releasing is one in set_free.
    released = total(4, "set_free")
    return {"atomics": total(4), "locks": released, "waits": max(0.0, total(4, "try_acquire") - released) +
            total(4, "acquire_contended"), "handed_over": total(5), "claimed": total(6),
            "program": sum(p[5] for p in places_found if not p[0]) / thousand,
            "where": where.most_common(WHERE_SHOWN), "atomics_where": atomics.most_common(WHERE_SHOWN)}


def page(found):
    lines = ["# The scaling ledger", "",
             "Figures are per thousand operations. An operation is a malloc or a free. A model of caches gives each "
             "thread a processor of its own.", "",
             "- *Locks found taken*: how often a thread tried again, or waited, because another held the lock.",
             "- *Lines handed over*: a thread needed a cache line, and another processor had it.",
             "- *Lines claimed*: a thread wrote to a line that it had, and other processors had to drop theirs.",
             "- *The program's own*: lines handed over because the program touched its own objects and channels. All "
             "other columns are of the library.", ""]
    for name, by_threads in found.items():
        lines += ["## " + name, ""]
        lines += table.table(["threads", "atomic read-modify-writes", "locks taken", "locks found taken",
                              "lines handed over", "lines claimed", "the program's own"],
                             [[threads] + ["%.1f" % e[key] for key in COLUMNS] for threads, e in by_threads.items()])
        most = by_threads[max(by_threads)]
        for key, what in (("where", "lines handed over"), ("atomics_where", "atomics")):
            words = ", ".join("`%s` %.1f" % (function, value) for function, value in most[key] if value >= 0.05)
            lines += ["With %d threads, these functions have the most %s: %s." % (
                max(by_threads), what, words or "none"), ""]
    return "\n".join(lines).rstrip() + "\n"


def main(options, output):
    programs, found = build_all(output), {}
    for name, _, variant in WORKLOADS:
        if options.only and not any(name.startswith(start) for start in options.only):
            continue
        for threads in (2,) if options.smoke else THREADS:
            places_found, operations = run(programs[name], threads, variant, SCALE, output.folder)
            found.setdefault(name, {})[threads] = entry(places_found, operations)
    output.write("ledger.json", json.dumps(found, indent=1) + "\n")
    text = page(found)
    print(text)
    print("Written: %s, ledger.json" % output.write("ledger.md", text))
    return 0
