"""A headless Chromium, driven by its DevTools: JSON messages, each ended by a zero byte."""

import base64
import json
import shutil
import socket
import subprocess


class Browser:
    """One page after the other. Every host name leads to this machine."""

    def __init__(self, folder):
        program = shutil.which("chromium-headless-shell")
        assert program, "chromium-headless-shell is missing: ci/install --tests"
        self._socket, theirs = socket.socketpair()
        self._socket.settimeout(60)
        with open(folder / "browser.log", "wb") as log, theirs:
            self._process = subprocess.Popen(
                # It reads from descriptor 3 and writes to 4.
                ["bash", "-c", f'exec "$@" 3<&{theirs.fileno()} 4>&{theirs.fileno()}', "bash"]
                + [program, "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}"]
                + ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
                + ["--host-resolver-rules=MAP * 127.0.0.1", "--ignore-certificate-errors"],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._received = b""
        self._number = 0
        self._session = None
        self.errors = []  # what the browser's console says of the page
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.command("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"
        ]
        for domain in ("Page", "Log", "Runtime"):
            self.command(f"{domain}.enable")

    def close(self):
        self._socket.close()  # it ends without
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def command(self, method, **parameters):
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.sendall(json.dumps(message).encode() + b"\0")
        while (reply := self._receive()).get("id") != self._number:
            self._note(reply)
        assert "error" not in reply, f"{method}: {reply['error']}"
        return reply["result"]

    def _wait_for(self, event):
        while (message := self._receive()).get("method") != event:
            self._note(message)

    def _receive(self):
        while b"\0" not in self._received:
            piece = self._socket.recv(1 << 16)
            assert piece, "the browser has ended"
            self._received += piece
        message, self._received = self._received.split(b"\0", 1)
        return json.loads(message)

    def _note(self, message):
        if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
            self.errors.append(json.dumps(message["params"]))

    # --- what tests do ---

    def open(self, url):
        self.errors.clear()
        error = self.command("Page.navigate", url=url).get("errorText")
        assert not error, f"{url}: {error}"
        self._wait_for("Page.loadEventFired")

    def evaluate(self, expression):
        """The value of an expression of JavaScript in the page, which its policy does not forbid."""
        result = self.command(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def look(self, width, height=900, scheme="light", scripts=True):
        """The window's size, the user's preference, and whether pages may run scripts."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.command(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)

    def take_picture(self, path):
        picture = self.command("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(picture["data"]))
