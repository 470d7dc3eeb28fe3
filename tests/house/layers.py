"""Folders are layers: a file includes files of its own folder and of those below it, and no other.

src/ has one order and tools/ another. halloc.c brings in the folders of src/ from the lowest to the highest. No folder
has more than a dozen modules.
"""
import os
import re
import sys

# From the lowest to the highest; "top" is src/ or tools/ itself. Of tools/: what all need; the .htrace file; what
# several commands share; the commands. A layer is a folder with all below it, except those that are layers of their own.
LAYERS = {
    "src": "base platform engine classic region slab sample thread harden limit process observe top".split(),
    "tools": """base trace/format trace/read trace/footer trace/write trace/symbol
        generate tour replay live snapshot map lab run profile
        trace convert stat diff explain why top metrics symbolize papers play capture replayer top""".split(),
}
MODULES_MOST = 12
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]*)"')

wrong = []


def level_of(path):
    """src/engine/fit/best.c -> 2; None: its folder is no layer."""
    root, _, folder = os.path.dirname(path).partition("/")
    folder = folder or "top"
    while folder and folder not in LAYERS[root]:
        folder = os.path.dirname(folder)
    return LAYERS[root].index(folder) if folder else None


def is_open_to_tools(file, included):
    """What a file of tools/ may include of src/: the classic heap's own parts, and the counters that a report reads.
    One file is a second copy of all of it; and tools/live/ reads all structures in other processes."""
    return (included in ("src/classic/heap.h", "src/base/counters.h")
            or (file, included) == ("tools/replay/twin/twin.c", "halloc.c")
            or (file.startswith("tools/live/") and included.startswith("src/")))


def included_by(file):
    """Line, words and path of each include."""
    for number, line in enumerate(open(file), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1], os.path.normpath(os.path.join(os.path.dirname(file), match[1]))


def check_file(file):
    root, level = file.split("/")[0], level_of(file)
    if level is None:
        wrong.append("%s: its folder is no layer of tests/house/layers.py" % file)
        return
    for number, words, path in included_by(file):
        where = "%s:%d: " % (file, number)
        if not os.path.exists(path):
            wrong.append(where + "no such file: " + words)
        elif path == "halloc.h" or (root == "tools" and is_open_to_tools(file, path)):
            continue
        elif path.split("/")[0] != root:
            wrong.append(where + "%s is not of %s/" % (words, root))
        elif (level_of(path) or 0) > level:
            wrong.append(where + "%s includes %s, which stands above it" % (LAYERS[root][level], path))


def check_single_file(sources):
    highest, order = 0, LAYERS["src"]
    brought = [path for _, _, path in included_by("halloc.c") if path.startswith("src/")]
    for path in brought:
        level = level_of(path)
        if level < highest:
            wrong.append("halloc.c: %s of %s comes after %s" % (path, order[level], order[highest]))
        highest = max(highest, level)
    for path in sorted(set(sources) - set(brought) - {"src/interpose.c"}):  # that one is in libhalloc.so alone
        wrong.append("halloc.c: does not include " + path)


def main():
    seen = []
    for root in LAYERS:
        for folder, _, names in os.walk(root):
            files = [os.path.join(folder, name) for name in sorted(names) if name.endswith((".c", ".h"))]
            modules = len({file[:-2] for file in files})
            if modules > MODULES_MOST:
                wrong.append("%s: %d modules: it is two rooms" % (folder, modules))
            seen += files
    for file in seen:
        check_file(file)
    check_single_file([file for file in seen if file.startswith("src/") and file.endswith(".c")])
    if len(seen) < 20:
        wrong.append("only %d files were found: look at this test" % len(seen))
    print("\n".join(wrong) or "the layers of %d files" % len(seen))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
