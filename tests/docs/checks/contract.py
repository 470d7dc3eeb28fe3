"""The contract of an exercise: as it ships it fails, and its answer passes.

`halloc lab check FILE.c` is the contract; where that asks the wrong thing, exercises/NN-NAME.sh beside the
exercise is: it is run by bash with a file to judge, and exits 0 or 1.
"""
import shutil
import subprocess

from . import chapter, scratch

WARNINGS = ["-std=gnu17", "-O1", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]


def complaints(place, chapters):
    found, count = [], 0
    docs = place.root / "docs"
    for path in chapters:
        number = path.name[:2]
        if path.name[2] != "-":
            continue  # it goes on with the chapter before, and has no exercise
        exercises = sorted((docs / "exercises").glob(f"{number}-*.c"))
        if not exercises:
            found.append(f"{path.name}: no exercise, docs/exercises/{number}-NAME.c")
        if not sorted((docs / "answers").glob(f"{number}-*.md")):
            found.append(f"{path.name}: no answers, docs/answers/{number}-NAME.md")
        for exercise in exercises:
            count += 1
            found += one(place, exercise, docs / "answers" / exercise.name)
    every = chapter.all_chapters(place.root)
    if len(chapters) == len(every):
        found += strays(docs, {path.name[:2] for path in every})
    return found, f"{count} exercises fail as they should, and their answers pass"


def strays(docs, numbers):
    found = []
    for folder in ("exercises", "answers", "pictures"):
        for file in sorted((docs / folder).glob("*")):
            if file.name[:2] not in numbers and file.name != "judge.sh":  # what contracts share
                found.append(f"docs/{folder}/{file.name} belongs to no chapter")
    for answer in sorted((docs / "answers").glob("*.c")):
        if not (docs / "exercises" / answer.name).exists():
            found.append(f"docs/answers/{answer.name} answers no exercise")
    return found


def one(place, exercise, answer):
    if not answer.exists():
        return [f"{exercise.name}: no answer, docs/answers/{exercise.name}"]
    found = form(place.root, exercise) + form(place.root, answer)
    for file, folder, wanted in ((exercise, "exercises", 1), (answer, "answers", 0)):
        judge = exercise.with_suffix(".sh")
        command = f"bash exercises/{judge.name}" if judge.exists() else "halloc lab check"
        command += f" {folder}/{file.name}"
        with scratch.Scratch(place) as work:
            output, status = work.run([command])[0]
        if status != wanted:
            tail = "".join(f"\n    {line}" for line in output.splitlines()[-6:])
            found.append(f"{command}\n    exit status {status}, not {wanted}{tail}")
    return found


def form(root, file):
    """It compiles without a warning, and is written as clang-format writes it."""
    found = []
    name = f"docs/{file.parent.name}/{file.name}"
    run = subprocess.run(["gcc", *WARNINGS, "-I", str(root), str(file)], capture_output=True, text=True)
    if run.returncode:
        found.append(f"{name} does not compile:\n{run.stderr.rstrip()}")
    formatter = shutil.which("clang-format-14") or shutil.which("clang-format")
    if formatter and (root / ".clang-format").exists():
        run = subprocess.run([formatter, f"--style=file:{root}/.clang-format", str(file)], capture_output=True, text=True)
        if run.returncode == 0 and run.stdout != file.read_text():
            found.append(f"{name}: not as clang-format writes it")
    return found
