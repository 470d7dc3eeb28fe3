"""A real browser, driven as a person would: keys, clicks, drags and the wheel, through chromedriver.

The WebDriver protocol is JSON over HTTP, so Python alone is enough; Debian's packages chromium and
chromium-driver are the rest.
"""
import base64
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

KEYS = {
    "Left": "\ue012", "Right": "\ue014", "PageUp": "\ue00e", "PageDown": "\ue00f", "Home": "\ue011",
    "End": "\ue010", "Escape": "\ue00c", "Enter": "\ue007", "Shift": "\ue008", "Control": "\ue009",
    "Backspace": "\ue003",
}
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--force-device-scale-factor=1", "--hide-scrollbars", "--disable-dev-shm-usage",
]


def missing():
    """What is not installed, in words; empty if all is there."""
    return " and ".join(name for name in ("chromium", "chromedriver") if not shutil.which(name))


class Browser:
    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.profile = tempfile.mkdtemp(prefix="halloc-browser-")
        leave_nothing = pathlib.Path(__file__).resolve().parent.parent / "leave_nothing"
        subprocess.run([leave_nothing, str(os.getpid()), self.profile], check=True)
        self.driver = subprocess.Popen(
            ["chromedriver", f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.base = f"http://127.0.0.1:{self.port}"
        self.session = ""
        try:
            self.wait_for_driver()
            options = {"binary": shutil.which("chromium"), "args": FLAGS + [f"--user-data-dir={self.profile}"]}
            capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
            self.session = "/session/" + answer["sessionId"]
        except BaseException:
            self.close()
            raise

    def wait_for_driver(self):
        for _ in range(3000):
            try:
                if self.call("GET", "/status", None)["ready"]:
                    return
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.1)
        raise RuntimeError("chromedriver does not answer")

    def close(self):
        try:
            if self.session:
                self.call("DELETE", self.session, None)
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, path, body):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=300) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def command(self, path, **body):
        return self.call("POST", self.session + path, body)

    def script(self, text, *arguments):
        return self.command("/execute/sync", script=text, args=list(arguments))

    def cdp(self, name, **parameters):
        return self.command("/goog/cdp/execute", cmd=name, params=parameters)

    def size(self, width, height, scheme="light"):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, path):
        self.command("/url", url=f"file://{path}")
        for _ in range(6000):
            ready = self.script("return document.documentElement.dataset.ready")
            if ready:
                return ready
            time.sleep(0.05)
        return "never"

    def settled(self):
        """Draws what is waiting to be drawn."""
        self.command("/execute/async", args=[], script="""
            const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(() => done()));""")

    def key(self, *names):
        """Presses the keys together and lets them go: key("Shift", "Right")."""
        keys = [KEYS.get(name, name) for name in names]
        actions = [{"type": "keyDown", "value": key} for key in keys]
        actions += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self.command("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])
        self.settled()

    def type(self, text):
        """One key after the other, as fast as they come; the page is drawn once."""
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        self.command("/actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])
        self.settled()

    def pointer(self, *steps):
        """Steps: (x, y) goes there, "down" and "up" press and let go."""
        actions = []
        for step in steps:
            if step in ("down", "up"):
                actions.append({"type": "pointerDown" if step == "down" else "pointerUp", "button": 0})
            else:
                actions.append({"type": "pointerMove", "duration": 20, "x": round(step[0]), "y": round(step[1])})
        self.command("/actions", actions=[
            {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}])
        self.settled()

    def click(self, x, y):
        self.pointer((x, y), "down", "up")

    def wheel(self, x, y, down):
        self.command("/actions", actions=[{"type": "wheel", "id": "wheel", "actions": [
            {"type": "scroll", "x": round(x), "y": round(y), "deltaX": 0, "deltaY": down, "duration": 10}]}])
        self.settled()

    def box(self, selector, index=0):
        """An element's place in the view, scrolled there: x, y, width, height."""
        return self.script("""
            const element = document.querySelectorAll(arguments[0])[arguments[1]];
            element.scrollIntoView({block: "center"});
            const box = element.getBoundingClientRect();
            return {x: box.x, y: box.y, width: box.width, height: box.height};""", selector, index)

    def click_on(self, selector, index=0):
        box = self.box(selector, index)
        self.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def text(self, selector, index=0):
        return self.script("return document.querySelectorAll(arguments[0])[arguments[1]].textContent", selector, index)

    def errors(self):
        logs = self.command("/se/log", type="browser")
        return [entry["message"] for entry in logs if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("GET", self.session + "/screenshot", None)))
