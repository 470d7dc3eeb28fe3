"""An excerpt: its lines stand in the file, one after the other, common indentation aside.

A line that is only `...` leaves lines out: what follows stands later in the file.
"""


def indent(line):
    return len(line) - len(line.lstrip(" "))


def outdented(lines):
    lines = [line.rstrip() for line in lines]
    margin = min((indent(line) for line in lines if line), default=0)
    return [line[margin:] for line in lines]


def groups_of(lines):
    groups = [[]]
    for line in lines:
        if line.strip() == "...":
            groups.append([])
        else:
            groups[-1].append(line)
    for group in groups:
        while group and not group[0]:
            group.pop(0)
        while group and not group[-1]:
            group.pop()
    return [group for group in groups if group]


def stands_at(group, source, at, margin):
    if at + len(group) > len(source):
        return False
    return all(have == (" " * margin + line if line else "") for line, have in zip(group, source[at:]))


def missing_with_margin(groups, source, margin):
    """How many groups were found in order, from the top."""
    at, found = 0, 0
    for group in groups:
        while at < len(source) and not stands_at(group, source, at, margin):
            at += 1
        if at == len(source):
            return found
        at += len(group)
        found += 1
    return found


def difference(lines, source):
    """None, or the first line of the part that does not stand in the source."""
    groups = groups_of(outdented(lines))
    if not groups:
        return "(an empty excerpt)"
    source = [line.rstrip() for line in source]
    margins = sorted({indent(line) for line in source})
    found = max(missing_with_margin(groups, source, margin) for margin in margins)
    return None if found == len(groups) else groups[found][0]
