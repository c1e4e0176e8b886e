"""Clients of protocol 8 to 10, at home with others of their version and with the newest. Those of a
Python that is not here are left out, as the summary says."""

import base64

import pytest

from device import ClientError
from household import normal_sync
from test_normal_sync import edit_first, edit_second, study_second


def download(device):
    assert device.sync()["required"] == "download"
    device.full_download()


@pytest.fixture
def three(house, old):
    """Two devices of the old version and one of the newest: the first filled it, all have it."""
    first, second = house.pair(old, old)
    newest = house.device()
    download(newest)
    return first, second, newest


def test_edits_of_all_meet(house, three):
    first, second, newest = three
    house.assert_equal(newest, first, second)
    edit_first(first)
    first.date_edits(seconds=10)
    edit_second(newest)
    newest.date_edits(seconds=30)
    study_second(second)  # the newest does not on their scheduler
    second.date_edits(seconds=60)
    house.settle_equal(newest, first, second)
    for turn, device in enumerate([newest, second, first]):
        contradict(device, f"of {turn}")
        device.date_edits(seconds=100 * (turn + 1))
    note = min(first.find_notes(query=""))
    first.delete_notes(notes=[max(first.find_notes(query=""))])
    house.settle_equal(first, second, newest)
    assert newest.note_fields(note=note) == ["edited", "of 2"]


def contradict(device, text):
    """What all change before they have heard of the others."""
    notes = device.find_notes(query="")
    device.edit_note(note=min(notes), fields=["edited", text])
    device.edit_note(note=max(notes), fields=["edited", text])
    contradict_in_objects(device, text)
    device.set_config(key="whose", value=text)


def contradict_in_objects(device, text):
    device.edit_notetype(name="Vocabulary", css=f"/* {text} */")
    device.describe_deck(name="Default", text=text)
    device.edit_deck_config(id=1, new={"perDay": ord(text[-1])})


# R-CHANGES-05
def test_notetypes_decks_and_options_of_the_same_second_converge(house, three):
    _, old, newest = three  # the first one would rename what it receives (spec/11-legacy.md)
    for turn, device in enumerate([old, newest]):
        contradict_in_objects(device, f"of {turn}")
        device.date_edits(to=2_000_000_000)
    house.settle_equal(old, newest)


def test_full_syncs_after_a_change_of_schema_and_a_failed_check(house, three):
    for turn, device in enumerate(three):
        device.add_field(notetype="Vocabulary", name=f"Hint {turn}")
        device.date_edits(seconds=20)
        upload_to_all(device, three)
        device.add_note(fields=["after", "it", "hint"], notetype="Vocabulary")
        house.settle_equal(*three)
    lose_a_review(house, three[0])
    upload_to_all(three[0], three)
    house.settle_equal(*three)


def upload_to_all(device, all):
    assert device.sync()["required"] == "choose"
    device.full_upload()
    for other in all:
        if other is not device:
            assert other.sync()["required"] == "choose"
            other.full_download()


# R-SANITY-03
def lose_a_review(house, device):
    device.sql(statement="delete from revlog where id = (select min(id) from revlog)")
    device.add_note(fields=["one", "more"])
    before = house.server_tables()
    with pytest.raises(ClientError):
        device.sync()
    assert house.server_tables() == before
    device.force_full_sync()  # not all do so by themselves


def text(content):
    return base64.b64encode(content.encode()).decode()


def test_media_of_all_reach_all(house, old):
    all = first, second, newest = house.device(old), house.device(old), house.device()
    for turn, device in enumerate(all):
        own = {f"{turn} {i}.mp3": text(f"{turn} {i}") for i in range(30)}
        device.put_media(files=own | {"umlaut ä.jpg": text("same"), "file & co.txt": text("x")})
    house.settle_media(*all)
    house.assert_media_equal(*all)
    assert len(first.media()) == 92
    first.put_media(files={"umlaut ä.jpg": text("of an old one")})
    newest.delete_media(names=["file & co.txt"])
    second.put_media(files={"new.txt": text("new")})
    house.settle_media(*all)
    house.assert_media_equal(*all)
    assert len(newest.media()) == 92
    assert newest.media()["umlaut ä.jpg"] == first.media()["umlaut ä.jpg"]


# R-LEG-35
@pytest.mark.parametrize("old", ["2.0.33", "2.0.52", "2.1.12"], indirect=True)
def test_an_empty_account_is_the_old_clients_first(house, old):
    first = house.device(old)
    assert not first.sync()["message"]
    first.add_note(fields=["the", "first"])
    assert first.sync()["required"] == "choose"
    first.full_upload()
    second = house.device(old)
    download(second)
    house.settle_equal(first, second)


# R-LEG-27
@pytest.mark.parametrize("old", ["2.1.28"], indirect=True)
def test_the_odd_ease_of_2_1_28_stops_no_sync(house, old):
    """It begins with 25, which an upload puts right; with the official server it never syncs again."""
    first = house.device(old)
    first.add_notes(count=4)
    first.review(count=2, ease=4)
    assert first.sync()["required"] == "upload"
    first.full_upload()
    first.add_note(fields=["one", "more"])
    normal_sync(first)
    second, newest = house.device(old), house.device()
    for device in (second, newest):
        download(device)
        device.add_note(fields=["after", "it"])
        normal_sync(device)
    first.review(count=3)
    for device in (first, second, newest, first):
        normal_sync(device)
    assert len(first.find_notes(query="")) == len(newest.find_notes(query="")) == 7
