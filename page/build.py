"""Makes the playground: one HTML file with the engine of src/ inside, as WebAssembly.

    page/build.py OUTPUT.html TRACE_CALLS ENGINE.wasm

The steps:

    src/engine/*.c, fit/*.c, src/classic/heap.c, page/wasm/page_heap.c
        -> clang, for 64-bit WebAssembly, so that every record has its layout of Linux
        -> a call of page_line before each source line of the policies and of the engine (mark_lines)
        -> wasm-ld -> wasm-opt, which lowers it to the 32-bit addresses that every browser has
        -> base64, into page.html, with the scripts, the style, the policies' sources and three traces

TRACE_CALLS prints the calls of a trace (page/trace_calls.c). It printed page/ls.calls, too, for chapter 0.

Beside the page, chapters/N.html leads to the question of chapter N: no program that opens a file keeps what is behind
a #, and every browser follows a page that leads on.
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
SCRIPTS = ["heap", "calls", "score", "tokens", "language", "translate", "policy", "story", "draw", "check",
           "own", "picture", "quiz", "chapters", "share", "panel", "program", "page"]
TRACES = {"git": 150_000, "sqlite3": 150_000, "python3": 20_000}  # at most so many of its first calls
LARGEST_PAGE = 500_000

CLANG = ["--target=wasm64-unknown-unknown", "-mbulk-memory", "-std=gnu17", "-ffreestanding", "-fno-builtin",
         "-fvisibility=hidden", "-D__linux__", "-Wall", "-Wextra", f"-I{root}/examples/embedded/include"]


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
        call(optimizer, "--enable-memory64", "--enable-bulk-memory", "--memory64-lowering", "-O4", whole, "-o", output)


def packed(data):
    return base64.b64encode(gzip.compress(data, 9, mtime=0)).decode()


def sources():
    """Each policy's code, without its opening comment, with the numbers of its lines in the file."""
    found = {}
    for name in POLICIES:
        text = (fit / f"{name}.c").read_text()
        skipped = text[:text.index("*/")].count("\n") + 2
        lines = list(enumerate(text.rstrip("\n").split("\n")[skipped:], skipped + 1))
        found[name] = {"file": f"src/engine/fit/{name}.c", "lines": lines,
                       "summary": re.search(r'\.summary = "([^"]*)"', text)[1]}
    return found


def marks():
    """Lines of the engine at which a block was just cut, merged, or is about to be added."""
    kinds = {"engine->splits++;": "split", "engine->merges++;": "merge", "engine_extend(engine, old_top);": "grow"}
    lines = (root / "src/engine/block.c").read_text().split("\n")
    return {number: kinds[line.strip()] for number, line in enumerate(lines, 1) if line.strip() in kinds}


def trace(trace_calls, name, most):
    path = root / f"traces/{name}.htrace"
    words = re.search(rf"^\| `{name}` .*\| (.*) \|$", (root / "traces/README.md").read_text(), re.M)[1]
    calls = call(trace_calls, path).splitlines(keepends=True)
    facts = {"words": f"{words[0].upper()}{words[1:]}.".replace("`", ""), "calls": min(len(calls), most),
             "of": len(calls), "whole": len(calls) <= most}
    return facts, packed("".join(calls[:most]).encode())


def questions():
    """What each chapter asks under "Predict first", as plain text, by the chapter's number."""
    found = {}
    for chapter in sorted((root / "docs").glob("[0-9][0-9]-*.md")):
        part = chapter.read_text().split("## Predict first\n")[1].split("\n## ")[0]
        asked = re.findall(r"^\d\. +(.*(?:\n +\S.*)*)", part, re.M)
        found[int(chapter.name[:2])] = [re.sub(r"[`*]", "", " ".join(text.split())) for text in asked]
    return found


def chapters():
    """The chapters with a question that the page shows."""
    return re.findall(r"chapter: (\d+)", (page / "chapters.js").read_text())


def whole(engine, trace_calls):
    sections = [("engine", packed(engine)), ("sources", json.dumps(sources())), ("marks", json.dumps(marks())),
                ("questions", json.dumps({number: questions()[int(number)] for number in chapters()}))]
    ls = (page / "ls.calls").read_text()
    facts = {"ls": {"words": "Lists a folder of the source: ls src.", "calls": ls.count("\n"), "of": ls.count("\n"), "whole": True}}
    sections.append(("trace-ls", packed(ls.encode())))
    for name, most in TRACES.items():
        facts[name], calls = trace(trace_calls, name, most)
        sections.append((f"trace-{name}", calls))
    sections.append(("traces", json.dumps(facts)))
    text = "\n".join(f'<script type="text/plain" id="{name}">{body.replace("<", chr(92) + "u003c")}</script>'
                     for name, body in sections)
    html = (page / "page.html").read_text()
    scripts = "\n".join((page / f"{name}.js").read_text() for name in SCRIPTS)
    for marker, part in (("/* STYLE */", (page / "page.css").read_text()), ("<!-- DATA -->", text), ("/* SCRIPT */", scripts)):
        before, after = html.split(marker)
        html = before + part + after
    return html


def main():
    output, trace_calls, engine = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    compile_engine(engine)
    html = whole(engine.read_bytes(), trace_calls)
    if len(html.encode()) > LARGEST_PAGE:
        sys.exit(f"page: {len(html.encode())} bytes; at most {LARGEST_PAGE} are allowed")
    (output.parent / "chapters").mkdir(exist_ok=True)
    for number in chapters():
        address = f"../{output.name}#chapter={number}"
        (output.parent / f"chapters/{number}.html").write_text(
            f'<!doctype html><meta charset="utf-8"><title>Chapter {number}</title>'
            f'<meta http-equiv="refresh" content="0; url={address}"><a href="{address}">Chapter {number}</a>\n')
    part = output.with_suffix(".part")
    part.write_text(html)
    part.rename(output)
    print(f"{os.path.relpath(output)}: {len(html.encode()):,} bytes")


if __name__ == "__main__":
    main()
