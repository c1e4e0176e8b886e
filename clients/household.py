"""A household: one server, the devices that sync with it, and what they must agree on."""

import contextlib
import hashlib
import itertools
import pathlib
import shutil
import sqlite3
import time

import equality
from device import Device
from proxy import Proxy
from server import START_SECONDS_MAX, Server
from venvs import NEWEST


class Household:
    def __init__(self, kind, folder, pool, **settings):
        self.folder = pathlib.Path(folder)
        self.pool = pool
        self.server = Server(kind, self.folder / "server", **settings)
        self._devices = []
        self._proxies = []
        self._numbers = itertools.count()

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, kind, *_):
        for device in self._devices:
            if kind is not None and device.process is not None:
                device.kill()  # it may be in the middle of something
            device.switch_off()
        for proxy in self._proxies:
            proxy.__exit__()
        if kind is None:
            self.server.stop()
        else:
            self.server.kill()

    def device(self, version=NEWEST, endpoint=None):
        """A new device with an empty collection, logged in."""
        device = self.open(version, self.new_path())
        device.log_in(endpoint or self.server.endpoint)
        return device

    def pair(self, version, other_version=NEWEST):
        """Two devices with the same collection: the first filled it, both know the server."""
        first = self.device(version)
        fill(first)
        assert first.sync()["required"] in ("upload", "choose")  # Python clients do not look
        first.full_upload()
        second = self.device(other_version)
        assert second.sync()["required"] == "download"
        second.full_download()
        return first, second

    def disturbed(self, version, work, other_version=NEWEST):
        """A pair that both have work for each other, by `work(device, name, offset)`; the first device
        goes through a proxy."""
        first, second = self.pair(version, other_version)
        proxy = self.proxy()
        first.log_in(proxy.endpoint)
        work(second, "second", offset=100_000)
        normal_sync(second)
        work(first, "first")
        first.date_edits(seconds=30)
        return first, second, proxy

    def change_server(self, kind, killed=False):
        """Another program takes over the folder and the address."""
        (self.server.kill if killed else self.server.stop)()
        self.server.kind = kind
        self.server.start()

    def proxy(self, kind=Proxy):
        proxy = kind(self.server.port).__enter__()
        self._proxies.append(proxy)
        return proxy

    def new_path(self):
        return self.folder / str(next(self._numbers)) / "collection.anki2"

    def open(self, version, path):
        device = Device(self.pool, version, path)
        self._devices.append(device)
        return device

    # --- looking at the server's file ---

    def copy_of_server_file(self, user="user", name="collection.anki2"):
        """A copy that can be opened while the server holds the original."""
        target = self.new_path()
        target.parent.mkdir(parents=True)
        source = self.server.account_folder(user) / name
        for ending in ("", "-wal"):
            if pathlib.Path(f"{source}{ending}").exists():
                shutil.copy(f"{source}{ending}", f"{target}{ending}")
        return target

    def server_dump(self, user="user"):
        reader = self.open(NEWEST, self.copy_of_server_file(user))
        dump = reader.dump()
        reader.switch_off()
        return dump

    def server_tables(self, user="user"):
        """Every row of the server's file as it is stored; None if there is no file."""
        return all_rows(self.copy_of_server_file(user))

    def server_media(self, user="user"):
        """{name: SHA-1} of the server's files, which must be what its rows say."""
        folder = self.server.account_folder(user)
        database = self.copy_of_server_file(user, name="media.db")
        with contextlib.closing(sqlite3.connect(database)) as connection:
            rows = dict(
                connection.execute("select fname, lower(hex(csum)) from media where size > 0")
            )
            counters = connection.execute(
                "select last_usn, total_bytes, total_nonempty_files from meta"
            ).fetchall()
            expected = connection.execute(
                "select coalesce(max(usn), 0), total(size), count(nullif(size, 0)) from media"
            ).fetchone()
        files = {path.name: sha1_of(path) for path in (folder / "media").iterdir()}
        assert files == rows
        assert len(counters) == 1
        assert counters[0][1:] == expected[1:]
        assert counters[0][0] >= expected[0]
        return files

    def halves_of_uploads(self, user="user"):
        """What ours has of uploads of media that it is receiving."""
        staging = self.server.account_folder(user) / "media.staging"
        return [path for path in staging.glob("upload-*") if path.stat().st_size > 0]

    def settle_media(self, *devices):
        """Media syncs until each device has what the others sent."""
        for device in [*devices, *devices]:
            device.sync_media()

    def assert_media_equal(self, *devices):
        on_server = self.server_media()
        for device in devices:
            found = device.media()
            differing = {
                name
                for name in found.keys() | on_server.keys()
                if found.get(name) != on_server.get(name)
            }
            assert not differing, f"{device.version} differs from the server: {sorted(differing)}"

    @staticmethod
    def wait_until(condition):
        """For what only the server sees: there is nothing to wait on."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while not condition():
            assert time.monotonic() < deadline, "it never came to that"
            time.sleep(0.01)

    # --- agreement ---

    def settle(self, *devices):
        """Normal syncs until every device has what the others sent; the first one syncs last."""
        for device in [*devices, *reversed(devices[:-1])]:
            normal_sync(device)

    def assert_equal(self, *devices):
        """The devices and the server agree; the first one synced last."""
        first, *others = devices
        dumps = [(device.version, device.dump()) for device in devices]
        for version, dump in dumps:
            assert not any(dump["pending"].values()), f"{version} has unsent rows: {dump['pending']}"
        for other, dump in dumps[1:]:
            all_members = first.version == other == NEWEST
            found = equality.differences(dumps[0][1], dump, all_members, same_mod=False)
            assert not found, report(f"{first.version} | {other}", found)
        found = equality.differences(
            dumps[0][1], self.server_dump(), all_members=first.version == NEWEST
        )
        assert not found, report(f"{first.version} | server", found)

    def settle_equal(self, *devices):
        self.settle(*devices)
        self.assert_equal(*devices)


def sha1_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha1").hexdigest()


def report(title, lines):
    return "\n".join([f"{title} differ:", *lines])


def normal_sync(device):
    """A sync that must not ask for a full one."""
    result = device.sync()
    assert result["required"] == "none", f"{device.version} was asked for a full sync: {result}"
    return result


def fill(device):
    """A small collection with something of every kind."""
    if device.version == "2.1.28":  # it begins with an ease of 25
        device.edit_deck_config(id=1, new={"initialFactor": 2500})
    device.set_config(key="test", value={"nested": [1, 2.5, None, "é"]})
    device.add_deck(name="Latin")
    device.add_deck(name="Latin::Verbs")
    device.add_notetype(name="Vocabulary", css=".card { color: black; }")
    device.add_deck_config(name="Slow")
    for i in range(12):
        device.add_note(
            fields=[f"front {i}", f"back {i}"],
            deck="Latin::Verbs" if i % 2 else "Default",
            notetype="Vocabulary" if i % 3 else "Basic",
            tags=["first", f"group::{i % 4}"],
        )
    device.review(count=3, ease=3)
    device.review(count=2, ease=4, deck="Latin")


def all_rows(path):
    if not path.exists():
        return None
    connection = sqlite3.connect(path)
    connection.create_collation("unicase", lambda a, b: (a > b) - (a < b))
    try:
        tables = connection.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        ).fetchall()
        return {
            name: sorted(map(repr, connection.execute(f"select * from {name} not indexed")))
            for (name,) in tables
        }
    finally:
        connection.close()
