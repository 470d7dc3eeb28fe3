"""The playground in a real browser, played as a student would: play.py PAGE.html [firefox]."""
import pathlib
import sys
import time

HOUSE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOUSE / "tests/map"))
from browser import KEYS, Browser  # noqa: E402
from checks import check, equal, finish  # noqa: E402
from firefox import Firefox  # noqa: E402


class Page:
    def __init__(self, browser, path, fragment="", size=(1280, 1000), scheme="light"):
        self.browser = browser
        browser.size(*size, scheme)
        browser.command("/url", url="about:blank")  # another fragment alone would not load the page again
        equal(browser.open(path + fragment), "yes", "the page opens")
        browser.settled()
        self.choose("#speed", "300")

    def say(self, panel=0):
        return self.browser.text(".say", panel)

    def script(self, text, *arguments):
        return self.browser.script("return " + text, *arguments)

    def where(self):
        return self.browser.text("#where")

    def blocks(self, panel=0):
        """What a screen reader says of each block on the strip."""
        return self.script("""[...document.querySelectorAll(".strip")[arguments[0]].querySelectorAll(".block")]
            .sort((a, b) => a.dataset.at - b.dataset.at).map(block => block.getAttribute("aria-label"))""", panel)

    def wait(self, until, what):
        for _ in range(6000):
            if until():
                return
            time.sleep(0.05)
        check(False, f"{what}: never")

    def type_into(self, selector, text):
        self.browser.click_on(selector)
        self.browser.key("Control", "a")
        self.browser.type(text.replace("\n", KEYS["Enter"]))

    def choose(self, selector, value, index=0):
        self.script("""(() => { const list = document.querySelectorAll(arguments[0])[arguments[2]]; list.value = arguments[1];
            list.dispatchEvent(new Event("change", {bubbles: true})); })()""", selector, value, index)
        self.browser.settled()

    def steps(self):
        """All sentences and marked lines of the call that is shown, by the right arrow key."""
        told = []
        for _ in range(300):
            line = self.script("(document.querySelector('.code .now') || {textContent: ''}).textContent.trim()")
            lit = self.script("[...document.querySelectorAll('.block.lit')].map(block => Number(block.dataset.at))")
            told.append((self.say(), line, lit))
            if self.script("view.frame === view.frames - 1"):
                return told
            self.browser.key("Right")
        check(False, "a call never ends")
        return told


def check_first_click(browser, path):
    """The first screen invites a click, and the click shows first fit looking at three blocks, then a split."""
    page = Page(browser, path)
    box = browser.box("#allocate button")
    check(box["y"] + box["height"] < 400, "Allocate is on the first screen")
    check("Press Allocate" in browser.text("#lead"), "the first screen invites")
    equal(len(page.blocks()), 8, "blocks at first")
    browser.click_on("#allocate button")
    page.wait(lambda: page.script("!view.playing"), "the search is played")
    check(page.say().startswith("Done"), f"the end: {page.say()!r}")
    browser.key("Shift", "Left")
    equal(page.where(), "call 10 of 11, step 3 of 3", "a call back")
    browser.key("Right")
    told = page.steps()
    looks = [lit[0] for say, _, lit in told if say.startswith("Look") and lit]
    equal(sorted(set(looks), key=looks.index), [288, 80, 432], "the blocks that first fit looks at, in order")
    badges = page.script("""Object.fromEntries([...document.querySelectorAll(".block.looked")].map(block =>
        [block.dataset.at, block.querySelector("em").textContent]))""")
    equal(badges, {"288": "1", "80": "2", "432": "3"}, "the numbers of the looks")
    check(any("halloc_probe(set, block) < size" in line for _, line, _ in told), "the line that looks is marked")
    check(any(line == "block = block->nextFree;" for _, line, _ in told), "the line that goes on is marked")
    check(any(say.startswith("Split") for say, _, _ in told), "the split is told")
    check("b 100, in use" in " ".join(page.blocks()), "the new block has a name")
    equal(browser.errors(), [], "errors of the page")


def check_merge(browser, path):
    page = Page(browser, path)
    browser.click_on('.block[data-at="144"]')  # c, between two free blocks
    page.wait(lambda: page.script("!view.playing"), "the merge is played")
    browser.key("Left")
    browser.key("Right")
    merges = page.script("view.panels[0].frames.filter(frame => frame.kind === 'merge').length")
    equal(merges, 2, "c merges on both sides")
    equal(len(page.blocks()), 6, "blocks after the merges")
    browser.click_on("#back-call")
    equal(len(page.blocks()), 8, "blocks one call back")
    browser.key("Home")
    equal(len(page.blocks()), 1, "blocks at the start")
    browser.key("End")
    equal(len(page.blocks()), 6, "blocks at the end")


def check_growth(browser, path):
    page = Page(browser, path)
    page.type_into("#size", "6000")
    browser.key("Enter")
    page.wait(lambda: page.script("!view.playing"), "the growth is played")
    kinds = page.script("view.panels[0].frames.map(frame => frame.kind)")
    check("grow" in kinds, f"the growth is told: {kinds}")
    page.type_into("#size", "0")
    browser.key("Enter")
    equal(page.say(), "That can't be done: a size is 1 to 1048576 bytes, not 0.", "a size that is none")
    equal(page.where()[:13], "call 11 of 11", "a bad size changes nothing")


def check_script(browser, path):
    page = Page(browser, path)
    page.type_into("#script", "x = malloc 24\ny = realloc x 100\nfree z\n")
    browser.click_on("#run-script")
    equal(browser.text("#script-error"), "line 3: z holds no block here", "a bad line is named")
    page.type_into("#script", "x = malloc 24\ny = realloc x 100\nfree y\n")
    browser.click_on("#run-script")
    browser.key("End")
    equal(page.where()[:11], "call 3 of 3", "a script of three calls")
    equal(page.blocks(), ["free 4,064 bytes at 0, number 1 of list 0"], "all is free again")


def check_policies(browser, path):
    """Every policy has a marked line of its own file; two on one slider; the scores of all eight."""
    page = Page(browser, path)
    for policy in range(8):
        page.choose(".policy", str(policy))
        name = page.script("POLICIES[arguments[0]]", policy)
        check(f"/{name}.c" in browser.text(".from"), f"the source of {name}")
        browser.key("Home")
        browser.key("Right")
        for _ in range(4):
            browser.key("Right")
            if page.script("document.querySelector('.code .now')"):
                break
        else:
            check(False, f"a line of {name} is marked")
    page.choose(".policy", "1")
    browser.click_on(".other")
    equal(page.script("document.querySelectorAll('.panel').length"), 2, "two heaps")
    browser.key("End")
    page.script("addCall('z = malloc 30')")
    page.wait(lambda: page.script("!view.playing"), "both play")
    check(page.say(0) != page.say(1), "first fit and best fit tell different searches")
    browser.click_on("#all-eight")
    equal(page.script("document.querySelectorAll('#score-table tr:first-child th').length"), 9, "columns of scores")
    equal(browser.errors(), [], "errors of the page")


def check_trace(browser, path):
    page = Page(browser, path)
    for name, calls in (("git", 129471), ("sqlite3", 130026), ("python3", 20000)):
        page.choose("#source", name)
        page.wait(lambda: page.script("view.trace") == name and page.script("view.calls.length") == calls, f"{name}: {calls} calls")
    browser.key("End")
    check(page.script("view.at") == 20000, "the end of a trace")
    before = page.blocks()
    browser.key("Shift", "Left")
    browser.key("Shift", "Right")
    equal(page.blocks(), before, "back and forth")
    equal(browser.errors(), [], "errors of the page")


def check_link(browser, path):
    page = Page(browser, path)
    browser.click_on(".other")
    page.choose(".policy", "6", 1)
    browser.key("Home")
    for _ in range(7):
        browser.key("Right")
    browser.click_on("#share")
    browser.settled()
    fragment = page.script("location.hash")
    seen = [page.where(), page.blocks(0), page.blocks(1)]
    again = Page(browser, path, fragment)
    equal([again.where(), again.blocks(0), again.blocks(1)], seen, "what a link shows")
    Page(browser, path, "#damaged")
    equal(len(again.blocks()), 8, "a damaged link shows the first screen")
    equal(browser.errors(), [], "errors of the page")


def check_own(browser, path):
    """A policy written in the page: broken, the shortest calls are drawn; mended, it runs and is translated."""
    page = Page(browser, path)
    first = page.script("FIRST_POLICY")
    page.script("document.querySelector('#own-source').value = arguments[0]", first.replace("unlink(set, 0, block);", ""))
    browser.click_on("#own-check")
    browser.settled()
    equal(browser.text("#own-result"), "Broken: a block in use is on a free list. The shortest calls that show it, 1 call, are above.", "the fault")
    equal(page.say(), "Broken: a block in use is on a free list.", "the fault is drawn")
    equal(page.script("document.querySelector('#script').value"), "a = malloc 400\n", "the shortest calls")
    page.script("document.querySelector('#own-source').value = arguments[0]", first.replace("block.nextFree;", "block.later;"))
    browser.click_on("#own-check")
    equal(browser.text("#own-result"), "line 6: a block has no later", "a word that is not known")
    page.script("document.querySelector('#own-source').value = arguments[0]", first)
    browser.click_on("#own-check")
    browser.settled()
    check(browser.text("#own-result").startswith("Sound in"), "the mended policy is sound")
    browser.key("Home")
    browser.key("Right")
    check(any("probe(set, block) < size" in line for _, line, _ in page.steps()), "a line of the reader's is marked")
    browser.click_on("#own-show-c")
    check("halloc_probe(set, block) < size" in page.script("document.querySelector('#own-c').value"), "the policy in C")
    equal(browser.errors(), [], "errors of the page")


def check_questions(browser, path):
    """A wrong click, a right one, and one on a block in use; a link asks the same question."""
    page = Page(browser, path)
    page.choose("#speed", "call")
    for seed, answer_rightly in ((3, True), (5, False)):
        page.type_into("#quiz-number", str(seed))
        browser.key("Enter")
        check(browser.text("#quiz-result").startswith(f"Question {seed}."), f"question {seed} is asked")
        taken = page.script("questionOf(arguments[0]).taken", seed)
        browser.click_on(".block.used")
        check("in use" in browser.text("#quiz-result"), "a block in use is no answer")
        free = page.script("[...document.querySelectorAll('.block.free')].map(block => Number(block.dataset.at))")
        check(taken in free, "the answer is one of the free blocks")
        browser.click_on(f'.block[data-at="{taken if answer_rightly else next(at for at in free if at != taken)}"]')
        right = int(answer_rightly)
        check(f"{right} of 1 right" in browser.text("#quiz-result"), f"the answer is judged: {browser.text('#quiz-result')}")
        page.wait(lambda: page.script("!view.playing"), "the search is played")
        equal(page.script("view.panels[0].frames.filter(frame => frame.kind === 'look').pop().lit") == taken or
              page.script("view.panels[0].policy") != 1, True, "what was taken")
    browser.click_on("#quiz-next")
    check(browser.text("#quiz-result").startswith("Question 6."), "the next question")
    browser.click_on("#share")
    equal(page.script("location.hash"), "#question=6", "the link of a question")
    again = Page(browser, path, page.script("location.hash"))
    check(again.browser.text("#quiz-result").startswith("Question 6."), "a link to a question")
    equal(browser.errors(), [], "errors of the page")


def answer_list(page, parts):
    for places in parts:
        page.browser.click_on(f'.block[data-at="{places[0]}"]')
    page.browser.click_on("#quiz-list")


def list_now(page):
    """The list that the page draws, as sizes from its head."""
    return page.script("""(() => { const frame = view.panels[0].frames[view.frame];
        return frame.lists.flatMap(list => list.blocks.map(at => frame.blocks.find(block => block.at === at).size)); })()""")


def check_lists(browser, path):
    """A set of two: its list question is answered wrongly and rightly by clicks, with a merge; the score of the set is told."""
    page = Page(browser, path, "#question=6-7")
    page.choose("#speed", "call")
    check(browser.text("#quiz-result").startswith("Question 6 of 7."), "the link of a set")
    wanted = page.script("questionOf(6).list")
    check(any(len(entry["parts"]) > 1 for entry in wanted), "question 6 has a merge")
    parts = [entry["parts"] for entry in wanted]
    browser.click_on(f'.block[data-at="{parts[0][0]}"]')
    equal(browser.text(".block.marked em"), "1", "a click numbers the block")
    browser.click_on(f'.block[data-at="{parts[0][0]}"]')
    equal(page.script("document.querySelectorAll('.block.marked').length"), 0, "a second click takes it back")
    answer_list(page, parts[::-1])
    check("another list" in browser.text("#quiz-result"), "the wrong order is told")
    page.wait(lambda: page.script("!view.playing"), "the call is played")
    equal(list_now(page), [entry["size"] for entry in wanted], "the list that the engine made")
    page.type_into("#quiz-number", "6")
    browser.key("Enter")
    answer_list(page, [places[-1:] for places in parts])
    equal(browser.text("#quiz-result"), "✓ Right. Watch it. 1 of 1 right so far.", "any part of a merge will do")
    browser.click_on("#quiz-next")
    taken = page.script("questionOf(7).taken")
    browser.click_on(f'.block[data-at="{taken}"]' if taken is not None else "#quiz-none")
    check("last question of the set: 2 of 2 right." in browser.text("#quiz-result"), f"the set: {browser.text('#quiz-result')}")
    equal(page.script("document.querySelector('#quiz-next').checkVisibility()"), False, "no question after the last")
    equal(browser.errors(), [], "errors of the page")


def check_many_questions(browser, path):
    """Of 300 questions, each has an answer of its kind, and no list is empty; half of the calls free, and some merge."""
    page = Page(browser, path)
    told = page.script("""[...Array(300).keys()].map(number => questionOf(number + 1)).map(question => question.list
        ? [question.list.length, question.list.some(entry => entry.parts.length > 1), question.list.every(entry => entry.parts.length)]
        : question.taken)""")
    lists = told[1::2]
    equal(min(length for length, _, _ in lists) > 0 and all(whole for _, _, whole in lists), True, "lists that can be clicked")
    check(sum(merges for _, merges, _ in lists) > 30, "questions with a merge")
    check(sum(place is not None for place in told[::2]) > 140, "questions that a block answers")


STARTS = {  # chapter: policies, where it begins, blocks
    0: ("first", "call 0 of 400", 1), 1: ("bump", "call 0 of 129,471", 1), 2: ("first", "call 0 of 2", 1),
    3: ("first", "call 8 of 12", 8), 4: ("first", "call 9 of 9", 8), 5: ("first best", "call 0 of 130,026", 1),
    6: ("best segregated", "call 0 of 129,471", 1), 7: ("first", "call 0 of 6", 1), 8: ("buddy", "call 0 of 1", 1),
    9: ("first", "call 0 of 13", 1),
}


def asked_in(chapter):
    """What a chapter names: its line with `halloc play`, and the words of its questions."""
    text = next((HOUSE / "docs").glob(f"{chapter:02}-*.md")).read_text()
    return f"`halloc play --chapter {chapter}`" in text, " ".join(text.replace("`", "").replace("*", "").split())


def check_chapters(browser, path):
    """Each chapter that names its page has one, with its own words and its starting heap; no other chapter names one."""
    page = Page(browser, path)
    equal(page.script("CHAPTERS.map(one => one.chapter)"), list(STARTS), "chapters in the page")
    for chapter in range(15):
        named, text = asked_in(chapter)
        equal(named, chapter in STARTS, f"chapter {chapter} names its question in the page")
        if chapter not in STARTS:
            continue
        page = Page(browser, f"{pathlib.Path(path).parent}/chapters/{chapter}.html")
        page.wait(lambda: browser.text("#quiz-result").startswith(f"Chapter {chapter}. "), f"chapter {chapter} asks")
        asked = page.script("CHAPTERS.find(one => one.chapter === arguments[0]).asks.map(number => QUESTIONS[arguments[0]][number - 1])", chapter)
        for question in asked:
            check(question in text and question in browser.text("#quiz-result"), f"chapter {chapter} asks {question!r}")
        policies = page.script("view.panels.map(panel => POLICIES[panel.policy]).join(' ')")
        equal((policies, page.where().split(", step")[0], len(page.blocks())), STARTS[chapter], f"chapter {chapter} begins")
    page.choose("#chapter", "3")
    free = []
    for _ in range(5):
        free.append(page.script("view.panels[0].frames[view.frame].blocks.filter(block => block.free).length"))
        browser.key("Shift", "Right")
    equal(free, [2, 3, 3, 3, 2], "free blocks after each of the four frees")
    browser.click_on("#share")
    again = Page(browser, path, page.script("location.hash"))
    check("Chapter 3." in again.browser.text("#quiz-result") and page.script("view.at") == 12, "a link to a chapter's question")
    page = Page(browser, path, "#chapter=4")
    places = {name: page.script("view.panels[0].run.objects[arguments[0]].place", "abcdefg".index(name)) for name in "d"}
    order = [places["d"] - 32, *page.script("view.panels[0].run.heap.lists()[0].blocks")]
    answer_list(page, [[at] for at in order])
    equal(browser.text("#quiz-result"), "✓ Right. Watch it.", "chapter 4's answer: d, b, f, the rest")
    equal(browser.errors(), [], "errors of the page")


def check_picture(browser, path):
    """The button saves what docs/figures/heap.svg is, of the same calls; too many calls are refused."""
    page = Page(browser, path)
    browser.script("saveFile = (name, type, text) => { window.saved = text; }")
    script = (HOUSE / "page/twenty.txt").read_text()
    page.script("document.querySelector('#script').value = arguments[0]", script)
    browser.click_on("#save-picture")
    equal(page.script("window.saved") == (HOUSE / "docs/figures/heap.svg").read_text(), True, "the picture")
    page.script("document.querySelector('#script').value = 'a = malloc 24\\nfree a\\n'.repeat(31)")
    browser.click_on("#save-picture")
    equal(browser.text("#script-error"), "a moving picture has 1 to 60 calls, and these are 62", "too many calls")
    page.script("document.querySelector('#own-source').value = arguments[0]",
                page.script("FIRST_POLICY").replace("push(set, 0, block);", "push(set, 999, block);"))
    browser.click_on("#own-check")
    page.script("document.querySelector('#script').value = 'a = malloc 24'")
    browser.click_on("#save-picture")
    check("there is no heap to draw: set.root has" in browser.text("#script-error"), f"a policy that breaks at once: {browser.text('#script-error')}")


def check_file(browser, path):
    page = Page(browser, path)
    page.script("runFile(new File([arguments[0]], 'small.rep'))", "20000\n2\n4\n1\na 0 100\na 1 200\nr 0 300\nf 1\n")
    page.wait(lambda: page.script("view.trace") == "small.rep", "a file opens")
    browser.key("End")
    equal(page.where()[:11], "call 4 of 4", "a .rep file of four calls")
    page.script("runFile(new File(['a 0 100\\nf 1\\n'], 'bad.rep'))")
    page.wait(lambda: browser.text("#script-error") == "bad.rep: line 2: object 1 is not in use", "a bad file is refused")


def check_readers(browser, path):
    """The table for screen readers, and no control without a name."""
    page = Page(browser, path)
    browser.click_on("#table summary")
    browser.settled()
    rows = page.script("[...document.querySelectorAll('#table-body tr')].map(row => row.textContent)")
    equal(len(rows), 8, "rows of the table")
    check(rows[0].startswith("0in use: a32"), f"the first row: {rows[0]!r}")
    unnamed = page.script("""[...document.querySelectorAll("button, input, select, textarea")].filter(element =>
        !element.textContent.trim() && !element.getAttribute("aria-label") && !(element.labels && element.labels.length))
        .map(element => element.outerHTML)""")
    equal(unnamed, [], "controls without a name")
    equal(page.script("document.querySelector('.say').getAttribute('aria-live')"), "polite", "sentences are read aloud")


def check_phone(browser, path):
    for scheme in ("light", "dark"):
        page = Page(browser, path, size=(390, 844), scheme=scheme)
        equal(page.script("document.documentElement.dataset.theme"), scheme, "the theme")
        equal(page.script("document.documentElement.scrollWidth"), 390, "nothing is wider than a phone")
        hidden = page.script("""[...document.querySelectorAll("button, input, select, textarea, summary")]
            .filter(element => !element.checkVisibility() && !element.closest("[hidden], details")).length""")
        equal(hidden, 0, "controls that a phone lacks")


IN_ALL = [check_first_click, check_merge, check_lists, check_own]
IN_CHROMIUM = [check_growth, check_script, check_policies, check_trace, check_link, check_questions, check_many_questions,
               check_chapters, check_picture, check_file, check_readers, check_phone]


def main():
    in_firefox = sys.argv[2:] == ["firefox"]
    with Firefox() if in_firefox else Browser() as browser:
        for part in IN_ALL if in_firefox else IN_ALL + IN_CHROMIUM:
            part(browser, sys.argv[1])
    finish()


main()
