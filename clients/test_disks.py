"""A server whose disk is full, read-only or not its own says so, goes on, and loses nothing."""

import os

import pytest

from device import ClientError
from disks import Disks, bound_by_permissions
from household import fill, normal_sync
from venvs import NEWEST

pytestmark = pytest.mark.ours_only


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
    lines = [line for line in house.server.log[before:].splitlines() if "status=500" in line]
    assert lines and any(word in lines[-1] for word in words), house.server.log[before:]
    assert house.server.is_healthy()


FULL = ["No space left on device", "disk is full"]


# R-ERR-07
@pytest.mark.parametrize("notes", [1, 300])
def test_a_sync_on_a_full_disk(small_house, disks, version, notes):
    """One note fails when it is committed, many before that."""
    first, second = small_house.pair(version)
    before = small_house.server_tables()
    filling = disks.fill(small_house.server.folder)
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
    filling = disks.fill(small_house.server.folder)
    first.force_full_sync()
    fails_with(small_house, FULL, first.full_upload)
    assert small_house.server_tables() == before
    filling.unlink()
    assert first.sync()["required"] == "choose"
    first.full_upload()
    second.full_download()
    small_house.settle_equal(first, second)


# R-ERR-07
def test_a_new_user_on_a_full_disk(small_house, disks):
    device = small_house.device()
    fill(device)
    filling = disks.fill(small_house.server.folder)
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
        folder.chmod(0o500)
        fails_with(house, ["Permission denied", "readonly"], first.sync)
        folder.chmod(0o700)
        house.settle_equal(first, second)
        assert len(second.find_notes(query="later")) == 1


def test_a_data_folder_that_cannot_be_written_is_said_at_the_start(make_household, disks):
    household = make_household()
    household.server.folder.mkdir()
    disks.make_read_only(household.server.folder)
    code, said = household.server.try_to_administer("serve", launcher=disks.launcher)
    assert code == 1
    assert "cannot be written: Read-only file system" in said
