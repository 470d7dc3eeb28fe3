"""Makes the playground: one HTML file with the engine of src/ inside, as WebAssembly.

    page/build.py OUTPUT.html TRACE_CALLS [--engine ENGINE.wasm]

The steps:

    src/engine/*.c, fit/*.c, src/classic/heap.c, page/wasm/page_heap.c
        -> clang, for 64-bit WebAssembly, so that every record has its layout of Linux
        -> a call of page_line before each source line of the policies and of the engine (mark_lines)
        -> wasm-ld -> wasm-opt, which lowers it to the 32-bit addresses that every browser has
        -> base64, into page.html, with the scripts, the style, the policies' sources and three traces

TRACE_CALLS prints the calls of a trace (page/trace_calls.c).
"""
import base64
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

page = pathlib.Path(__file__).resolve().parent
root = page.parent
fit = root / "src/engine/fit"

POLICIES = ["bump", "first", "next", "best", "worst", "segregated", "buddy", "tlsf"]
WATCHED = [fit / f"{name}.c" for name in POLICIES] + [root / "src/engine/block.c"]
PLAIN = [root / "src/engine/fit.c", root / "src/engine/block_check.c", root / "src/classic/heap.c",
         page / "wasm/page_heap.c"]
SCRIPTS = ["heap", "calls", "language", "policy", "story", "draw", "score", "check", "quiz", "share", "page"]
TRACES = {"git": 6000, "lua": 6000, "python3": 6000}  # how many of its first calls are in the page
LARGEST_PAGE = 500_000

CLANG = ["--target=wasm64-unknown-unknown", "-mbulk-memory", "-std=gnu17", "-ffreestanding", "-fno-builtin",
         "-fvisibility=hidden", "-D__linux__", "-Wall", "-Wextra", f"-I{page}/wasm/include"]


def tool(*names):
    for name in names:
        if shutil.which(name):
            return name
    sys.exit(f"page: {names[-1]} is missing: tools/install-packages.sh page")


def call(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"page: {' '.join(map(str, words))}\n{done.stderr}")
    return done.stdout


def mark_lines(text, number, source):
    """Calls page_line(1000 * number + line) in LLVM's text, wherever another line of `source` begins to run."""
    line_of = {place: int(line) for place, line in re.findall(r"^(![0-9]+) = !DILocation\(line: ([0-9]+)", text, re.M)}
    files = re.findall(r'^(![0-9]+) = !DIFile\(filename: "[^"]*/([^"/]*)"', text, re.M)
    own_files = {place for place, name in files if name == source.name}
    functions = re.findall(r"^(![0-9]+) = distinct !DISubprogram\(.*?file: (![0-9]+)", text, re.M)
    own = {place for place, file in functions if file in own_files}
    marked, last, inside = [], None, False
    for line in text.split("\n"):
        place = re.search(r" !dbg (![0-9]+)( \{)?$", line)
        if line.startswith("define "):
            inside = place and place[1] in own
        if not line.startswith("  "):
            last = None  # another basic block
        at = line_of.get(place[1]) if place and inside else None
        fixed = " = phi " in line or "@llvm.dbg" in line or " = alloca " in line
        if at and at != last and not fixed:
            marked.append(f"  call void @page_line(i32 {1000 * number + at}), !dbg {place[1]}")
            last = at
        marked.append(line)
    return "\n".join(marked) + "\ndeclare void @page_line(i32)\n"


def compile_engine(output):
    clang, linker, optimizer = tool("clang-14", "clang"), tool("wasm-ld-14", "wasm-ld"), tool("wasm-opt")
    with tempfile.TemporaryDirectory() as folder:
        work, objects = pathlib.Path(folder), []
        for number, source in enumerate(WATCHED):
            lines, objects = work / f"{source.stem}.ll", objects + [work / f"{source.stem}.o"]
            call(clang, *CLANG, "-O0", "-Xclang", "-disable-O0-optnone", "-g", "-S", "-emit-llvm",
                 "-include", page / "wasm/overheard.h", source, "-o", lines)
            lines.write_text(mark_lines(lines.read_text(), number, source))
            call(clang, "--target=wasm64-unknown-unknown", "-mbulk-memory", "-O2", "-g0", "-c", lines, "-o", objects[-1])
        for source in PLAIN:
            objects.append(work / f"{source.stem}.o")
            call(clang, *CLANG, "-O2", "-c", source, "-o", objects[-1])
        whole = work / "whole.wasm"
        call(linker, "-mwasm64", "--no-entry", "--gc-sections", "--strip-all", *objects, "-o", whole)
        call(optimizer, "--enable-memory64", "--enable-bulk-memory", "--memory64-lowering", "-Oz", whole, "-o", output)


def packed(data):
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def main():
    output, trace_calls = sys.argv[1:3]
    if output.endswith(".wasm"):
        compile_engine(output)
        return


if __name__ == "__main__":
    main()
