"""The site in a real browser: reading.py FOLDER."""
import base64
import pathlib
import re
import sys
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "map"))
from browser import Browser  # noqa: E402
from checks import check, equal, finish  # noqa: E402


class Site:
    def __init__(self, browser, folder):
        self.browser, self.folder = browser, folder

    def open(self, page, size=(1280, 900), scheme="light"):
        self.browser.size(*size, scheme)
        self.browser.command("/url", url="about:blank")
        equal(self.browser.open(urllib.parse.quote(f"{self.folder}/") + page), "yes", f"{page} opens")

    def script(self, text, *arguments):
        return self.browser.script("return " + text, *arguments)

    def soon(self, text, what, *arguments):
        for _ in range(600):
            if self.script(text, *arguments):
                return
            time.sleep(0.05)
        check(False, f"{what}: never")

    def alive(self, selector):
        """A still picture comes into view, and is a frame of the right height."""
        self.browser.script("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'})", selector)
        self.soon("document.querySelector(arguments[0]).matches('.alive')", f"{selector} comes alive", selector)
        check(self.script("document.querySelector(arguments[0] + ' iframe').offsetHeight", selector) > 250, f"{selector}: its height")


def front(site):
    site.open("index.html")
    site.alive(".live")
    browser = site.browser
    frame = browser.command("/element", using="css selector", value=".live iframe")
    browser.command("/frame", id=frame)
    before = browser.text("#where")
    browser.script("document.querySelector('#allocate button').click()")
    site.soon("document.querySelector('#where').textContent !== arguments[0]", "a block is allocated in the frame", before)
    equal(site.script("getComputedStyle(document.querySelector('.columns')).display"), "none", "the rest of the playground")
    browser.command("/frame", id=None)


def chapters(site):
    site.open("docs/00-watch-ls.html")  # its question is so near that it comes alive at once
    site.soon("document.querySelector('figure.play').matches('.alive')", "chapter 0's question comes alive")
    frame = site.browser.command("/element", using="css selector", value="figure.play iframe")
    site.browser.command("/frame", id=frame)
    site.soon("document.querySelector('#quiz-result').textContent.startsWith('Chapter 0.')", "chapter 0's question")
    site.browser.command("/frame", id=None)
    site.browser.settled()
    equal(site.script("scrollY"), 0, "where the reader is when it has")
    site.open("docs/05-policies.html")
    site.alive("figure.play")
    site.alive("figure.picture")
    equal(site.script("getComputedStyle(document.querySelector('figure.picture .still')).display"), "none", "the still picture")
    frame = site.browser.command("/element", using="css selector", value="figure.play iframe")
    site.browser.command("/frame", id=frame)
    site.soon("document.querySelector('#quiz-result').textContent.startsWith('Chapter 5.')", "the chapter's question")
    site.browser.command("/frame", id=None)


def search(site):
    site.open("docs/01-bump.html")
    site.browser.key("/")
    for letter in "boundary":
        site.browser.key(letter)
    site.browser.key("Enter")
    site.soon("location.pathname.endsWith('search.html') && document.querySelectorAll('#results li').length > 0", "the search finds")
    equal(site.script("document.querySelector('#results a').getAttribute('href').split('#')[0]"), "docs/03-coalescing.html", "its first page")
    check("boundary" in site.browser.text("#results mark").lower(), "the word is marked")
    check(site.script("[...document.querySelectorAll('#results p')].map(one => one.textContent).filter(text => text.endsWith(' …'))"
                      ".every(text => SECTIONS.some(section => section.text.includes(text.slice(-32, -1))))"),
          "excerpts end with a whole word")
    for words, found in (("bounday", True), ("xyzzyx", False)):  # a slip of the pen; no word at all
        site.script("(() => { const field = document.querySelector('#words'); field.value = arguments[0];"
                    "field.dispatchEvent(new Event('input')); })()", words)
        equal(site.script("document.querySelectorAll('#results li').length > 0"), found, f"'{words}' is found")


def column(site, number):
    return site.script("[...document.querySelectorAll('table.race')[0].tBodies[0].rows].filter(row => !row.hidden)"
                       ".map(row => row.cells[arguments[0]].dataset.ratio).filter(Boolean).map(Number)", number)


def race(site):
    site.open("race.html")
    every = column(site, 1)
    site.browser.click_on("table.race th:nth-child(2) button")
    equal(column(site, 1), sorted(every), "sorted by halloc")
    site.browser.click_on("table.race th:nth-child(2) button")
    equal(column(site, 1), sorted(every, reverse=True), "and back")
    equal(site.script("document.querySelector('table.race th:nth-child(2)').getAttribute('aria-sort')"), "descending", "it says so")
    # The race that is shipped need not have a failure: two cells become what one would be.
    site.script("(() => { const rows = document.querySelector('table.race').tBodies[0].rows; for (const at of [3, 5]) {"
                "rows[at].cells[5].dataset.ratio = ''; rows[at].cells[5].textContent = 'failed'; } })()")
    site.browser.click_on("table.race th:nth-child(6) button")
    equal(site.script("[...document.querySelectorAll('table.race')[0].tBodies[0].rows].slice(-2)"
                      ".every(row => row.cells[5].textContent === 'failed')"), True, "what failed comes last")
    site.script("(() => { const list = document.querySelector('#base'); list.value = 'glibc';"
                "list.dispatchEvent(new Event('change')); })()")
    equal(set(column(site, 2)), {1}, "glibc, divided by glibc")
    site.script("(() => { const list = document.querySelector('#kind'); list.value = 'real';"
                "list.dispatchEvent(new Event('change')); })()")
    real = site.script("document.querySelector('table.race').querySelectorAll('tr[data-kind=real]').length")
    equal(len(column(site, 1)), real, "real programs")
    equal(10 <= real < len(every), True, "there are some")


def deck(site):
    site.open("slides/05-policies.html", (1280, 720))
    count = site.script("document.querySelectorAll('.slide').length")
    equal(site.script("[...document.querySelectorAll('.slide')].filter(slide => slide.offsetHeight > innerHeight + 2).map(slide => slide.id)"),
          [], "slides that are higher than the screen")
    for keys, at in (("Right", 2), ("Right", 3), ("Left", 2), ("PageDown", 3), ("End", count), ("Right", count), ("Home", 1)):
        site.browser.key(keys)
        site.soon("location.hash === `#s${arguments[0]}` && Math.abs(document.querySelector(location.hash).getBoundingClientRect().top) < 3",
                  f"{keys}: slide {at}", at)
    pdf = base64.b64decode(site.browser.cdp("Page.printToPDF", preferCSSPageSize=True)["data"])
    equal(len(re.findall(rb"/Type\s*/Page\b", pdf)), count, "sheets of paper")


def narrow(site):
    """No page is wider than a phone, nor than a window at 200 %."""
    for page in ("index.html", "docs/index.html", "docs/05-policies.html", "docs/decisions/slabs.html", "race.html", "gallery.html",
                 "search.html?q=slab", "man/halloc.1.html", "src/malloc.c.html", "docs/glossary.html", "slides/06-segregated-fits.html", "play.html"):
        for width in (390, 640):
            site.open(page, (width, 800), "dark")
            wide = site.script("document.documentElement.scrollWidth")
            check(wide <= width, f"{page} is {wide} wide in a window of {width}")


def without_scripts(site):
    """The pictures stand still, the tables are whole, and the search lists all pages."""
    browser = site.browser
    browser.size(1280, 900)
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    for page, selector in (("index.html", "noscript img"), ("docs/05-policies.html", ".picture img"), ("race.html", "table.race td.best"),
                           ("search.html", "#pages a"), ("slides/05-policies.html", "#s9")):
        browser.command("/url", url=f"file://{urllib.parse.quote(site.folder)}/{page}")
        root = browser.cdp("DOM.getDocument")["root"]["nodeId"]
        node = browser.cdp("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        check(node and browser.cdp("DOM.getBoxModel", nodeId=node)["model"]["height"] > 10, f"{page}: {selector}, without scripts")
        check(not browser.cdp("DOM.querySelector", nodeId=root, selector="iframe, form.race:not([hidden])")["nodeId"], f"{page}: only scripts do that")
    browser.cdp("Emulation.setScriptExecutionDisabled", value=False)


def main():
    with Browser() as browser:
        site = Site(browser, sys.argv[1])
        for part in (front, chapters, search, race, deck, narrow, without_scripts):
            part(site)
            equal(browser.errors(), [], f"complaints of the browser: {part.__name__}")
    finish()


if __name__ == "__main__":
    main()
