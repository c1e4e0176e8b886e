"""A web application edits the file of an idle account with the official library."""

import time

import pytest
from device import ClientError
from household import normal_sync
from rawclient import RawClient
from venvs import NEWEST

RELEASE_SECONDS_MAX = {"ours": 60, "official": 1}


def open_server_file(house):
    """What `Collection(path)` in the web application does: fails while the account is in use."""
    return house.open(NEWEST, house.server.account_folder() / "collection.anki2")


def open_when_released(house):
    deadline = time.monotonic() + RELEASE_SECONDS_MAX[house.server.kind]
    while True:
        try:
            return open_server_file(house)
        except ClientError as locked:
            assert time.monotonic() < deadline, f"the account was never released: {locked}"
            time.sleep(0.05)  # nothing tells a foreign process of the release


# R-STORE-05, R-STORE-06
@pytest.mark.parametrize("version", ["2.1.58", "24.11"])
def test_an_edit_on_the_server_reaches_the_clients(house, version):
    first, second = house.pair(version)
    house.settle(first, second)
    application = open_when_released(house)
    application.add_note(fields=["from the web", "application"], deck="Class", tags=["web"])
    application.edit_note(note=application.find_notes(query="")[0], fields=["web", "edit"])
    application.switch_off()
    for turn, device in enumerate((first, second)):
        device.add_note(fields=[f"from device {turn}", "x"])
        assert normal_sync(device)["exchanged"]
        assert len(device.find_notes(query="deck:Class")) == 1
    house.settle_equal(first, second)


# R-STORE-05, R-STORE-06
def test_edits_on_the_server_again_and_again(house):
    device, other = house.pair(NEWEST)
    for round in range(3):
        application = open_when_released(house)
        application.add_note(fields=[f"web {round}", "x"])
        application.review(count=1)
        application.date_edits(seconds=10 * round)
        application.switch_off()
        normal_sync(device)
        assert len(device.find_notes(query='"web *"')) == round + 1
    house.settle_equal(device, other)


# R-STORE-04
def test_while_the_account_is_in_use_the_application_is_kept_out(house):
    house.pair(NEWEST)
    raw = RawClient(house.server.endpoint)
    raw.log_in()
    raw.start(usn=raw.meta()["usn"])
    with pytest.raises(ClientError) as locked:
        open_server_file(house)
    assert "open" in locked.value.text.lower() or "lock" in locked.value.text.lower()
    assert raw.call("finish").status == 200


def test_while_the_application_has_the_file_a_client_is_told_to_come_back(house):
    device, other = house.pair(NEWEST)
    device.add_note(fields=["meanwhile", "x"])
    application = open_when_released(house)
    with pytest.raises(ClientError) as busy:
        device.sync()
    assert busy.value.kind != "AUTH"
    application.switch_off()
    house.settle_equal(device, other)
