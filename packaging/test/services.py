"""Two ways to run the services of ankiwire in a root: by the units' command lines, with what the
units say of user, folders and environment, and by a systemd that is booted there."""

import signal
import subprocess

from roots import Root, child_of, until

UNITS = "/usr/lib/systemd/system"
FAILED = "1"  # the exit status of what may mend itself


def unit_settings(root, name):
    """Each setting of a unit and its drop-ins with the list of its values."""
    folder = root.path(UNITS)
    settings = {}
    for path in [folder / name, *folder.glob(f"{name}.d/*.conf")]:
        for line in path.read_text().splitlines():
            if "=" in line and not line.startswith("#"):
                setting, _, value = line.partition("=")
                settings.setdefault(setting, []).append(value)
    return settings


def environment_in(path):
    """Of the rules of an EnvironmentFile= those that the test needs: plain and quoted values."""
    found = {}
    for line in path.read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            if value.startswith("'"):
                value = value[1:-1]
            found[name] = value
    return found


def number_of(name, database):
    (line,) = [line for line in database.read_text().splitlines() if line.startswith(f"{name}:")]
    return line.split(":")[2]


def run_as_administrator(root, command):
    root.run("env", "--chdir=/root", "sh", "-c", command)


class CommandLine:
    """The test does what systemd would: it starts, stops and restarts the program."""

    is_systemd = False

    def __init__(self, root):
        self.root = root
        self.process = None

    def start(self):
        self.process = self._begin("ankiwire.service")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=20) == 0, self.log()

    def assert_refuses(self):
        """It does not start, and systemd would not try again."""
        assert self._end() in self._restart_prevented(), self.log()

    def assert_goes_on_trying(self):
        """It does not start, and systemd tries again."""
        status = self._end()
        assert status == FAILED and status not in self._restart_prevented(), self.log()

    def next_try(self):
        self.start()

    def follow(self, commands):
        """Of the manual page; there is nothing here that would do one each night."""
        for command in commands:
            match command.split():
                case ["systemctl", "stop", "ankiwire"]:
                    self.stop()
                case ["systemctl", "start", "ankiwire"]:
                    self.start()
                case ["systemctl", "start", "ankiwire-backup"]:
                    assert self._begin("ankiwire-backup.service").wait(timeout=60) == 0, self.log()
                case ["systemctl", "enable", "--now", "ankiwire-backup.timer"]:
                    pass
                case _:
                    run_as_administrator(self.root, command)

    def main_process(self):
        return str(self.process.pid) if self.process.poll() is None else "0"

    def log(self):
        return self.root.log_path.read_text()

    def after_upgrade(self):
        self.stop()
        self.start()

    def before_removal(self):
        self.stop()

    def _begin(self, name):
        unit = unit_settings(self.root, name)

        def value(name):
            (only,) = unit[name]
            return only

        user = number_of(value("User"), self.root.path("/etc/passwd"))
        group = number_of(value("Group"), self.root.path("/etc/group"))
        self.root.run(
            *("install", "-d", "-o", user, "-g", group, "-m", value("StateDirectoryMode")),
            "/var/lib/" + value("StateDirectory"),
        )
        environment = dict(setting.split("=", 1) for setting in unit["Environment"])
        file = value("EnvironmentFile").removeprefix("-")
        environment.update(environment_in(self.root.path(file)))
        with open(self.root.log_path, "a") as log:
            return subprocess.Popen(
                self.root.command(
                    *("setpriv", "--reuid", user, "--regid", group, "--clear-groups"),
                    *("--no-new-privs", "--bounding-set=-all", "env"),
                    *(f"{name}={text}" for name, text in environment.items()),
                    *value("ExecStart").split(),
                ),
                umask=int(value("UMask"), 8),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _end(self):
        return str(self.process.wait(timeout=20))

    def _restart_prevented(self):
        (statuses,) = unit_settings(self.root, "ankiwire.service")["RestartPreventExitStatus"]
        return statuses.split()


class Systemd:
    """What the maintainer scripts and systemd do is their own; the test only asks."""

    is_systemd = True

    def __init__(self, root):
        self.root = root

    def start(self):
        self.root.run("systemctl", "start", "ankiwire")

    def assert_refuses(self):
        until("failed", lambda: self._show("ActiveState") == "failed")
        assert self._show("NRestarts") == "0", self.log()

    def assert_goes_on_trying(self):
        until("a second try", lambda: int(self._show("NRestarts")) > 0)

    def next_try(self):
        pass

    def follow(self, commands):
        for command in commands:
            run_as_administrator(self.root, command)

    def main_process(self):
        return self._show("MainPID")

    def log(self):
        return self.root.run("journalctl", "--unit=ankiwire", "--output=cat")

    def after_upgrade(self):
        pass

    def before_removal(self):
        pass

    def _show(self, name):
        said = self.root.run("systemctl", "show", "--value", f"--property={name}", "ankiwire")
        return said.strip()


class BootedRoot(Root):
    """A root in which systemd is the first process."""

    def __init__(self, root):
        super().__init__(root.folder)
        # nspawn mounts its own.
        subprocess.run(["umount", "--lazy", self.path("proc"), self.path("dev")], check=True)
        with open(self.log_path, "w") as log:
            self.nspawn = subprocess.Popen(
                [
                    *("systemd-nspawn", "--quiet", f"--directory={self.folder}", "--boot"),
                    *("--register=no", "--keep-unit", "--resolv-conf=off", "--timezone=off"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_up(self):
        until("systemd boots or ends", lambda: self._is_up() or self.nspawn.poll() is not None)
        assert self.nspawn.poll() is None, self.log_path.read_text()

    def _is_up(self):
        said = self.run("systemctl", "is-system-running", check=False)[1]
        return said.strip() in ("running", "degraded")

    def command(self, *words):
        return [
            *("nsenter", f"--target={child_of(self.nspawn)}", "--mount", "--uts", "--ipc", "--pid"),
            *("--root", "--wd=/", "env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"),
            *("DEBIAN_FRONTEND=noninteractive", *words),
        ]

    def end(self):
        self.nspawn.terminate()
        try:
            self.nspawn.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.nspawn.kill()
            self.nspawn.wait()
