"""The life of the Debian package in a clean root: installed, configured, started, backed up and
restored, upgraded, removed, purged. Real clients sync with what runs there."""

import contextlib
import gzip
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess

import equality
from device import Device
from household import fill, normal_sync
from roots import until
from server import free_port, is_healthy
from services import UNITS
from venvs import NEWEST

SETTINGS = "/etc/ankiwire/ankiwire.env"
DATA = "/var/lib/ankiwire"
BACKUPS = "/var/lib/ankiwire-backup"
DOCUMENTS = "/usr/share/doc/ankiwire"
# In the manual page.
REPLACED = "/root/replaced"
PAGE_BACKUP = "2026-11-24T18-49-53Z"
# A name that has to be quoted in the settings, as their comments say.
ODD_NAME = '"bob" \\ #1'
NOTES = 12 + 1  # of household.fill, and one after the restore
TIMER = "ankiwire-backup.timer"
EXPOSURE_MAX = 15  # in tenths: 1.5, of what systemd calls OK

# What purging leaves besides the data, their backups, and the user, who owns them: copies that
# adduser makes, logs, and what dpkg knows of the dependencies.
LEFT = re.compile(
    r"/etc/(passwd|shadow|group|gshadow)-|/var/cache/ldconfig/aux-cache"
    rf"|/var/log/(apt/.*|dpkg\.log)|/var/lib/dpkg/info/(?!ankiwire).*|({DATA}|{BACKUPS})(/.*)?"
)


def copy_into(root, package):
    """Its path in the root."""
    shutil.copy(package, root.path("/srv/"))
    return f"/srv/{pathlib.Path(package).name}"


def newer_package(package, folder):
    """The same with a higher version."""
    content = folder / "newer"
    subprocess.run(["dpkg-deb", "--raw-extract", package, content], check=True)
    control = content / "DEBIAN" / "control"
    assert re.search(r"(?m)^Version: [\d.]+\+\d{8}\.\d{6}$", control.read_text()), "not of a commit"
    control.write_text(re.sub(r"(?m)^(Version: .*)$", r"\1+newer", control.read_text()))
    made = folder / "newer.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", content, made], check=True)
    return made


def hash_by_the_comments(settings, password):
    """Runs the command that the comments of the settings have."""
    (command,) = re.findall(r"(?m)^# +(python3 -c '.*')$", settings)
    done = subprocess.run(
        ["setsid", "sh", "-c", command],  # without a terminal it reads the password from its input
        input=f"{password}\n",
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def judge_services(root, package):
    """What systemd says of the services as installed."""
    root.install(copy_into(root, package))
    said = root.run("systemd-analyze", "verify", "--man=no", "ankiwire.service", TIMER)
    assert said == "", said
    found = []
    for name in ("ankiwire", "ankiwire-backup"):
        said = root.run(
            *("systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_MAX}"),
            f"{UNITS}/{name}.service",
        )
        found += re.findall(r"exposure level .*: (\S+)", said)
    return " and ".join(found)


def commands_of_the_page(root, title):
    """What the manual page says to type."""
    page = gzip.decompress(root.path("/usr/share/man/man1/ankiwire.1.gz").read_bytes()).decode()
    _, found, rest = page.partition(f"\n{title}:\n.Bd -literal -offset indent\n")
    assert found, title
    return rest.partition("\n.Ed")[0].replace("\\e\n", "").splitlines()


def dead_links(folder):
    """Of the documents there, to files."""
    links = [
        (path, target)
        for path in folder.rglob("*.md")
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
    ]
    assert links, "no link was found"
    return [f"{path.name}: {to}" for path, to in links if not (path.parent / to).exists()]


class Life:
    """One root and one way to run the service; the steps come in this order."""

    def __init__(self, root, service, package, newer, pool):
        self.root = root
        self.service = service
        self.pool = pool
        self.devices = root.folder.with_suffix(".devices")
        self.port = free_port()
        self.package = copy_into(root, package)
        self.newer = copy_into(root, newer)

    def run(self):
        self.root.run("apt-get", "update")
        before = self.root.files()
        self.install()
        self.does_nothing_without_a_user()
        self.configure()
        first = self.serve()
        self.restore(first, self.back_up())
        self.upgrade(first)
        self.remove()
        self.purge(before)

    def install(self):
        said = self.root.install(self.package)
        assert self.mode(SETTINGS) == "640 root ankiwire"
        assert self.mode(DATA) == "700 ankiwire ankiwire"
        account = self.root.run("getent", "passwd", "ankiwire").strip().split(":")
        assert account[5:] == [DATA, "/usr/sbin/nologin"], account
        wanted = "/etc/systemd/system/multi-user.target.wants/ankiwire.service"
        assert self.root.path(wanted).is_symlink()
        listed = self.root.run("ankiwire-conformance", "--list")
        assert re.search(r"^\d{3,} cases$", listed, re.MULTILINE), listed
        assert self.root.path("/usr/share/man/man1/ankiwire-conformance.1.gz").exists()
        dead = dead_links(self.root.path(DOCUMENTS))
        assert not dead, dead
        if self.service.is_systemd:
            assert f"set SYNC_USER1 in {SETTINGS}" in said, said
            assert self.service.main_process() == "0"

    def does_nothing_without_a_user(self):
        self.service.start()
        self.service.assert_refuses()
        until("the log says why", lambda: "there are no users" in self.service.log())

    def configure(self):
        path = self.root.path(SETTINGS)
        hashes = [hash_by_the_comments(path.read_text(), word) for word in ("secret", "other")]
        with open(path, "a") as settings:
            settings.write(
                f"SYNC_USER1=alice:{hashes[0]}\nSYNC_USER2='{ODD_NAME}:{hashes[1]}'\n"
                f"PASSWORDS_HASHED=1\nSYNC_HOST=127.0.0.1\nSYNC_PORT={self.port}\n"
            )

    def serve(self):
        with socket.create_server(("127.0.0.1", self.port)):
            self.service.start()
            self.service.assert_goes_on_trying()
        self.service.next_try()
        until("the service answers", lambda: is_healthy(self.endpoint))
        process = self.status()
        assert process["Uid"].split() == [self.root.run("id", "-u", "ankiwire").strip()] * 4
        assert process["NoNewPrivs"] == "1" and int(process["CapBnd"], 16) == 0, process
        assert process["Seccomp"] == ("2" if self.service.is_systemd else "0"), process
        self.other_logs_in()
        first = self.device("first")
        first.log_in(self.endpoint, "alice", "secret")
        fill(first)
        assert first.sync()["required"] == "upload"
        first.full_upload()
        assert self.mode(f"{DATA}/alice") == "700 ankiwire ankiwire"
        assert self.mode(f"{DATA}/alice/collection.anki2") == "600 ankiwire ankiwire"
        first.put_media(files={"picture.jpg": 30_000, "sound.mp3": 5_000})
        first.sync_media()
        return first

    def back_up(self):
        """While the server runs. Returns the name of the backup."""
        process = self.service.main_process()
        self.follow("Back the service up, each night and now")
        assert self.service.main_process() == process
        if self.service.is_systemd:
            said = self.root.run("systemctl", "list-timers", TIMER)
            assert "03:15:00" in said, said
        assert self.mode(BACKUPS) == "700 ankiwire ankiwire"
        (made,) = self.root.path(BACKUPS).glob("2*")
        return made.name

    def restore(self, first, backup):
        """As on a new machine, which knows no user."""
        path = self.root.path(SETTINGS)
        path.write_text(re.sub(r"(?m)^(SYNC_USER|PASSWORDS_HASHED).*\n", "", path.read_text()))
        self.root.run("chown", "-R", "root:", BACKUPS)
        self.follow("On a new machine, give the service its backups and its users first", backup)
        self.follow("Bring the newest backup of the service back")
        until("it answers", lambda: is_healthy(self.endpoint))
        assert self.root.path(f"{REPLACED}/alice/collection.anki2").exists()
        shutil.rmtree(self.root.path(REPLACED))
        first.add_note(fields=["after the restore", "x"])
        normal_sync(first)  # without a login
        self.other_logs_in()
        first.put_media(files={"after the restore.jpg": 3_000})
        first.sync_media()
        assert len(first.media()) == 3

    def upgrade(self, first):
        settings, process = self.root.path(SETTINGS).read_text(), self.service.main_process()
        stops = self.service.log().count("stopping")
        self.root.install(self.newer)
        self.service.after_upgrade()
        until("the old one ends", lambda: self.service.log().count("stopping") == stops + 1)
        until("the new one answers", lambda: is_healthy(self.endpoint))
        assert self.service.main_process() not in ("0", process)
        assert "+newer" in self.root.run("dpkg-query", "--show", "ankiwire")
        assert self.root.path(SETTINGS).read_text() == settings
        assert self.mode(SETTINGS) == "640 root ankiwire"
        second = self.device("second")
        second.log_in(self.endpoint, "alice", "secret")
        assert second.sync()["required"] == "download"
        second.full_download()
        second.sync_media()
        assert second.media() == first.media()
        found = equality.differences(first.dump(), second.dump(), same_mod=False)
        assert not found, found
        for device in (first, second):
            device.switch_off()

    def remove(self):
        self.service.before_removal()
        self.root.run("apt-get", "remove", "-y", "ankiwire")
        assert not is_healthy(self.endpoint)
        assert not self.root.path("/usr/bin/ankiwire").exists()
        assert self.mode(SETTINGS) == "640 root ankiwire"

    def purge(self, before):
        data = self.data()
        said = self.root.run("apt-get", "purge", "-y", "ankiwire")
        for folder in (DATA, BACKUPS):
            assert f"the collections are left in {folder}\n" in said, said
        assert self.data() == data
        collection = self.root.path(f"{DATA}/alice/collection.anki2")
        uri = f"file:{collection}?immutable=1"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as opened:
            assert opened.execute("select count() from notes").fetchone() == (NOTES,)
        for owned in self.root.path("/var/lib/dpkg/info").glob("*.list"):
            before.update(owned.read_text().splitlines())
        left = {path for path in self.root.files() - before if not LEFT.fullmatch(path)}
        assert left == set(), left

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}/"

    def device(self, name):
        return Device(self.pool, NEWEST, self.devices / name / "collection.anki2")

    def other_logs_in(self):
        other = self.device("other")
        other.log_in(self.endpoint, ODD_NAME, "other")
        other.switch_off()

    def follow(self, title, backup=PAGE_BACKUP):
        """What the manual page says, with this backup for the one of its examples."""
        commands = commands_of_the_page(self.root, title)
        self.service.follow([command.replace(PAGE_BACKUP, backup) for command in commands])

    def mode(self, path):
        return self.root.run("stat", "--format=%a %U %G", path).strip()

    def status(self):
        lines = self.root.run("cat", f"/proc/{self.service.main_process()}/status").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def data(self):
        """The content of each file of the data and their backups."""
        found = self.root.path("/var/lib").glob("ankiwire*/**/*")
        return {path: path.read_bytes() for path in found if path.is_file()}
