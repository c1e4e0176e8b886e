"""A device: a client process of one version (driver.py, or python_driver.py) and the collection it
has open."""

import json
import pathlib
import subprocess

import server
import venvs

FOLDER = pathlib.Path(__file__).resolve().parent
FIRST_IN_RUST = (2, 1, 28)


def driver_of(version):
    numbers = tuple(int(number) for number in version.split("."))
    return FOLDER / ("python_driver.py" if numbers < FIRST_IN_RUST else "driver.py")


def environment_of(version):
    sources = venvs.sources_of(version)
    return {"PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1"} if sources else {}


class ClientError(Exception):
    """What the library raised: `type` is the class, `kind` its SyncErrorKind if it has one."""

    def __init__(self, version, command, error):
        super().__init__(f"{version} {command}: {error['type']} {error['kind']}: {error['text']}")
        self.type = error["type"]
        self.kind = error["kind"]
        self.text = error["text"]


class Process:
    """A driver process; kept warm between tests by the pool."""

    def __init__(self, version, log, environment):
        self.version = version
        self.popen = subprocess.Popen(
            [str(venvs.python_of(version)), str(driver_of(version))],
            env=server.environment(**environment, **environment_of(version)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            bufsize=1,
        )

    def send(self, command, arguments):
        self.popen.stdin.write(json.dumps({"do": command, "with": arguments}) + "\n")

    def receive(self, command):
        line = self.popen.stdout.readline()
        if not line:
            raise ClientError(
                self.version, command, {"type": "ProcessDied", "kind": None, "text": ""}
            )
        reply = json.loads(line)
        if "error" in reply:
            raise ClientError(self.version, command, reply["error"])
        return reply["ok"]

    @property
    def alive(self):
        return self.popen.poll() is None

    def end(self):
        if self.alive:
            self.popen.stdin.close()
            self.popen.wait(timeout=20)


class Pool:
    """Idle driver processes by version, with additions to their environment."""

    def __init__(self, log_path, **environment):
        self.log = open(log_path, "w")
        self.environment = environment
        self.idle = {}
        self.names = {}

    def take(self, version):
        waiting = self.idle.setdefault(version, [])
        if waiting:
            return waiting.pop()
        process = Process(version, self.log, self.environment)
        self.names[version] = process.receive("start")
        return process

    def library_version(self, version):
        """How the library calls itself, which is not always how PyPI does: 25.09.5, not 25.9.5."""
        return self.names[version]

    def give_back(self, process):
        if process.alive:
            self.idle[process.version].append(process)

    def end(self):
        for processes in self.idle.values():
            for process in processes:
                process.end()
        self.log.close()


class Device:
    """Commands of the driver are methods, with keyword arguments: device.add_note(fields=[…])."""

    def __init__(self, pool, version, path):
        self.pool = pool
        self.version = version
        self.path = path
        self.process = None
        self.login_arguments = None
        self.switch_on()

    def switch_on(self):
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.process = self.pool.take(self.version)
        try:
            self.open(path=str(self.path))
        except ClientError:
            self.switch_off()
            raise
        if self.login_arguments:
            self.login(**self.login_arguments)

    def switch_off(self):
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.alive:
            process.send("close", {})
            process.receive("close")
            self.pool.give_back(process)

    def kill(self):
        """As a crash of the program, in the middle of whatever it does."""
        self.process.popen.kill()
        self.process.popen.wait()
        self.process = None

    def log_in(self, endpoint, user="user", password="pass"):
        self.login_arguments = {"user": user, "password": password, "endpoint": endpoint}
        return self.login(**self.login_arguments)

    def begin(self, command, **arguments):
        """Starts a command and does not wait; end(command) gets its result."""
        self.process.send(command, arguments)

    def end(self, command):
        return self.process.receive(command)

    def __getattr__(self, command):
        if command.startswith("_"):
            raise AttributeError(command)

        def call(**arguments):
            self.process.send(command, arguments)
            return self.process.receive(command)

        return call
