"""Every link in every page of the tree leads somewhere: to a file, and to a heading in it."""
from . import page


def pages(root):
    files = [*root.glob("*.md"), *(root / "docs").glob("**/*.md"), *(root / "traces").glob("*.md")]
    return sorted(files)


def complaints(root):
    found, count = [], 0
    for path in pages(root):
        for line, _, target in page.Page(path).links():
            if "://" in target or target.startswith("mailto:"):
                continue
            count += 1
            complaint = broken(path, target)
            if complaint:
                found.append(f"{path.relative_to(root)}:{line}: {complaint}")
    found += unlisted(root)
    return found, f"{count} links of {len(pages(root))} pages"


def broken(path, target):
    name, _, anchor = target.partition("#")
    file = (path.parent / name) if name else path
    if not file.exists():
        return f"{target} leads nowhere"
    if anchor and file.suffix == ".md" and anchor not in page.Page(file).anchors():
        return f"{target}: no such heading"
    return None


def unlisted(root):
    """The chapters' index names every chapter."""
    index = root / "docs" / "README.md"
    if not index.exists():
        return ["docs/README.md is missing"]
    named = {target.partition("#")[0] for _, _, target in page.Page(index).links()}
    chapters = sorted((root / "docs").glob("[0-9][0-9]*-*.md"))
    return [f"docs/README.md does not name {path.name}" for path in chapters if path.name not in named]
