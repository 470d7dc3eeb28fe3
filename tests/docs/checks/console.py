"""A console fence: commands, and what they are said to print.

    $ halloc stat traces/lua.htrace       a command; a \\ at the end of a line goes on in the next
    lua5.4 ...                            output; ... stands for any text,
    ...                                   or, alone in its line, for any number of lines
    (exit status 1)                       last, if it isn't 0
"""
import re

STATUS = re.compile(r"^\(exit status (\d+)\)$")


class Step:
    def __init__(self, line, command):
        self.line = line
        self.command = command
        self.output = []
        self.status = 0


def steps_of(fence):
    """The commands of a fence; and complaints about its form."""
    steps, complaints, going_on = [], [], False
    for number, line in enumerate(fence.lines, fence.line):
        if going_on:
            steps[-1].command += "\n" + line
        elif line.startswith("$ "):
            steps.append(Step(number, line[2:]))
        elif steps:
            steps[-1].output.append(line)
        elif line.strip():
            complaints.append((number, f"output before any command: {line}"))
        going_on = bool(steps) and line.endswith("\\") and (going_on or line.startswith("$ "))
    for step in steps:
        step.output = trimmed(step.output)
        match = STATUS.match(step.output[-1]) if step.output else None
        if match:
            step.status = int(match[1])
            step.output = trimmed(step.output[:-1])
    return steps, complaints


def trimmed(lines):
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return lines


def line_matches(wanted, got):
    if wanted.endswith(" ...") and got == wanted[:-4]:
        return True  # any text is no text, too
    pattern = ".*".join(re.escape(part) for part in wanted.split("..."))
    return re.fullmatch(pattern, got) is not None


def difference(wanted, got):
    """None, or the first wanted line that is not there and what stands in its place."""
    wanted, got = trimmed(wanted), trimmed(got)
    # reachable: how many lines of `got` may be used up by the wanted lines so far
    reachable, anywhere = {0}, False
    for line in wanted:
        if line.strip() == "...":
            after = set(range(min(reachable), len(got) + 1))
        else:
            after = {at + 1 for at in reachable if at < len(got) and line_matches(line, got[at])}
        if not after:
            at = max(reachable)
            return line, "no such line" if anywhere else got[at] if at < len(got) else "(nothing more)"
        reachable, anywhere = after, line.strip() == "..."
    if len(got) in reachable:
        return None
    return "(nothing more)", got[max(reachable)]
