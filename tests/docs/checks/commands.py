"""A page that is no chapter: its commands do what it says.

    ```console          its commands run, as a chapter's do
    ```console java     the same where there is such a program; else they are left out, and that is said
    ```c app.c          this is app.c, in the scratch folder that the commands run in
"""
import shutil

from . import chapter, console, scratch


def complaints(place, path):
    if not path.is_file():
        return [f"no page {path}"], ""
    checker = chapter.Checker(place, path)
    page, steps, missing = checker.page, [], []
    if page.unclosed:
        checker.complain(page.unclosed, "a fence that does not end")
    with scratch.Scratch(place) as work:
        for fence in page.fences:
            if fence.language != "console":
                if fence.path:
                    (work.folder / fence.path).write_text("\n".join(fence.lines) + "\n")
            elif fence.path and not shutil.which(fence.path):
                missing.append(fence.path)
            else:
                more, faults = console.steps_of(fence)
                steps += more
                for line, what in faults:
                    checker.complain(line, what)
        if not steps:
            checker.complain(0, "no commands")
        for step, (output, status) in zip(steps, work.run([step.command for step in steps])):
            checker.step(page, step, output, status)
    without = f", without {' '.join(missing)}" if missing else ""
    return checker.found, f"{path.name}: {len(steps)} commands{without}"
