"""The wrong button on a one-way sync, and the way back."""

import re

import pytest
from household import normal_sync
from venvs import NEWEST

pytestmark = pytest.mark.ours_only


# R-FULL-10, R-FULL-15
@pytest.mark.parametrize("desktop_version", ["2.1.58", "24.11"])
def test_reviews_that_an_upload_destroyed_are_restored(house, desktop_version):
    desktop = house.device(desktop_version)
    desktop.add_notes(count=300)
    desktop.edit_deck_config(id=1, new={"perDay": 999}, rev={"perDay": 999})
    desktop.full_upload()
    phone = house.device(NEWEST)
    phone.full_download()
    assert phone.review(count=300, ease=4) == 300
    normal_sync(phone)

    desktop.force_full_sync()
    assert desktop.sync()["required"] == "choose"
    desktop.full_upload()
    assert house.server_dump()["revlog"] == {}

    house.server.stop()
    versions = house.server.administer("versions", "user")
    line = next(line for line in versions.splitlines() if re.search(r"[-−]300 reviews", line))
    assert desktop.pool.library_version(desktop_version) in line, "who"
    assert re.search(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d", line), "when"
    house.server.administer("restore", "user", line.split()[0])
    house.server.start()

    for device in (phone, desktop):
        assert device.sync()["required"] == "choose"
        device.full_download()
        assert len(device.dump()["revlog"]) == 300
    house.settle_equal(phone, desktop)


def test_a_restore_can_be_undone_too(house):
    device = house.device()
    device.add_notes(count=3)
    device.full_upload()
    device.add_notes(count=4, prefix="later")
    device.full_upload()
    house.server.stop()
    house.server.administer("restore", "user", first_word(house.server, "versions", "user"))
    house.server.start()
    device.full_download()
    assert len(device.find_notes(query="")) == 3
    house.server.stop()
    newest = house.server.administer("versions", "user").splitlines()[-1].split()[0]
    house.server.administer("restore", "user", newest)
    house.server.start()
    device.full_download()
    assert len(device.find_notes(query="")) == 7


def first_word(server, *command):
    return server.administer(*command).splitlines()[-1].split()[0]
