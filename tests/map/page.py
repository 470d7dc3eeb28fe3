"""The map's page in a real browser: page.py HALLOC PART TRACE... compares it with what the command says."""
import hashlib
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from browser import Browser  # noqa: E402
from checks import check, equal, finish  # noqa: E402

halloc = sys.argv[1]


def command(*words):
    return subprocess.run([halloc, *words], check=True, capture_output=True, text=True).stdout


def replayed(trace, policies, at):
    """The heap after operation `at`, as the replay has it."""
    if at < 0:
        return None
    return json.loads(command("map", "--json", f"--with={policies}", f"--at={at}", trace))["policies"]


class Page:
    def __init__(self, browser, trace, policies, *options):
        self.browser, self.trace, self.policies = browser, trace, policies
        self.path = os.path.abspath(f"{trace}.{policies.replace(',', '-')}.html")
        command("map", f"--with={policies}", "-o", self.path, *options, trace)
        browser.size(1280, 1000)
        equal(browser.open(self.path), "yes", f"{trace}: the page opens")
        browser.settled()

    def view(self, what):
        return self.browser.script(f"return window.hallocMap.{what}")

    @property
    def at(self):
        return self.view("view.at")

    def jump(self, at):
        """As a person: into the box, everything away, the number, Enter."""
        self.browser.click_on("#jump")
        self.browser.key("Control", "a")
        self.browser.type(str(at))
        self.browser.key("Enter")

    def state(self, policy):
        return self.view(f"dump({policy})")

    def canvas(self, selector, index=0):
        """What is drawn, as a number that changes with it."""
        data = self.browser.script("return document.querySelectorAll(arguments[0])[arguments[1]].toDataURL()", selector, index)
        return hashlib.sha256(data.encode()).hexdigest()

    def strip_x(self, offset, index=0):
        """Where a byte of the heap is on the screen."""
        box = self.browser.box(".strip", index)
        left, wide = self.view(f"view.lefts[{index}]"), self.view("view.wide")
        return box["x"] + (offset / 16 - left) / wide * box["width"], box["y"] + box["height"] / 2


def opened(blocks, wanted, header, what):
    """Each solid replaced by the blocks of the replay that it stands for, if it stands for them rightly."""
    all_blocks, at = [], 0
    for index, block in enumerate(blocks):
        if "blocks" not in block:
            all_blocks.append(block)
            at += 1
            continue
        inside = wanted[at:at + block["blocks"]]
        beside = [blocks[place] for place in (index - 1, index + 1) if 0 <= place < len(blocks)]
        check(not any(other["free"] for other in beside), f"{what}: a solid beside a hole, {block}")
        check(not any(other["free"] for other in inside), f"{what}: a hole in a solid, {block}")
        equal(block["requested"], sum(other["requested"] for other in inside), f"{what}: asked for in a solid")
        equal(block["size"], sum(other["size"] + header for other in inside) - header, f"{what}: size of a solid")
        all_blocks += inside
        at += len(inside)
    return all_blocks


def same_state(page, policy, wanted, what):
    got = page.state(policy)
    solids = sum("blocks" in block for block in got["blocks"])
    holes = sum(block["size"] for block in got["blocks"] if block["free"])
    asked = sum(block.get("requested", 0) for block in got["blocks"])
    got["blocks"] = opened(got["blocks"], wanted["blocks"], wanted["header_bytes"], what)
    # The process heap has no free lists to compare: the page's own lists are the gaps between objects.
    lists = ["free_lists"] if wanted["policy"] != "process" else []
    for name in ("top", "high", *lists, "blocks"):
        mine, theirs = got[name], wanted[name]
        if mine != theirs:
            pairs = zip(mine, theirs) if isinstance(mine, list) else [(mine, theirs)]
            differ = next((pair for pair in pairs if pair[0] != pair[1]), (len(mine), len(theirs)))
            check(False, f"{what}: {name} differ: {str(differ)[:300]}")
            return solids
    equal(got["rover"], wanted.get("rover"), f"{what}: the rover")
    equal(holes, sum(block["size"] for block in wanted["blocks"] if block["free"]), f"{what}: bytes free")
    equal(asked, wanted["live_bytes"], f"{what}: live bytes")
    return solids


def check_random_operations(page, count):
    """The page and the replay agree wherever one goes, forwards and back."""
    dice = random.Random(4)
    first, last = page.view("facts.from"), page.view("facts.to") - 1
    solids = 0
    for at in [dice.randint(first, last) for _ in range(count)]:
        page.jump(at)
        equal(page.at, at, f"{page.trace}: jumped")
        for policy, wanted in enumerate(replayed(page.trace, page.policies, at)):
            solids += same_state(page, policy, wanted, f"{page.trace}, {wanted['policy']}, operation {at}")
    return solids


def check_steps(page):
    browser = page.browser
    first, last = page.view("facts.from"), page.view("facts.to") - 1
    page.jump((first + last) // 2)
    at = page.at
    for keys, by in ((["Right"], 1), (["Left"], -1), (["Shift", "Right"], 100), (["Shift", "Left"], -100)):
        browser.key(*keys)
        equal(page.at, at + by, f"{'+'.join(keys)} from {at}")
        at = page.at
    same_state(page, 0, replayed(page.trace, page.policies, at)[0], f"after arrow keys, operation {at}")
    level = page.view("model.policies[0].all[window.hallocMap.view.level]")
    step = max(1, round((level["to"] - level["from"]) / 50))
    browser.key("PageDown")
    check(abs(page.at - at - step) <= 1, f"PageDown: {page.at} after {at}, a step of {step}")
    browser.key("PageUp")
    check(abs(page.at - at) <= 1, f"PageUp back to {at}: {page.at}")
    browser.key("Home")
    equal(page.at, first, "Home")
    browser.key("Left")
    equal(page.at, first - 1, "before the window's first")
    if first == 0:
        browser.key("Left")
        equal(page.at, -1, "not before the beginning")
    browser.key("End")
    equal(page.at, last, "End")
    buttons = {"[data-key=Home]": first, "[data-key=ArrowRight]": first + 1, "[data-key=ArrowLeft]": first}
    for selector, wanted in buttons.items():
        browser.click_on(selector)
        equal(page.at, wanted, f"button {selector}")


def check_marks(page):
    """[ and ] go to growths: the heap's end is the same before and another after."""
    browser = page.browser
    for key, direction in (("]", 1), ("[", -1)):
        page.jump(page.view("facts.from") + (5 if direction > 0 else page.view("facts.to") - page.view("facts.from") - 5))
        for _ in range(2):
            start = page.at
            browser.key(key)
            at = page.at
            if at == start:
                continue
            check((at - start) * direction > 0, f"{key} from {start} to {at}")
            before, after = (replayed(page.trace, page.policies, place) for place in (at - 1, at))
            check(any(a["top"] > b["top"] for a, b in zip(after, before)), f"{key}: no heap grew at {at}")
            if direction > 0:
                beginning = replayed(page.trace, page.policies, start)
                check(all(a["top"] == b["top"] for a, b in zip(beginning, before)), f"{key} passed a growth before {at}")
            browser.key("Left" if direction > 0 else "Right")
            browser.key(key)
            equal(page.at, at, f"{key} from beside a growth")
            check("the heap grew by" in browser.text("#strips"), "the growth is told")


def check_peak(page):
    wanted = json.loads(command("stat", "--json", page.trace))["peak_after_operation"]
    page.browser.key("Home")
    page.browser.key("p")
    equal(page.at, wanted, "p: the peak")
    page.browser.key("Home")
    page.browser.click_on("[data-key=p]")
    equal(page.at, wanted, "the button to the peak")


def neighbours(blocks, offset):
    index = next(i for i, block in enumerate(blocks) if block["offset"] == offset)
    return [blocks[i] for i in (index - 1, index + 1) if 0 <= i < len(blocks) and not blocks[i]["free"]]


def check_told(page, hole, blocks, what):
    words = page.browser.text("#detail")
    check(f"at 0x{hole['offset']:x}" in words and "A hole of" in words, f"{what}: {words!r}")
    for pin in neighbours(blocks, hole["offset"]):
        check(f"0x{pin['offset']:x}" in words and f"operation {pin['born']:,}" in words,
              f"{what}: not told that {pin} pins it: {words!r}")


def check_holes(page, index):
    """A click on a hole tells who pins it; h and n go through holes in their two orders."""
    browser = page.browser
    wanted = replayed(page.trace, page.policies, page.at)[index]
    holes = [block for block in wanted["blocks"] if block["free"]]
    check(len(holes) > 3, f"{page.trace}: holes to look at, {len(holes)}")
    browser.key("0")
    largest = max(holes, key=lambda block: block["size"])
    browser.click(*page.strip_x(largest["offset"] + largest["size"] / 2, index))
    check_told(page, largest, wanted["blocks"], "a click on a hole")
    used = max((block for block in wanted["blocks"] if not block["free"]), key=lambda block: block["size"])
    browser.click(*page.strip_x(used["offset"] + used["size"] / 2, index))
    words = browser.text("#detail")
    check("A block of" in words and f"operation {used['born']:,}" in words, f"a click on a block: {words!r}")
    browser.key("Escape")
    equal(page.view("view.chosen"), None, "Escape")
    listed = [offset for row in replayed(page.trace, page.policies, page.at)[0]["free_lists"] for offset in row["offsets"]]
    blocks = replayed(page.trace, page.policies, page.at)[0]["blocks"]
    lying = [block["offset"] for block in blocks if block["free"]]
    for key, back, order in (("h", "H", lying), ("n", "N", listed)):
        browser.key("Escape")
        for place in (0, 1, 2):
            browser.key(key)
            equal(page.view("view.chosen.offset") * 16, order[place], f"{key} {place + 1} times")
        check_told(page, next(block for block in blocks if block["offset"] == order[2]), blocks, key)
        browser.key("Shift", back)
        equal(page.view("view.chosen.offset") * 16, order[1], back)
    browser.key("Escape")


def check_zoom(page):
    browser = page.browser
    browser.key("0")
    whole = page.view("view.wide")
    drawn = page.canvas(".strip")
    browser.key("+")
    equal(page.view("view.wide"), whole / 2, "+")
    check(page.canvas(".strip") != drawn, "+ draws the strip anew")
    left = page.view("view.lefts[0]")
    browser.key(".")
    browser.key(",")
    browser.key(",")
    check(page.view("view.lefts[0]") <= left, ", goes to lower addresses")
    browser.key("-")
    equal(page.view("view.wide"), whole, "-")
    box = browser.box(".strip")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    browser.wheel(x, y, -400)
    wide = page.view("view.wide")
    check(wide < whole / 2, f"the wheel zooms: {wide} of {whole}")
    left = page.view("view.lefts[0]")
    browser.pointer((x, y), "down", (x - 60, y), (x - 120, y), "up")
    moved = (page.view("view.lefts[0]") - left) / wide * box["width"]
    check(100 < moved < 140, f"a drag of 120 pixels moves by {moved}")
    equal(page.view("view.chosen"), None, "a drag selects nothing")
    browser.key("f")
    for policy in range(page.view("model.policies.length")):
        focus = page.browser.script("""
            const {model, view} = window.hallocMap;
            const step = model.policies[arguments[0]].heap.steps[view.at - window.hallocMap.facts.from];
            return step.placed ? step.offset : step.old;""", policy)
        left, wide = page.view(f"view.lefts[{policy}]"), page.view("view.wide")
        check(left <= focus <= left + wide < left + whole, f"f, policy {policy}: {focus} in {left} + {wide}")
    browser.click_on(".minimap")
    browser.key("0")
    equal(page.view("view.wide"), whole, "0")


def check_colours(page):
    browser = page.browser
    seen = {}
    for _ in range(len(browser.script("return [...document.querySelector('#colour').options].filter(o => !o.disabled)"))):
        seen[page.view("view.colour")] = page.canvas(".strip")
        browser.key("c")
    check({"size", "age", "death", "thread"} <= set(seen), f"c: {sorted(seen)}")
    check(len({seen[name] for name in ("size", "age", "death")}) == 3, "colours by size, age and death differ")
    equal(page.view("view.colour"), "size", "c all around")
    ends = [browser.script("return blockColour({ asked: arguments[0], count: 1 }, 0)", size) for size in (7, 2**20 - 1, 2**17)]
    equal(ends[:2], [[0x44, 0x01, 0x54], [0xfd, 0xe7, 0x25]], "the colours of 8 B and 1 MiB are the ends of the legend's scale")
    check(ends[2] not in ends[:2], "a colour between")
    theme, drawn = browser.script("return document.documentElement.dataset.theme"), page.canvas(".overview")
    browser.key("t")
    check(browser.script("return document.documentElement.dataset.theme") != theme, "t")
    check(page.canvas(".overview") != drawn, "t draws anew")
    browser.click_on("#theme")
    equal(page.canvas(".overview"), drawn, "back again")
    browser.key("Shift", "?")
    check(browser.script("return document.querySelector('dialog').open"), "? opens the keys")
    browser.key("Escape")
    check(not browser.script("return document.querySelector('dialog').open"), "Escape closes the keys")


def check_heads(page):
    """A list's head is named over the arrows, on a rim of paper."""
    pens = page.browser.script("""
        const pen = CanvasRenderingContext2D.prototype, was = {}, pens = [];
        for (const name of ["stroke", "strokeText", "fillText"]) {
            was[name] = pen[name];
            pen[name] = function (...all) {
                if (this.canvas === document.querySelector(".list")) pens.push([name, all[0]]);
                return was[name].apply(this, all);
            };
        }
        drawNow();
        Object.assign(pen, was);
        return pens;""")
    heads = [i for i, (name, word) in enumerate(pens) if name == "fillText" and word == "head"]
    check(heads and all(pens[i - 1] == ["strokeText", "head"] for i in heads), f"a rim around each head: {pens}")
    arrows = [i for i, (name, _) in enumerate(pens) if name == "stroke"]
    check(arrows and heads and max(arrows) < min(heads), "heads over the arrows")


def check_pointed(page):
    """Of many lists none is named, except at the pointer: which list, and where on it."""
    words = page.browser.script("""
        const pen = CanvasRenderingContext2D.prototype, was = pen.fillText, words = [];
        pen.fillText = function (...all) { if (this.canvas.className === "list") words.push(all[0]); return was.apply(this, all); };
        const strip = strips[strips.length - 1], { heap } = strip.policy;
        const [, items] = [...heap.lists].find(([, all]) => all.length);
        setScale(view.whole);
        strip.draw();
        const before = words.length;
        strip.pointed = strip.middle(heap, items[0]);
        strip.draw();
        strip.pointed = undefined;
        pen.fillText = was;
        return [words.slice(0, before), words.slice(before)];""")
    check(any(word.startswith("list ") and "number" in word for word in words[1]), f"at the pointer: {words}")
    check(not any(word.startswith("list ") for word in words[0]), f"without a pointer: {words}")


def check_playing(page):
    """Play goes on by itself, one operation at a time, until it is stopped."""
    browser = page.browser
    browser.key("p")
    at = page.at
    browser.script("byId('speed').value = '60'")
    browser.click_on("#play")
    for _ in range(6000):
        if page.at > at + 3:
            break
        time.sleep(0.01)
    check(page.at > at + 3, "play goes on")
    browser.click_on("#play")
    stopped = page.at
    equal(browser.text("#play"), "\u25b6 play", "the button once it is stopped")
    browser.settled()
    equal(page.at, stopped, "stopped")
    # The legend stands above the strips, where both pictures are seen with it.
    check(browser.box("#legend")["y"] < browser.box(".strip")["y"], "the legend is above the strips")


def check_time(page):
    """The slider and the overview go where they are pressed."""
    browser = page.browser
    operations = page.view("facts.operations")
    box = browser.box("#slider")
    browser.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    check(abs(page.at / operations - 0.25) < 0.02, f"the slider at a quarter: {page.at} of {operations}")
    browser.key("Right")
    at = page.at
    browser.key("Right")
    equal(page.at, at + 1, "an arrow on the slider is one operation")
    for index in range(browser.script("return document.querySelectorAll('.overview').length")):
        box = browser.box(".overview", index)
        browser.click(box["x"] + 74 + (box["width"] - 82) * 0.75, box["y"] + 60)
        check(abs(page.at / operations - 0.75) < 0.02, f"overview {index} at three quarters: {page.at} of {operations}")


def check_phone(page):
    for scheme in ("light", "dark"):
        page.browser.size(390, 844, scheme)
        equal(page.browser.open(page.path), "yes", "the page on a phone")
        page.browser.settled()
        equal(page.browser.script("return document.documentElement.scrollWidth"), 390, "a phone's width")
        equal(page.browser.script("return document.documentElement.dataset.theme"), scheme, "the theme asked for")
    page.browser.click_on("[data-key=ArrowRight]")
    equal(page.at, page.view("facts.at") + 1, "a button on a phone")


def check_alone(page):
    with open(page.path, encoding="utf-8") as file:
        text = file.read()
    check("http:" not in text and "https:" not in text, "the page names no network")
    loaded = page.browser.script("return performance.getEntriesByType('resource').length")
    equal(loaded, 0, "what the page loads besides itself")


def check_window(browser, trace):
    """Exact only in the window; elsewhere the tiles, and levels to choose from."""
    page = Page(browser, trace, "segregated", "--window=3000:3300", "--at=3100")
    equal([page.view("facts.from"), page.view("facts.to")], [3000, 3300], "--window")
    equal(page.at, 3100, "--at")
    same_state(page, 0, replayed(trace, "segregated", 3100)[0], "in the window")
    page.browser.key("End")
    page.browser.key("Right")
    equal([page.at, page.view("view.exact")], [3300, False], "outside the window")
    check("exact are operations 3,000 to 3,299" in page.browser.text("#exact"), page.browser.text("#exact"))
    check("live in a heap of" in page.browser.text("#strips"), "what a tile tells")
    page.browser.key("Left")
    equal(page.view("view.exact"), True, "back in the window")
    levels = page.view("model.policies[0].all.length")
    check(levels > 1, f"levels: {levels}")
    drawn = {page.canvas(".overview")}
    for _ in range(levels - 1):
        page.browser.key("w")
        drawn.add(page.canvas(".overview"))
    equal(len(drawn), levels, "each level draws another overview")
    page.browser.click_on("[data-level='0']")
    equal(page.view("view.level"), 0, "the button to the whole trace")
    equal(browser.errors(), [], "errors of the page")


def check_small(browser, trace):
    """A page that must be small keeps less, and what it keeps is right."""
    page = Page(browser, trace, "segregated", "--most=260000")
    size, last = os.path.getsize(page.path), page.view("facts.to") - 1
    check(size <= 260000, f"--most=260000: {size} bytes")
    page.jump(last)
    same_state(page, 0, replayed(trace, "segregated", last)[0], f"--most=260000, operation {last}")
    for most in range(150000, 70000, -4000):  # to where no exact operation is left
        if "without exact operations" in command("map", "-o", page.path, f"--most={most}", trace):
            break
    page = Page(browser, trace, "segregated", f"--most={most}")
    check(os.path.getsize(page.path) <= most, f"--most={most}: {os.path.getsize(page.path)} bytes")
    page.jump(1234)
    equal([page.at, page.view("view.exact")], [1234, False], f"--most={most}")
    check("live in a heap of" in browser.text("#strips"), "what a tile tells")
    for key in ("Right", "End", "Home", "p", "h", "n", "f", "+", "]"):
        page.browser.key(key)
    equal(browser.errors(), [], "errors of the page")


def check_failure(browser, trace):
    page = Page(browser, trace, "first")
    page.browser.key("Home")
    for _ in range(99):
        if "failed" in page.browser.text("#strips"):
            break
        before = page.at
        page.browser.key("]")
        if page.at == before:
            break
    words = page.browser.text("#strips")
    check("failed" in words and "no policy could have placed it here" in words, f"] finds the failure: {words!r}")
    equal(browser.errors(), [], "errors of the page")


def coloured_by(page, kind):
    """What the strip looks like in the colours of a kind, chosen by the key c."""
    for _ in range(6):
        if page.view("view.colour") == kind:
            return page.canvas(".strip")
        page.browser.key("c")
    check(False, f"{page.trace}: c does not come to {kind}")
    return None


def check_threads(page):
    """Colours by thread differ from those by size, and the legend names each of the three."""
    by_size = coloured_by(page, "size")
    check(coloured_by(page, "thread") != by_size, "colours by thread and by size are the same")
    words = page.browser.text("#legend")
    check(all(f"thread {number}" in words for number in range(3)), f"the legend names no threads: {words!r}")
    coloured_by(page, "size")


def check_sites(browser, trace):
    """Colours by call site, and a click on a block says who asked for it."""
    page = Page(browser, trace, "first")
    by_size = coloured_by(page, "size")
    check(coloured_by(page, "site") != by_size, "colours by call site and by size are the same")
    words = browser.text("#legend")
    check("keep" in words and "scratch" in words, f"the legend names no functions: {words!r}")
    page.browser.key("p")
    blocks = replayed(trace, "first", page.at)[0]["blocks"]
    for size, name in ((3000, "scratch"), (40, "keep")):
        block = [block for block in blocks if not block["free"] and block["requested"] == size][5]
        page.jump(block["born"])
        browser.key("f")
        browser.click(*page.strip_x(block["offset"] + size / 2))
        words = browser.text("#detail")
        check(f"from {name}" in words, f"a click on a block of {size} B does not tell {name}: {words!r}")
    equal(browser.errors(), [], "errors of the page")


def check_everything(browser, trace, policies):
    page = Page(browser, trace, policies)
    check_random_operations(page, 20)
    check_steps(page)
    check_marks(page)
    check_peak(page)
    check_holes(page, len(policies.split(",")) - 1)
    check_zoom(page)
    check_colours(page)
    check_pointed(page)
    check_playing(page)
    check_heads(page)
    check_time(page)
    check_alone(page)
    check_phone(page)
    equal(browser.errors(), [], "errors of the page")


def check_large(browser, trace):
    page = Page(browser, trace, "segregated")
    bytes_of = os.path.getsize(page.path)
    check(bytes_of <= 3_000_000, f"a page of {bytes_of} bytes for 4,000,000 operations")
    check(check_random_operations(page, 2) > 100, "a heap of very many blocks has solids")
    print(f"4,000,000 operations: {bytes_of:,} bytes, drawn {page.view('opened'):.0f} ms after it was asked for")
    equal(browser.errors(), [], "errors of the page")


def check_many_threads(browser, trace):
    for policies in ("best,buddy", "next,worst", "process"):
        page = Page(browser, trace, policies)
        check_random_operations(page, 20)
    check_threads(page)


def main():
    parts = {  # of which each is a test
        "keys": [lambda browser, trace: check_everything(browser, trace, "first,segregated"), check_many_threads],
        "traces": [check_sites, check_window, check_small, check_failure],
        "large": [check_large],
    }
    with Browser() as browser:
        for part, trace in zip(parts[sys.argv[2]], sys.argv[3:], strict=True):
            part(browser, trace)
    finish()


main()
