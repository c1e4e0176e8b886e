"""A server whose disk is full, read-only or not its own says so, goes on, and loses nothing."""

import os

import pytest

from device import ClientError
from disks import Disks, bound_by_permissions
from household import fill, normal_sync
from venvs import NEWEST

pytestmark = pytest.mark.ours_only
old_and_new = pytest.mark.parametrize("version", ["2.1.66", NEWEST])


@pytest.fixture
def disks():
    with Disks() as disks:
        yield disks


@pytest.fixture
def small_house(make_household, disks):
    """Its server has 8 MB."""
    household = make_household()
    folder = household.server.folder
    folder.mkdir()
    disks.mount_small(folder, kibibytes=8000)
    household.server.launcher = disks.launcher
    household.server.account_folder = lambda user="user": disks.path(folder / user)
    with household:
        yield household


def fails_with(house, words, call):
    """The client is told of a server error, the log says what is wrong, and the server goes on."""
    before = len(house.server.log)
    with pytest.raises(ClientError) as failure:
        call()
    assert "try again in a few minutes" in failure.value.text, failure.value
    house.server.logged(f"status=500.*({'|'.join(words)})", before)
    assert house.server.is_healthy()


def fill_disk(house, disks):
    """Leaves no byte, also after the server has removed what it sent last; returns the filling."""
    folder = house.server.folder
    house.wait_until(lambda: not list(disks.path(folder).rglob("*.tmp*")))
    return disks.fill(folder)


FULL = ["No space left on device", "disk is full"]


# R-ERR-07
@pytest.mark.parametrize("notes", [1, 300])
def test_a_sync_on_a_full_disk(small_house, disks, version, notes):
    """One note fails when it is committed, many before that."""
    first, second = small_house.pair(version)
    before = small_house.server_tables()
    filling = fill_disk(small_house, disks)
    for i in range(notes):
        first.add_note(fields=[f"note {i}", os.urandom(5000).hex()])
    for _ in range(2):
        fails_with(small_house, FULL, first.sync)
    assert small_house.server_tables() == before
    filling.unlink()
    small_house.settle_equal(first, second)
    assert len(second.find_notes(query="note")) == notes


# R-ERR-07, R-FULL-14
def test_an_upload_on_a_full_disk(small_house, disks, version):
    first, second = small_house.pair(version)
    before = small_house.server_tables()
    filling = fill_disk(small_house, disks)
    first.force_full_sync()
    fails_with(small_house, FULL, first.full_upload)
    assert small_house.server_tables() == before
    filling.unlink()
    assert first.sync()["required"] == "choose"
    first.full_upload()
    second.full_download()
    small_house.settle_equal(first, second)


# R-ERR-07, R-FULL-14
@pytest.mark.parametrize("what", ["sync", "full_upload"])
def test_with_a_little_more_room_each_time(small_house, disks, what):
    """So that the disk is full at one step after the other: received, copied, kept, committed."""
    first, second = small_house.pair(NEWEST)
    for i in range(60):
        first.add_note(fields=[f"note {i}", os.urandom(3000).hex()])
    if what == "full_upload":
        first.force_full_sync()
    before = small_house.server_tables()
    rooms = []
    for room in range(0, 4_000_000, 90_000):
        filling = fill_disk(small_house, disks)
        os.truncate(filling, filling.stat().st_size - room)
        try:
            getattr(first, what)()
            break
        except ClientError as failure:
            assert "try again in a few minutes" in failure.text, failure
            assert small_house.server_tables() == before
            rooms.append(room)
        finally:
            filling.unlink()
    assert len(rooms) > 3
    if what == "full_upload":
        second.full_download()
    small_house.settle_equal(first, second)
    assert len(second.find_notes(query="note")) == 60


# R-ERR-07
@old_and_new
def test_a_download_on_a_full_disk(small_house, disks, version):
    first, second = small_house.pair(version)
    first.add_note(fields=["unsent", "x"])
    filling = fill_disk(small_house, disks)
    fails_with(small_house, FULL, first.full_download)
    assert len(first.find_notes(query="unsent")) == 1
    filling.unlink()
    small_house.settle_equal(first, second)
    first.full_download()
    small_house.settle_equal(first, second)


# R-ERR-07
def test_a_new_user_on_a_full_disk(small_house, disks):
    device = small_house.device()
    fill(device)
    filling = fill_disk(small_house, disks)
    fails_with(small_house, FULL, device.sync)
    filling.unlink()
    assert device.sync()["required"] == "upload"
    device.full_upload()
    small_house.settle_equal(device)


# R-ERR-07
def test_a_read_only_disk(small_house, disks):
    first, second = small_house.pair(NEWEST)
    small_house.server.stop()
    small_house.server.start()
    first.add_note(fields=["later", "x"])
    folder = small_house.server.folder / "user"
    disks.make_read_only(folder)
    fails_with(small_house, ["readonly", "Read-only file system"], first.sync)
    disks.unmount(folder)
    small_house.settle_equal(first, second)
    assert len(second.find_notes(query="later")) == 1


# R-ERR-07
def test_a_folder_without_permission(make_household):
    household = make_household()
    household.server.launcher = bound_by_permissions()
    with household as house:
        first, second = house.pair(NEWEST)
        house.server.stop()
        house.server.start()
        first.add_note(fields=["later", "x"])
        folder = house.server.folder / "user"
        folder.chmod(0)
        fails_with(house, ["Permission denied"], first.sync)
        house.server.stop()
        house.server.start()
        assert house.server.logged("will not be able to sync: .*user: Permission denied")
        folder.chmod(0o500)
        fails_with(house, ["Permission denied", "readonly"], first.sync)
        folder.chmod(0o700)
        house.settle_equal(first, second)
        assert len(second.find_notes(query="later")) == 1


# --- media ---------------------------------------------------------------------------------------


def with_media(house, version):
    """A pair that has sent some media and is about to send more; and what the server has."""
    first, second = house.pair(version)
    first.put_media(files={"before.jpg": 50_000, "replaced.jpg": 50_000})
    house.settle_media(first, second)
    before = house.server_media()
    first.put_media(files={f"{i}.mp3": 20_000 for i in range(40)} | {"replaced.jpg": 60_000})
    return first, second, before


def assert_completed(house, first, second):
    house.settle_media(first, second)
    house.assert_media_equal(first, second)
    assert len(second.media()) == 42
    first.add_note(fields=["after", "it"])
    house.settle_equal(first, second)


# R-ERR-07, R-MEDIA-20
@pytest.mark.parametrize("room", [0, 100_000, 700_000], ids=["for nothing", "a part", "the zip"])
@old_and_new
def test_media_on_a_full_disk(small_house, disks, version, room):
    """A batch takes 500 kB as it is received, and as much again as files."""
    first, second, before = with_media(small_house, version)
    filling = fill_disk(small_house, disks)
    os.truncate(filling, filling.stat().st_size - room)
    for _ in range(2):
        fails_with(small_house, FULL, first.sync_media)
    assert small_house.server_media() == before
    small_house.server.kill()
    small_house.server.start()
    assert small_house.server_media() == before
    filling.unlink()
    assert_completed(small_house, first, second)


# R-ERR-07
@pytest.mark.parametrize("folder", ["media", "media.staging"])
@old_and_new
def test_a_folder_of_media_without_permission(make_household, version, folder):
    household = make_household()
    household.server.launcher = bound_by_permissions()
    with household as house:
        first, second, before = with_media(house, version)
        path = house.server.account_folder() / folder
        for mode in [0, 0o500]:
            path.chmod(mode)
            fails_with(house, ["Permission denied"], first.sync_media)
            first.add_note(fields=["meanwhile", "x"])
            house.settle_equal(first, second)
        path.chmod(0o700)
        assert_completed(house, first, second)


# R-ERR-07
@pytest.mark.parametrize("folder", ["media", "media.staging"])
@old_and_new
def test_a_read_only_folder_of_media(small_house, disks, version, folder):
    first, second, before = with_media(small_house, version)
    path = small_house.server.folder / "user" / folder
    disks.make_read_only(path)
    fails_with(small_house, ["Read-only file system"], first.sync_media)
    first.add_note(fields=["meanwhile", "x"])
    small_house.settle_equal(first, second)
    disks.unmount(path)
    assert_completed(small_house, first, second)


# R-MEDIA-19
def test_the_folder_of_media_may_be_another_disk(small_house, disks):
    """As a user makes it, by a mount or a link; the official server does not mind."""
    folder = small_house.server.folder / "user" / "media"
    disks.run("mkdir", "--parents", folder)
    disks.mount_small(folder, kibibytes=4000)
    first, second = small_house.pair(NEWEST)
    first.put_media(files={f"{i}.mp3": 10_000 for i in range(3)})
    small_house.settle_media(first, second)
    small_house.assert_media_equal(first, second)


def test_a_data_folder_that_cannot_be_written_is_said_at_the_start(make_household, disks):
    household = make_household()
    household.server.folder.mkdir()
    disks.make_read_only(household.server.folder)
    code, said = household.server.try_to_administer("serve", launcher=disks.launcher)
    assert code == 1
    assert "cannot be written: Read-only file system" in said
