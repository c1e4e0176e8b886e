"""The server has done what it was asked, and the client does not hear of it, or only the half: it
tries again as it does, and nothing is lost or there twice."""

import pytest

from conftest import require
from device import ClientError
from household import normal_sync
from venvs import NEWEST, OLD_VERSIONS

OLD = ["2.1.26", "2.1.44", "2.1.56"]  # each of another way to sync, and with media
NEW = ["2.1.58", "23.10.1", NEWEST]
# What no other test does: of protocol 11 the rest is in test_interruptions.py and test_media.py.
LOST = [(version, method) for version in NEW for method in ("upload", "chunk")] + [
    (version, method)
    for version in OLD
    for method in ("finish", "chunk", "upload", "download", "uploadChanges")
]
HALVES = {"chunk": 100, "download": 5000}  # bytes that arrive of the reply
MEDIA = {f"{i}.mp3": 5_000 for i in range(20)}


def work(device, name, offset=0):
    deck = f"of the {name}"
    device.add_notes(count=30, deck=deck, prefix=name)
    device.renumber_notes(offset=offset)
    return device.review(count=4, deck=deck)


COMMANDS = {
    "upload": "full_upload",
    "download": "full_download",
    "uploadChanges": "sync_media",
    "finish": "sync",
    "chunk": "sync",
}


# R-SESS-01, R-SESS-03, R-FULL-01, R-MEDIA-12
@pytest.mark.parametrize(("version", "method"), LOST, ids=["-".join(lost) for lost in LOST])
def test_a_reply_is_lost(house, version, method):
    require(version)
    other = version if version in OLD_VERSIONS else NEWEST
    first, second, proxy = house.disturbed(version, work, other)
    reviews = len(first.dump()["revlog"].keys() | second.dump()["revlog"].keys())
    if method == "upload":
        normal_sync(first)  # or the work of the second one would be replaced
        reviews += work(first, "first again")
        first.force_full_sync()
    elif method == "download":
        normal_sync(first)
    elif method == "uploadChanges":
        first.put_media(files=MEDIA)
    proxy.cut_response(method, after_bytes=HALVES.get(method, 0))
    with pytest.raises(ClientError):
        getattr(first, COMMANDS[method])()
    help_with_its_faults(first, method)
    if method == "upload":
        assert_went_up(first)
        assert second.sync()["required"] == "choose"
        second.full_download()
    house.settle_media(first, second)
    house.settle_equal(first, second)
    house.assert_media_equal(first, second)
    assert len(first.media()) == (20 if method == "uploadChanges" else 0)
    works = ["first", "second"] + (["first again"] if method == "upload" else [])
    for name in works:
        fronts = [first.note_fields(note=note)[0] for note in notes_of(first, name)]
        assert sorted(fronts) == sorted(f"{name} {i}" for i in range(30))
    assert len(first.dump()["revlog"]) == reviews


def help_with_its_faults(device, method):
    """Two cannot go on by themselves, with the official server neither."""
    if (device.version, method) == ("2.1.26", "chunk"):
        device.kill()  # it would go on to take its new deck for sent
        device.switch_on()
    if (device.version, method) == ("2.1.44", "finish"):
        with pytest.raises(ClientError, match="Check Database"):
            device.sync()  # it takes its own reviews for another's, and has them twice
        device.full_download()


def notes_of(device, name):
    return device.find_notes(query=f'"deck:of the {name}"')


def assert_went_up(device):
    """The server has the upload, so that its device is asked for nothing more."""
    assert device.sync()["required"] == "none"
