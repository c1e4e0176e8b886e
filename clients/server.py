"""A running sync server: ankiwire or the official one, on a free loopback port."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.request

import venvs

START_SECONDS_MAX = 30
DEFAULT_BINARY = venvs.REPOSITORY / "build" / "release" / "src" / "server" / "ankiwire"


def ankiwire_binary():
    return os.environ.get("ANKIWIRE_BINARY", str(DEFAULT_BINARY))


def environment(**additions):
    """Ours without what leads clients and servers astray."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    kept = {k: v for k, v in kept.items() if not k.startswith(("SYNC_", "ANKIWIRE_"))}
    return {**kept, "TZ": "UTC", "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **additions}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_healthy(endpoint):
    try:
        with urllib.request.urlopen(endpoint + "health", timeout=5) as reply:
            return reply.status == 200
    except OSError:
        return False


class Server:
    """`folder` is SYNC_BASE. Stopping and starting again keeps the port."""

    def __init__(self, kind, folder, users=("user:pass",), **settings):
        self.kind = kind
        self.folder = pathlib.Path(folder)
        self.users = users
        self.settings = settings
        self.port = 0
        self.process = None
        self.binary = ankiwire_binary()
        self.official_version = venvs.NEWEST
        self.start_seconds_max = START_SECONDS_MAX
        self.launcher = []  # what the server is started with: a command that runs its arguments
        self.log_path = self.folder.parent / f"{self.folder.name}.log"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}/"

    @property
    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def logged(self, pattern, after=0):
        """The lines that match, once there is one: a request's comes when its reply has gone out."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            if found := [line for line in self.log[after:].splitlines() if re.search(pattern, line)]:
                return found
            time.sleep(0.01)  # only its log tells
        raise AssertionError(f"no line of the log has {pattern}:\n{self.log[after:]}")

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.kind == "official":
            self.port = self.port or free_port()
            command = [str(venvs.python_of(self.official_version)), "-m", "anki.syncserver"]
        else:
            command = [self.binary]
        log_start = len(self.log)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.launcher, *command],
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready(log_start)

    def _environment(self):
        return environment(
            SYNC_HOST="127.0.0.1",
            SYNC_PORT=str(self.port),
            SYNC_BASE=str(self.folder),
            **{f"SYNC_USER{i}": user for i, user in enumerate(self.users, 1)},
            **self.settings,
        )

    def administer(self, *arguments):
        """Runs a subcommand of ankiwire on the folder; returns what it says."""
        code, said = self.try_to_administer(*arguments)
        assert code == 0, f"{arguments}: {said}"
        return said

    def try_to_administer(self, *arguments, launcher=()):
        """As administer, but returns the exit code and all that is said."""
        done = subprocess.run(
            [*launcher, self.binary, *map(str, arguments)],
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
        )
        return done.returncode, done.stdout

    def _wait_until_ready(self, log_start):
        deadline = time.monotonic() + self.start_seconds_max
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            if self.port == 0:
                said = re.search(r"listening on http://[^\s:]+:(\d+)", self.log[log_start:])
                self.port = int(said[1]) if said else 0
            if self.port and self._is_ready():
                return
            time.sleep(0.01)  # a process of its own: there is nothing to wait on but its answer
        raise AssertionError(f"the server did not start:\n{self.log[log_start:]}")

    def is_healthy(self):
        return is_healthy(self.endpoint)

    def _is_ready(self):
        """That it answers at all: official servers before 24.04 have no /health."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5):
            return True
        return False

    def stop(self):
        """As an administrator does; ours must end by itself, cleanly."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT if self.kind == "official" else signal.SIGTERM)
        try:
            code = self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not stop:\n{self.log}") from None
        self.process = None
        assert code == 0 or self.kind == "official", f"the server ended with {code}:\n{self.log}"

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def account_folder(self, user="user"):
        return self.folder / user
