"""One chapter: its form, its excerpts, its commands, its pictures."""
import re

from . import console, excerpt, page, scratch

NAME = re.compile(r"^(\d\db?)-[a-z0-9-]+\.md$")
LINES = range(60, 151)
PICTURE_BYTES = 150 * 1024
# One word a thing: these are others' names for region, block, slab. In quotes or `code` they may stand.
BANNED = re.compile(r"\bchunks?\b|\barenas?\b|\bspans?\b|\bfragments?\b", re.I)
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|\*[^*]+\*")


def all_chapters(root):
    return sorted(path for path in (root / "docs").glob("[0-9][0-9]*-*.md"))


class Checker:
    def __init__(self, place, path):
        self.place = place
        self.path = path
        self.page = page.Page(path)
        self.number = path.name.split("-")[0]
        self.is_second = self.number.endswith("b")  # a chapter that goes on with the one before
        self.found = []
        # The answers' commands run after the chapter's, in the same folder.
        answers = sorted((path.parent / "answers").glob(f"{self.number}-*.md"))
        self.pages = [self.page, *(page.Page(answer) for answer in answers)]

    def complain(self, line, what, where=None):
        name = (where or self.page).path.name
        if where and where is not self.page:
            name = f"answers/{name}"
        self.found.append(f"{name}:{line}: {what}" if line else f"{name}: {what}")

    # --- Form ---------------------------------------------------------------------------------------

    def form(self):
        lines = self.page.lines
        if not NAME.match(self.path.name):
            self.complain(0, "a chapter's name is two digits, perhaps a b, a hyphen, small letters")
        if len(lines) not in LINES:
            self.complain(0, f"{len(lines)} lines: a chapter has {LINES.start} to {LINES.stop - 1}")
        if self.page.unclosed:
            self.complain(self.page.unclosed, "a fence that does not end")
        text = "\n".join(line for _, line in self.page.prose)
        if not lines or not re.match(r"^# \S", lines[0]):
            self.complain(1, "a chapter begins with its title: # ...")
        if not re.search(r"predict first", text, re.I):
            self.complain(0, "no question to predict first")
        if not re.search(rf"\]\(answers/{self.number}-[a-z0-9-]+\.md", text):
            self.complain(0, f"no link to answers/{self.number}-....md")
        if not self.is_second and f"exercises/{self.number}-" not in "\n".join(lines):
            self.complain(0, f"no exercise: nothing names exercises/{self.number}-...")
        self.words()
        self.foot()

    def words(self):
        for number, line in self.page.prose:
            match = BANNED.search(QUOTED.sub(" ", line))
            if match:
                self.complain(number, f"'{match[0]}' is not a word of ours")

    def foot(self):
        """The last line leads to the chapters before and after."""
        last = next((line for line in reversed(self.page.lines) if line.strip()), "")
        linked = re.findall(r"\]\((\d\d)-[a-z0-9-]+\.md\)", last)
        number = int(self.number[:2])
        wanted = [f"{n:02}" for n in (number - (not self.is_second), number + 1) if 0 <= n <= 14]
        if linked != wanted:
            self.complain(len(self.page.lines), f"the last line links to chapters {wanted}, in this order")

    # --- Excerpts -----------------------------------------------------------------------------------

    def excerpts(self):
        count = 0
        for part in self.pages:
            for fence in part.fences:
                if fence.path:
                    count += 1
                    self.excerpt(part, fence)
        if not any(fence.path for fence in self.page.fences):
            self.complain(0, "no excerpt: where in the source does the idea live?")
        return count

    def excerpt(self, part, fence):
        source = self.place.root / fence.path
        if not source.is_file():
            self.complain(fence.line - 1, f"no file {fence.path}", part)
            return
        line = excerpt.difference(fence.lines, source.read_text().splitlines())
        if line is not None:
            self.complain(fence.line - 1, f"not so in {fence.path}, from this line on: {line}", part)

    # --- Commands and pictures ------------------------------------------------------------------------

    def commands(self, update_pictures):
        steps = []
        for part in self.pages:
            for fence in part.fences:
                if fence.language == "console":
                    more, complaints = console.steps_of(fence)
                    steps += [(part, step) for step in more]
                    for line, what in complaints:
                        self.complain(line, what, part)
        with scratch.Scratch(self.place) as work:
            results = work.run([step.command for _, step in steps])
            for (part, step), (output, status) in zip(steps, results):
                self.step(part, step, output, status)
            pictures = self.pictures(work.folder, update_pictures)
        return len(steps), pictures

    def step(self, part, step, output, status):
        if status is None:
            self.complain(step.line, f"did not come to an end, and nothing after it ran: {step.command}", part)
            return
        different = console.difference(step.output, output.splitlines()) if step.output else None
        if different:
            self.complain(step.line, f"{step.command}\n    wanted: {different[0]}\n    got:    {different[1]}", part)
        if status != step.status:
            tail = "" if different else "".join(f"\n    {line}" for line in output.splitlines()[-3:])
            self.complain(step.line, f"{step.command}\n    exit status {status}, not {step.status}{tail}", part)

    def pictures(self, folder, update):
        home = self.path.parent / "pictures"
        shown = {}
        for line, is_picture, target in self.page.links():
            if is_picture:
                shown[target] = line
        drawn = {file.name: file for file in sorted(folder.glob(f"{self.number}-*.svg"))}
        for target, line in shown.items():
            name = target.removeprefix("pictures/")
            if target != f"pictures/{name}" or not name.startswith(f"{self.number}-"):
                self.complain(line, f"{target}: a picture here is pictures/{self.number}-NAME.svg")
            elif name not in drawn:
                self.complain(line, f"no command of this chapter draws {name}")
            else:
                self.picture(line, drawn[name], home / name, update)
        for file in sorted(home.glob(f"{self.number}-*")):
            if f"pictures/{file.name}" not in shown:
                self.complain(0, f"pictures/{file.name} is not shown")
        if not shown and not self.is_second:
            self.complain(0, "no picture")
        return len(shown)

    def picture(self, line, drawn, kept, update):
        contents = drawn.read_bytes()
        if len(contents) > PICTURE_BYTES:
            self.complain(line, f"{drawn.name}: {len(contents)} bytes, more than {PICTURE_BYTES}")
        if update:
            kept.parent.mkdir(exist_ok=True)
            kept.write_bytes(contents)
        elif not kept.exists():
            self.complain(line, f"pictures/{drawn.name} is missing: --update-pictures keeps what was drawn")
        elif kept.read_bytes() != contents:
            self.complain(line, f"pictures/{drawn.name} is not what the command draws: look, and --update-pictures")


def complaints(place, path, update_pictures):
    if not path.is_file():
        return [f"no chapter {path}"], ""
    checker = Checker(place, path)
    checker.form()
    excerpts = checker.excerpts()
    commands, pictures = checker.commands(update_pictures)
    return checker.found, f"{path.name}: {commands} commands, {excerpts} excerpts, {pictures} pictures"
