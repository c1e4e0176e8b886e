"""ankiwire backup while users sync, and ankiwire restore --from into another data folder."""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

import server as servers
from device import ClientError
from disks import Disks, bound_by_permissions
from household import all_rows, fill, normal_sync
from media_zip import send_media
from rawclient import RawClient
from venvs import NEWEST, VERSIONS

pytestmark = pytest.mark.ours_only

REVIEWS_FROM_RAW = 1_000_000


@pytest.fixture
def backups(tmp_path):
    return tmp_path / "backups"


def backup(house, backups, *arguments):
    """The folder of a new backup."""
    said = house.server.administer("backup", backups, *arguments)
    return pathlib.Path(re.search(r"in (\S+Z)$", said, re.MULTILINE)[1])


def restore_elsewhere(house, source):
    """A new server with a new data folder takes the place of the old one."""
    house.server.stop()
    house.server.folder = house.server.folder.with_name("another root")
    said = house.server.administer("restore", "--from", source)
    house.server.start()
    return said


class Load:
    """A device that brings review after review, one sync each, and changes media after each."""

    def __init__(self, endpoint, user):
        self.raw = RawClient(endpoint, session=f"load of {user}")
        self.raw.log_in(user)
        self.taken = 0
        self.stopped = False

    def run(self):
        while not self.stopped:
            self.raw.start(usn=self.raw.meta()["usn"])
            row = [REVIEWS_FROM_RAW + self.taken, 1, -1, 3, 1, 1, 2500, 1000, 1]
            self.raw.good("applyChunk", {"chunk": {"done": True, "revlog": [row]}})
            self.raw.good("finish")
            self.taken += 1
            number = self.taken % 50
            send_media(
                self.raw,
                [
                    (f"{number}.png", f"content {self.taken}".encode()),
                    (f"{(number + 25) % 50}.png", None),
                ],
            )


def edit(device, text):
    """Nothing that a count would show."""
    device.edit_note(note=device.find_notes(query="")[0], fields=[text, "x"])


# R-START-05, R-STORE-18
@pytest.mark.parametrize("some_version", VERSIONS)
def test_after_a_restore_devices_go_on(house, backups, some_version):
    """One that has not synced since goes on; one that has is asked, and both agree."""
    up_to_date, ahead = house.pair(some_version)
    house.settle(up_to_date, ahead)
    folder = backup(house, backups)
    edit(ahead, "of the lost future")
    normal_sync(ahead)
    up_to_date.add_note(fields=["unsent", "x"])

    restore_elsewhere(house, folder)
    normal_sync(up_to_date)
    assert len(up_to_date.find_notes(query="unsent")) == 1
    with pytest.raises(ClientError):
        ahead.sync()
    assert ahead.sync()["required"] == "choose"
    ahead.full_download()
    house.settle_equal(up_to_date, ahead)
    assert len(ahead.find_notes(query="unsent")) == 1
    assert ahead.find_notes(query="future") == []


# R-MEDIA-26
@pytest.mark.parametrize("some_version", VERSIONS)
def test_media_of_devices_and_of_a_restored_server_agree(house, backups, some_version):
    """Also if the counts happen to be equal, which is all that a client compares."""
    up_to_date, ahead = house.pair(some_version)
    ahead.put_media(files={"kept.jpg": 1000, "deleted.jpg": 1001, "replaced.jpg": 1002})
    house.settle_media(ahead, up_to_date)
    folder = backup(house, backups)
    ahead.delete_media(names=["deleted.jpg"])
    ahead.put_media(files={"added.jpg": 1003, "replaced.jpg": 1002})
    ahead.sync_media()

    restore_elsewhere(house, folder)
    with pytest.raises(ClientError, match="sync again"):  # what it has is counted, and differs
        ahead.sync_media()
    house.settle_media(ahead, up_to_date)
    house.assert_media_equal(ahead, up_to_date)
    assert ahead.media().keys() == {"kept.jpg", "deleted.jpg", "replaced.jpg", "added.jpg"}


def test_a_device_that_is_ahead_may_also_win(house, backups):
    up_to_date, ahead = house.pair(NEWEST)
    folder = backup(house, backups)
    edit(ahead, "kept")
    normal_sync(ahead)
    restore_elsewhere(house, folder)
    with pytest.raises(ClientError):
        ahead.sync()
    ahead.full_upload()
    assert not (house.server.account_folder() / "restored.json").exists()
    assert up_to_date.sync()["required"] == "choose"
    up_to_date.full_download()
    house.settle_equal(up_to_date, ahead)
    assert len(up_to_date.find_notes(query="kept")) == 1


# R-STORE-18
def test_a_backup_under_load_is_restored_into_another_root(make_household, backups):
    """Nobody logs in again; what was committed before the backup is in it."""
    users = ["user", "busy0", "busy1", "busy2"]
    with make_household(users=[f"{user}:pass" for user in users]) as house:
        first, second = house.pair(NEWEST, VERSIONS[0])
        house.settle(first, second)
        first.put_media(files={f"{number}.jpg": 3_000 for number in range(40)})
        house.settle_media(first, second)
        loads = [Load(house.server.endpoint, user) for user in users[1:]]
        with concurrent.futures.ThreadPoolExecutor(len(loads)) as threads:
            lives = [threads.submit(load.run) for load in loads]
            try:
                while min(load.taken for load in loads) < 20 and not any(l.done() for l in lives):
                    time.sleep(0.01)  # the load is another thread's
                before = {load.raw.session: load.taken for load in loads}
                folder = backup(house, backups)
                after = {load.raw.session: load.taken for load in loads}
            finally:
                for load in loads:
                    load.stopped = True
            for life in lives:
                life.result()

        first.review(count=2)
        said = restore_elsewhere(house, backups)
        assert str(folder) in said
        assert "users.env" in said
        house.settle_equal(first, second)  # without a login
        for load in loads:
            user = load.raw.session.removeprefix("load of ")
            rows = all_rows(house.copy_of_server_file(user))["revlog"]
            assert before[load.raw.session] <= len(rows) <= after[load.raw.session] + 1
            load.raw.meta()  # its key is good
            assert len(house.server_media(user)) > 1
        first.put_media(files={"after the restore.jpg": 3_000})
        house.settle_media(first, second)
        house.assert_media_equal(first, second)


@pytest.mark.parametrize("kind", ["ours", "official"])
def test_a_second_backup_links_what_is_the_same(make_household, backups, kind):
    with make_household(kind=kind) as house:
        device, _ = house.pair(NEWEST)
        first = backup(house, backups)
        second = backup(house, backups)
        collection = "user/collection.anki2"
        assert (first / collection).samefile(second / collection)
        device.add_note(fields=["new", "x"])
        normal_sync(device)
        third = backup(house, backups, "--keep", 2)
        assert sorted(backups.glob("2*")) == [second, third]
        assert (third / "users.env").stat().st_mode & 0o777 == 0o600
        assert "SYNC_USER1='user:pass'" in (third / "users.env").read_text()
        assert all_rows(third / collection) == house.server_tables()
        restore_elsewhere(house, third)
        normal_sync(device)


# --- what can be in the way ----------------------------------------------------------------------


def test_a_restore_touches_nothing_that_is_there(house, backups):
    device = house.device()
    fill(device)
    device.full_upload()
    backup(house, backups)
    code, said = house.server.try_to_administer("restore", "--from", backups)
    assert (code, "in use by another ankiwire" in said) == (1, True), said
    house.server.stop()
    before = all_rows(house.server.account_folder() / "collection.anki2")
    code, said = house.server.try_to_administer("restore", "--from", backups, "user")
    assert (code, "exists; move it away first" in said) == (1, True), said
    assert all_rows(house.server.account_folder() / "collection.anki2") == before
    house.server.start()
    normal_sync(device)


@pytest.fixture
def disks():
    with Disks() as disks:
        yield disks


@pytest.fixture
def filled(house):
    device = house.device()
    fill(device)
    device.add_notes(count=2000)
    device.full_upload()
    return house


def test_a_backup_on_a_full_disk(filled, backups, disks):
    backups.mkdir()
    disks.mount_small(backups, kibibytes=1200)
    seen = disks.path(backups)
    filling = disks.fill(backups)
    code, said = filled.server.try_to_administer("backup", backups, launcher=disks.launcher)
    assert code == 1
    assert "cannot be written" in said
    assert "No space left on device" in said
    assert {path.name for path in seen.iterdir()} == {"filling", ".ankiwire-backup.lock"}
    filling.unlink()

    backup_there = ["backup", backups, "--keep", 1]
    code, said = filled.server.try_to_administer(*backup_there, launcher=disks.launcher)
    assert code == 0, said
    kept = the_only_backup(seen)
    filling = disks.fill(backups)
    code, said = filled.server.try_to_administer(*backup_there, launcher=disks.launcher)
    assert (code, "No space left on device" in said) == (1, True), said
    assert the_only_backup(seen) == kept
    assert not (seen / ".incomplete").exists()


def the_only_backup(backups):
    (only,) = backups.glob("2*")
    return only.name, (only / "user/collection.anki2").read_bytes()


def test_a_backup_onto_a_read_only_disk(filled, backups, disks):
    backups.mkdir()
    disks.make_read_only(backups)
    code, said = filled.server.try_to_administer("backup", backups, launcher=disks.launcher)
    assert code == 1
    assert f"{backups} cannot be written: Read-only file system" in said


def test_folders_without_permission(filled, backups):
    launcher = bound_by_permissions()
    backups.mkdir(mode=0o500)
    code, said = filled.server.try_to_administer("backup", backups, launcher=launcher)
    assert (code, f"{backups} cannot be written: Permission denied" in said) == (1, True), said
    backups.chmod(0o700)
    account = filled.server.account_folder()
    (account / "collection.anki2").chmod(0)
    code, said = filled.server.try_to_administer("backup", backups, launcher=launcher)
    assert code == 1
    assert "collection.anki2: open: Permission denied" in said
    assert list(backups.glob("2*")) == []
    (account / "collection.anki2").chmod(0o600)
    backup(filled, backups)


def test_a_restore_onto_a_full_disk(filled, backups, disks):
    folder = backup(filled, backups)
    filled.server.stop()
    filled.server.folder = filled.server.folder.with_name("another root")
    filled.server.folder.mkdir()
    disks.mount_small(filled.server.folder, kibibytes=300)
    code, said = filled.server.try_to_administer(
        "restore", "--from", folder, launcher=disks.launcher
    )
    assert (code, "No space left on device" in said) == (1, True), said
    left = [path.name for path in disks.path(filled.server.folder).iterdir()]
    assert left == [".ankiwire.lock"]
    disks.unmount(filled.server.folder)
    filled.server.administer("restore", "--from", folder)
    filled.server.start()


# The time that the first killed run gets; each later one gets half as much again.
FIRST_SECONDS = 0.002


@pytest.mark.parametrize("what", ["backup", "restore"])
def test_one_that_is_killed_leaves_nothing_half(filled, backups, what):
    account = filled.server.account_folder()
    raw = RawClient(filled.server.endpoint)
    raw.log_in()
    send_media(raw, ((f"{i}.png", os.urandom(2000)) for i in range(300)))
    filled.server.stop()
    if what == "restore":
        backup(filled, backups)
        account.rename(backups / "moved away")
    command = {
        "backup": ["backup", backups],
        "restore": ["restore", "--from", backups],
    }[what]
    seconds, killed = FIRST_SECONDS, 0
    while kill_after(seconds, filled.server, command):
        killed += 1
        if account.exists() if what == "restore" else list(backups.glob("2*")):
            break  # killed when all was done: below it must be whole
        seconds *= 1.5
    assert killed > 0
    if what == "backup":
        (folder,) = backups.glob("2*")
        assert not (backups / ".incomplete").exists()
        filled.server.folder = folder
    else:
        prepared = filled.server.folder / ".ankiwire.restore"
        if prepared.exists():  # killed before it was removed
            prepared.rmdir()
        assert sorted(p.name for p in filled.server.folder.iterdir()) == [".ankiwire.lock", "user"]
    assert len(filled.server_media()) == 300
    filled.server.start()


def kill_after(seconds, server, command):
    """False if it had ended by then, well."""
    process = subprocess.Popen(
        [servers.ankiwire_binary(), *map(str, command)],
        env=server._environment(),
        stdout=subprocess.DEVNULL,
    )
    try:
        assert process.wait(timeout=seconds) == 0
        return False
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait() != 0
