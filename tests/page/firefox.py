"""Firefox, driven as browser.py drives Chromium. Its own protocol, Marionette, is JSON behind a length on a socket.

Debian 12 has no geckodriver, and that is only a translator from WebDriver to this. The commands are WebDriver's own.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from browser import Browser

PREFERENCES = {
    "marionette.port": 0,  # a free one; the profile's MarionetteActivePort names it
    "layout.css.prefers-color-scheme.content-override": 1,  # light
    "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False, "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False, "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False, "browser.safebrowsing.downloads.remote.enabled": False,
}
COMMANDS = {"/url": "Navigate", "/execute/sync": "ExecuteScript", "/execute/async": "ExecuteAsyncScript",
            "/actions": "PerformActions"}


class Firefox(Browser):
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="halloc-firefox-")
        leave_nothing = pathlib.Path(__file__).resolve().parent.parent / "leave_nothing"
        subprocess.run([leave_nothing, str(os.getpid()), self.profile], check=True)
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in PREFERENCES.items()]
        pathlib.Path(self.profile, "user.js").write_text("\n".join(lines))
        self.driver = subprocess.Popen(
            ["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", self.profile, "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOME": self.profile})
        self.sent, self.session = 0, ""
        try:
            self.connect()
            self.send("NewSession", {})
        except BaseException:
            self.close()
            raise

    def connect(self):
        port = pathlib.Path(self.profile, "MarionetteActivePort")
        for _ in range(3000):
            if port.exists() and port.read_text().strip():
                self.wire = socket.create_connection(("127.0.0.1", int(port.read_text())), timeout=300)
                self.input = self.wire.makefile("rb")
                return self.receive()
            if self.driver.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError("Firefox does not answer")

    def close(self):
        if self.driver.poll() is None:
            self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.input.read(1)
            if not byte:
                raise RuntimeError("Firefox ended")
            length += byte
        return json.loads(self.input.read(int(length[:-1])))

    def send(self, name, parameters):
        self.sent += 1
        message = json.dumps([0, self.sent, f"WebDriver:{name}", parameters]).encode()
        self.wire.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self.receive()
        if error:
            raise RuntimeError(error["message"])
        return result

    def command(self, path, **body):
        return self.send(COMMANDS[path], body).get("value")

    def script(self, text, *arguments):
        """In the page itself: a script of Marionette's sees no `const` of the page."""
        inside = f"JSON.stringify((function () {{ {text} }}).apply(null, {json.dumps(arguments)}))"
        answer = self.command("/execute/sync", script="return window.eval(arguments[0])", args=[inside])
        return None if answer is None else json.loads(answer)

    def size(self, width, height, scheme="light"):
        assert scheme == "light"
        self.send("SetWindowRect", {"width": width, "height": height})

    def errors(self):
        return []  # its log is not in this protocol; Chromium's is looked at
