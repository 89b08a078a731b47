#!/usr/bin/env python3
"""A headless browser, spoken to by the WebDriver protocol of the W3C."""

import base64
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
TAB, ENTER, SPACE = "\ue004", "\ue007", " "


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Browser:
    """Chromium by way of chromedriver. Ends with the `with` block."""

    @staticmethod
    def missing():
        """Why there is none; empty: there is."""
        wanted = [name for name in ("chromedriver", "chromium") if not shutil.which(name)]
        return f"there is no {' and no '.join(wanted)} on this machine" if wanted else ""

    def __enter__(self):
        self.port = free_port()
        self.process = subprocess.Popen(["chromedriver", f"--port={self.port}", "--log-level=SEVERE"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.ready(), "chromedriver answers")
        options = {"binary": shutil.which("chromium"),
                   "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]}
        answer = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{answer['sessionId']}"
        return self

    def __exit__(self, *unused):
        try:
            self.call("DELETE", self.session)
        finally:
            self.process.terminate()
            self.process.wait()

    def ready(self):
        try:
            return self.call("GET", "/status")["ready"]
        except OSError:
            return False

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {json.load(error)['value']['message']}") from None

    def open(self, url):
        self.call("POST", self.session + "/url", {"url": url})

    def script(self, code, *arguments):
        """What the JavaScript function body returns."""
        return self.call("POST", self.session + "/execute/sync", {"script": code, "args": list(arguments)})

    def type(self, *keys):
        """Presses keys one after the other, wherever the focus is."""
        steps = [{"type": kind, "value": key} for text in keys for key in text for kind in ("keyDown", "keyUp")]
        self.call("POST", self.session + "/actions", {"actions": [{"type": "key", "id": "keys", "actions": steps}]})

    def click(self, css):
        wait_until(lambda: self.script("return document.querySelector(arguments[0]) !== null", css), f"there is {css}")
        element = self.call("POST", self.session + "/element", {"using": "css selector", "value": css})[ELEMENT]
        self.call("POST", f"{self.session}/element/{element}/click", {})

    def resize(self, width, height):
        self.call("POST", self.session + "/window/rect", {"width": width, "height": height})

    def screenshot(self, file):
        file.write_bytes(base64.b64decode(self.call("GET", self.session + "/screenshot")))

    def complaints(self):
        """Errors in the browser's console."""
        log = self.call("POST", self.session + "/se/log", {"type": "browser"})
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)
