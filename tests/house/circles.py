"""Which files call each other in a circle: in src/, in each program of tools/, and in bench/harness.

An object's symbol table says what its file needs and what it defines. The objects of tools/ are those of the build.
The files of src/ are built as one file, so here each is compiled by itself, without optimisation. Python's imports
are read from its syntax tree.

A test that finds nothing might see nothing. So a circle is planted in each of the graphs, and must be found.
"""
import ast
import concurrent.futures
import json
import os
import shlex
import subprocess
import sys
import tempfile

SRC_FLAGS = "-std=gnu17 -w -fPIC -fvisibility=hidden -DHALLOC_LIBRARY".split()
PROGRAMS = ("halloc_command", "halloc_recorder", "halloc_replayer")


def circles(calls):
    """The strongly connected components of more than one file, of {file: {file: symbol}} (Tarjan 1972)."""
    number, lowest, waiting, found = {}, {}, [], []

    def visit(file):
        number[file] = lowest[file] = len(number)
        waiting.append(file)
        for called in sorted(calls.get(file, ())):
            if called not in number:
                visit(called)
            if called in waiting:
                lowest[file] = min(lowest[file], lowest[called])
        if lowest[file] == number[file]:
            at = waiting.index(file)
            component, waiting[at:] = waiting[at:], []
            if len(component) > 1:
                found.append(sorted(component))

    for file in sorted(calls):
        if file not in number:
            visit(file)
    return found


# --- C ------------------------------------------------------------------------------------------------------------

def commands_of_src():
    for folder, _, files in os.walk("src"):
        for file in files:
            if file.endswith(".c"):
                yield os.path.join(folder, file), ["gcc"] + SRC_FLAGS, None


def commands_of(program, build):
    """The program's files, each with the build's own flags and its object."""
    root = os.getcwd()
    with open(os.path.join(build, "compile_commands.json")) as database:
        for entry in json.load(database):
            words = shlex.split(entry["command"])
            file = os.path.relpath(entry["file"], root)
            if "/%s.dir/" % program in entry["command"] and file.startswith("tools/"):
                built = words[words.index("-o") + 1]
                yield file, words[:words.index("-o")], os.path.join(entry["directory"], built)


def symbols(job):
    """(file, what it needs: a set, what it defines: a set). `planted`: a symbol that it shall need besides."""
    file, command, built, output, planted = job
    if not built:
        text = open(file).read()
        if planted:
            text += '\n__asm__(".pushsection .data\\n.quad %s\\n.popsection");\n' % planted
        compiled = subprocess.run(command + ["-w", "-O0", "-c", "-x", "c", "-", "-o", output], input=text, text=True,
                                  cwd=os.path.dirname(file), capture_output=True)
        if compiled.returncode:
            sys.exit("%s does not compile by itself:\n%s" % (file, compiled.stderr))
    needed, defined = set(), set()
    for line in subprocess.check_output(["nm", "-P", "-g", built or output], text=True).splitlines():
        name, kind = line.split()[:2]
        (needed if kind == "U" else defined).add(name)
    return file, needed, defined


def graph(table):
    owner = {name: file for file, _, defined in table for name in defined}
    calls = {}
    for file, needed, _ in table:
        calls[file] = {}
        for name in sorted(needed):
            if owner.get(name, file) != file:
                calls[file].setdefault(owner[name], name)
    return calls


def look_at_c(commands, scratch, pool):
    """The graph of the calls, and the same with a circle planted in it."""
    jobs = [(file, command, built, os.path.join(scratch, "%d.o" % index), None)
            for index, (file, command, built) in enumerate(sorted(commands))]
    table = list(pool.map(symbols, jobs))
    calls = graph(table)
    defined = {file: sorted(names) for file, _, names in table}
    caller, called = next((a, b) for a in sorted(calls) for b in sorted(calls[a]) if defined[a])
    planted = [symbols(job[:2] + (None, job[3], defined[caller][0])) if job[0] == called else row
               for job, row in zip(jobs, table)]
    return calls, graph(planted), (caller, called)


# --- Python -------------------------------------------------------------------------------------------------------

def imports(path, text, modules):
    """{file: name} of the modules of the same folder that it imports, anywhere in it."""
    found = {}
    for node in ast.walk(ast.parse(text, path)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:  # "from . import a, b", "from .a import f"
            for name in [node.module] if node.module else [name.name for name in node.names]:
                if modules.get(name, path) != path:
                    found[modules[name]] = name
    return found


def look_at_python(folder):
    modules = {name[:-3]: os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".py")}
    texts = {path: open(path).read() for path in modules.values()}
    calls = {path: imports(path, text, modules) for path, text in texts.items()}
    caller, called = next((a, b) for a in sorted(calls) for b in sorted(calls[a]))
    texts[called] += "\nfrom . import %s\n" % os.path.basename(caller)[:-3]
    return calls, {path: imports(path, text, modules) for path, text in texts.items()}, (caller, called)


# --- All of them --------------------------------------------------------------------------------------------------

def tell(what, calls, planted, pair):
    """Prints what is wrong. True: nothing is."""
    found = circles(calls)
    for component in found:
        print("%s: a circle of %d files:" % (what, len(component)))
        for file in component:
            for called in sorted(set(component) & set(calls[file])):
                print("    %s calls %s: %s" % (file, called, calls[file][called]))
    seen = any(set(pair) <= set(component) for component in circles(planted))
    if not seen:
        print("%s: a planted circle of %s and %s is not found: look at this test" % ((what,) + pair))
    if not found and seen:
        print("%s: %d files, %d calls between them" % (what, len(calls), sum(map(len, calls.values()))))
    return not found and seen


def main(build):
    good = True
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        good &= tell("src", *look_at_c(commands_of_src(), scratch, pool))
        for program in PROGRAMS:
            good &= tell(program, *look_at_c(commands_of(program, build), scratch, pool))
    good &= tell("bench/harness", *look_at_python("bench/harness"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
