"""The life of the Debian package in a clean root: installed, configured, started, upgraded,
removed, purged. A real client syncs with what runs there."""

import contextlib
import pathlib
import re
import shutil
import sqlite3
import subprocess

import equality
from device import Device
from household import fill
from roots import until
from server import free_port, is_healthy
from services import UNIT
from venvs import NEWEST

SETTINGS = "/etc/ankiwire/ankiwire.env"
DATA = "/var/lib/ankiwire"
DOCUMENTS = "/usr/share/doc/ankiwire"
# A name that has to be quoted in the settings, as their comments say.
ODD_NAME = '"bob" \\ #1'
NOTES = 12  # of household.fill
EXPOSURE_MAX = 15  # in tenths: 1.5, of what systemd calls OK

# What purging leaves besides the data, and the user, who owns them: copies that adduser makes, logs,
# and what dpkg knows of the dependencies.
LEFT = re.compile(
    r"/etc/(passwd|shadow|group|gshadow)-|/var/cache/ldconfig/aux-cache"
    rf"|/var/log/(apt/.*|dpkg\.log)|/var/lib/dpkg/info/(?!ankiwire).*|{DATA}(/.*)?"
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


def judge_unit(root, package):
    """What systemd says of the unit as installed."""
    root.install(copy_into(root, package))
    said = root.run("systemd-analyze", "verify", "--man=no", "ankiwire.service")
    assert said == "", said
    threshold = f"--threshold={EXPOSURE_MAX}"
    said = root.run("systemd-analyze", "security", "--offline=yes", threshold, UNIT)
    return re.search(r"exposure level .*: (\S+ \S+)", said)[1]


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
        assert self.root.path("/usr/share/man/man1/ankiwire.1.gz").exists()
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
        self.service.start()
        until("the service answers", lambda: is_healthy(self.endpoint))
        process = self.status()
        assert process["Uid"].split() == [self.root.run("id", "-u", "ankiwire").strip()] * 4
        assert process["NoNewPrivs"] == "1" and int(process["CapBnd"], 16) == 0, process
        assert process["Seccomp"] == ("2" if self.service.is_systemd else "0"), process
        self.device("other").log_in(self.endpoint, ODD_NAME, "other")
        first = self.device("first")
        first.log_in(self.endpoint, "alice", "secret")
        fill(first)
        assert first.sync()["required"] == "upload"
        first.full_upload()
        assert self.mode(f"{DATA}/alice") == "700 ankiwire ankiwire"
        assert self.mode(f"{DATA}/alice/collection.anki2") == "600 ankiwire ankiwire"
        return first

    def upgrade(self, first):
        settings, process = self.root.path(SETTINGS).read_text(), self.service.main_process()
        self.root.install(self.newer)
        self.service.after_upgrade()
        until("the new one answers", lambda: is_healthy(self.endpoint))
        assert self.service.main_process() not in ("0", process)
        assert "+newer" in self.root.run("dpkg-query", "--show", "ankiwire")
        assert self.root.path(SETTINGS).read_text() == settings
        assert self.mode(SETTINGS) == "640 root ankiwire"
        second = self.device("second")
        second.log_in(self.endpoint, "alice", "secret")
        assert second.sync()["required"] == "download"
        second.full_download()
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
        assert f"the collections are left in {DATA}" in said, said
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

    def mode(self, path):
        return self.root.run("stat", "--format=%a %U %G", path).strip()

    def status(self):
        lines = self.root.run("cat", f"/proc/{self.service.main_process()}/status").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def data(self):
        """The content of each file of the data."""
        files = (path for path in self.root.path(DATA).rglob("*") if path.is_file())
        return {path: path.read_bytes() for path in files}
