"""Media of real clients: what both do in their folders, both have in the end, and the server too."""

import base64
import contextlib
import shutil
import unicodedata

import pytest

from device import ClientError
from server import Server
from venvs import NEWEST, VERSIONS

# 2.1.58 is like 2.1.66; both always ask `begin`. The others start from the usn in `meta`.
MEDIA_VERSIONS = [version for version in VERSIONS if version != "2.1.58"]
WITHOUT_BEGIN = [version for version in MEDIA_VERSIONS if not version.startswith("2.1.")]
old_and_new = pytest.mark.parametrize("version", ["2.1.66", NEWEST])
for_each_version = pytest.mark.parametrize("version", MEDIA_VERSIONS)

NAMES = [
    "plain.jpg",
    "Plain.jpg",
    "PLAIN.JPG",
    "with space and 'quote'.mp3",
    "_meta",
    "0",
    "umlaut ä.jpg",  # NFC
    "한국어.mp3",
    "emoji 👩🏽‍🚀🎉.png",
    "a" * 116 + ".png",  # the longest that clients leave as they are
    "ä" * 58 + ".png",
    "no ending",
    "%2e%2e%2f.png",
    "..png",
]


def text(content):
    return base64.b64encode(content.encode()).decode()


def many_files(count, word):
    return {f"{word} {i}.txt": text(f"{word} {i} " * (i % 50 + 1)) for i in range(count)}


@pytest.fixture
def empty_pair(house):
    """Two devices of an account without media."""

    def make(version, other_version=NEWEST, endpoint=None):
        first, second = house.device(version, endpoint), house.device(other_version)
        first.full_upload()
        second.full_download()
        return first, second

    return make


@pytest.fixture
def media_pair(empty_pair):
    """Two devices of an account; the first one has sent 200 files, and both have them."""

    def make(version, other_version=NEWEST):
        first, second = empty_pair(version, other_version)
        first.put_media(
            files={name: text(f"content of {name}") for name in NAMES}
            | many_files(200 - len(NAMES), "file")
        )
        first.sync_media()
        second.sync_media()
        return first, second

    return make


@for_each_version
def test_200_files_reach_a_second_device(house, media_pair, version):
    first, second = media_pair(version)
    assert len(first.media()) == 200
    house.assert_media_equal(first, second)


# R-MEDIA-05, R-MEDIA-12, R-MEDIA-13
@for_each_version
def test_both_devices_add_replace_and_delete(house, media_pair, version):
    first, second = media_pair(version)
    first.put_media(files=many_files(30, "of the first") | {"file 1.txt": text("first's")})
    first.delete_media(names=["plain.jpg", "emoji 👩🏽‍🚀🎉.png", "file 2.txt"])
    second.put_media(files=many_files(30, "of the second") | {"file 3.txt": text("second's")})
    second.delete_media(names=["Plain.jpg", "umlaut ä.jpg", "file 4.txt"])
    house.settle_media(first, second)
    house.assert_media_equal(first, second)
    found = first.media()
    assert len(found) == 200 + 60 - 6
    assert "PLAIN.JPG" in found
    assert not {"plain.jpg", "Plain.jpg", "file 2.txt", "file 4.txt"} & found.keys()


# R-MEDIA-08, R-MEDIA-12
@for_each_version
def test_deletions_and_additions_go_in_one_batch(house, media_pair, version):
    first, second = media_pair(version)
    first.delete_media(names=["file 1.txt", "file 2.txt"])
    first.put_media(files={"new.txt": text("new"), "file 3.txt": text("replaced")})
    logged = len(house.server.log)
    first.sync_media()
    second.sync_media()
    house.assert_media_equal(first, second)
    if house.server.kind == "ours":
        assert len(house.server.logged("method=uploadChanges status=200", logged)) == 1


# R-MEDIA-13
@for_each_version
def test_a_file_that_both_changed_is_the_one_that_came_first(house, media_pair, version):
    first, second = media_pair(version)
    first.put_media(files={"file 1.txt": text("first's"), "new.txt": text("first's new")})
    second.put_media(files={"file 1.txt": text("second's"), "new.txt": text("second's new")})
    second.sync_media()
    expected = second.media()
    house.settle_media(first, second)
    house.assert_media_equal(first, second)
    assert first.media() == expected


@for_each_version
def test_a_file_deleted_here_and_replaced_there_stays(house, media_pair, version):
    first, second = media_pair(version)
    first.delete_media(names=["file 1.txt"])
    second.put_media(files={"file 1.txt": text("second's")})
    second.sync_media()
    house.settle_media(first, second)
    house.assert_media_equal(first, second)
    assert "file 1.txt" in first.media()


@for_each_version
def test_a_name_that_was_deleted_comes_back(house, media_pair, version):
    first, second = media_pair(version)
    first.delete_media(names=["file 1.txt"])
    house.settle_media(first, second)
    second.put_media(files={"file 1.txt": text("again")})
    house.settle_media(second, first)
    house.assert_media_equal(first, second)
    assert "file 1.txt" in first.media()


# R-MEDIA-09
@for_each_version
def test_files_that_clients_do_not_send_do_no_harm(house, media_pair, version):
    first, second = media_pair(version)
    unsent = [unicodedata.normalize("NFD", "zürich.jpg"), "a:b?.jpg", "CON.txt"]
    first.put_media(files={name: text("x") for name in unsent} | {"empty.jpg": "", "sent": text("x")})
    first.sync_media()
    second.sync_media()
    first.delete_media(names=[*unsent, "empty.jpg"])
    first.sync_media()
    house.assert_media_equal(first, second)
    assert "sent" in second.media()


# R-MEDIA-01
@pytest.mark.parametrize("version", WITHOUT_BEGIN)
def test_the_usn_in_meta_is_all_that_a_client_needs(house, version):
    first, second = house.pair(version)
    first.sync(media=True)
    second.sync(media=True)
    for sender, receiver in [(first, second), (second, first)]:
        for round in range(3):
            sender.put_media(files={f"{sender.version} {round}.txt": text(f"{round}")})
            sender.sync(media=True)
            receiver.sync(media=True)
            house.assert_media_equal(first, second)
    assert "method=begin" not in house.server.log


# R-MEDIA-10, R-MEDIA-11
@for_each_version
def test_a_file_of_90_megabytes(house, empty_pair, version):
    first, second = empty_pair(version, version)  # so that each version sends and gets it
    first.put_media(files={"long.mp4": 90_000_000, "short.mp3": 1_000})
    first.sync_media()
    second.sync_media()
    house.assert_media_equal(first, second)
    assert len(second.media()) == 2


# Of several uploads and downloads the second one is interrupted.
TRANSFERS = [
    (method, place)
    for method, body in [("uploadChanges", "in the request"), ("downloadFiles", "in the reply")]
    for place in ["before", body, "after"]
]
OTHERS = [
    (method, side) for method in ["mediaChanges", "mediaSanity"] for side in ["before", "after"]
]
INTERRUPTED = [
    (version, *point)
    for version in MEDIA_VERSIONS
    for point in TRANSFERS + (OTHERS if version in ["2.1.66", NEWEST] else [])
]


def interruptions(points):
    ids = ["-".join(point).replace(" ", "_") for point in points]
    return pytest.mark.parametrize(("version", "method", "place"), points, ids=ids)


@pytest.fixture
def disturbed(house, empty_pair):
    """Two devices with 100 files each to exchange; the first one goes through a proxy."""

    def make(version):
        proxy = house.proxy()
        first, second = empty_pair(version, endpoint=proxy.endpoint)
        files = {f"of the second {i}.mp3": 10_000 for i in range(99)}
        # The second download is of a file that no buffer on the way can take.
        for batch in [list(files)[:25], ["long.mp4"], list(files)[25:]]:
            second.put_media(files={name: files.get(name, 6_000_000) for name in batch})
            second.sync_media()
        names = NAMES + [f"of the first {i}.mp3" for i in range(100 - len(NAMES))]
        first.put_media(files={name: 10_000 for name in names})
        return first, second, proxy

    return make


def later(method):
    return 1 if (method, "before") in TRANSFERS else 0


def assert_complete(house, first, second):
    house.settle_media(first, second)
    house.assert_media_equal(first, second)
    assert len(first.media()) == 200
    house.wait_until(lambda: not house.halves_of_uploads())


@interruptions(INTERRUPTED)
def test_a_client_is_killed(house, disturbed, version, method, place):
    first, second, proxy = disturbed(version)
    gate = proxy.hold(method, place, later(method))
    first.begin("sync_media")
    gate.wait_until_reached()
    first.kill()
    gate.open()
    first.switch_on()
    assert_complete(house, first, second)


@interruptions(INTERRUPTED)
def test_the_connection_breaks(house, disturbed, version, method, place):
    first, second, proxy = disturbed(version)
    proxy.cut(method, place, later(method))
    with pytest.raises(ClientError):
        first.sync_media()
    assert_complete(house, first, second)


# R-MEDIA-20, R-MEDIA-21
@interruptions(
    [point for point in INTERRUPTED if point[1:] != ("mediaSanity", "after")]  # it is all done then
)
def test_the_server_is_killed(house, disturbed, version, method, place):
    first, second, proxy = disturbed(version)
    gate = proxy.hold(method, place, later(method))
    first.begin("sync_media")
    gate.wait_until_reached()
    if place == "in the request" and house.server.kind == "ours":
        house.wait_until(house.halves_of_uploads)
    house.server.kill()
    gate.open()
    with pytest.raises(ClientError):
        first.end("sync_media")
    house.server.start()
    assert_complete(house, first, second)


# R-MEDIA-15, R-MEDIA-32, R-MEDIA-23
@pytest.mark.parametrize("harm", ["missing", "empty"])
@for_each_version
def test_a_file_that_the_server_lost_comes_back(house, media_pair, version, harm):
    first, second = media_pair(version)
    path = house.server.account_folder() / "media" / "file 1.txt"
    path.unlink()
    if harm == "empty":
        path.touch()
    third = house.device(version)
    third.full_download()
    with pytest.raises(ClientError) as refused:
        third.sync_media()
    assert "Only one copy of Anki" in refused.value.text  # how clients show a 409
    third.sync_media()
    assert len(third.media()) == 199
    # The usn has moved, so that who has the file looks, counts, and sends it again.
    with pytest.raises(ClientError) as differs:
        first.sync_media()
    assert "Please sync again" in differs.value.text  # its count differs
    house.settle_media(first, second, third)
    house.assert_media_equal(first, second, third)
    assert len(third.media()) == 200


# Each server once in the middle of an upload, and once when the client has not got the reply.
KILLED_AT = ["in the request", "after", "after", "in the request"]


def end_of(device, command):
    """Of one that may have failed."""
    with contextlib.suppress(ClientError):
        device.end(command)


# R-MEDIA-19
@pytest.mark.parametrize("places", [None, KILLED_AT], ids=["stopped", "killed"])
@for_each_version
def test_media_of_the_official_server_go_on_with_ours_and_back(make_household, version, places):
    with make_household(kind="official") as house:
        proxy = house.proxy()
        first = house.device(version, proxy.endpoint)
        first.full_upload()
        first.put_media(files={name: text(name) for name in NAMES} | many_files(40, "file"))
        first.sync_media()
        second = house.device(NEWEST)
        second.full_download()
        second.sync(media=True)
        for round, kind in enumerate(["ours", "official", "ours", "official"]):
            new = {f"round {round} {i}.mp3": 10_000 for i in range(60)}
            if places:
                first.put_media(files=new)
                gate = proxy.hold("uploadChanges", places[round], later=1)
                first.begin("sync_media")
                gate.wait_until_reached()
                house.change_server(kind, killed=True)
                gate.open()
                end_of(first, "sync_media")
            else:
                house.change_server(kind)
                second.sync(media=True)  # nobody logs in again, nothing is sent twice
                house.assert_media_equal(first, second)
                first.put_media(files=new)
            first.put_media(files={"file 1.txt": text(f"{round}")})
            first.delete_media(names=[f"file {round + 10}.txt"])
            house.settle_media(first, second)
            second.sync(media=True)
            house.assert_media_equal(first, second)
            assert new.keys() < second.media().keys()


def damage_list(house):
    house.server.stop()
    (house.server.account_folder() / "media.db").write_bytes(b"damaged" * 1_000)
    house.server.start()


# R-MEDIA-01
@pytest.mark.ours_only
def test_damaged_media_are_an_error_on_every_device_and_cards_go_on(house):
    first, second = house.pair(NEWEST)
    first.put_media(files=many_files(3, "file"))
    first.sync(media=True)
    damage_list(house)
    for device in [first, second]:  # the second one knows of no media yet
        device.add_note(fields=["after", "it"])
        with pytest.raises(ClientError, match="encountered a problem"):
            device.sync(media=True)
    house.settle_equal(first, second)


def move_list_away(house):
    house.server.stop()
    (house.server.account_folder() / "media.db").rename(house.folder / "damaged")
    house.server.start()


# R-MEDIA-24
@pytest.mark.ours_only
@old_and_new
def test_a_damaged_list_of_media_is_mended_by_moving_it_away(house, media_pair, version):
    """As the README tells it."""
    first, second = media_pair(version)
    lost = house.device()
    lost.full_download()
    lost.put_media(files={"of a lost device.jpg": text("x"), "file 1.txt": text("replaced")})
    lost.sync_media()
    first.put_media(files={"not sent yet.jpg": text("x")})
    damage_list(house)
    with pytest.raises(ClientError, match="encountered a problem"):
        first.sync(media=True)
    move_list_away(house)
    logged = len(house.server.log)
    for device in [first, second, first]:
        device.sync(media=True)
    house.assert_media_equal(first, second)
    assert len(second.media()) == 202
    assert len(house.server.logged("method=uploadChanges", logged)) == 1


@pytest.mark.ours_only
@old_and_new
def test_without_the_list_a_deletion_that_a_device_missed_is_undone(house, media_pair, version):
    first, second = media_pair(version)
    first.delete_media(names=["file 1.txt"])
    first.sync_media()
    move_list_away(house)
    with pytest.raises(ClientError, match="Please sync again"):  # it has one file more
        second.sync(media=True)
    house.settle_media(second, first)
    house.assert_media_equal(first, second)
    assert "file 1.txt" in first.media()


# R-STORE-04
def test_a_folder_that_the_official_server_has_open_is_refused(make_household):
    with make_household(kind="official") as house:
        house.device().full_upload()
        ours = Server("ours", house.server.folder)
        with pytest.raises(AssertionError, match="media.db is in use by another program"):
            ours.start()
        house.change_server("ours")


def test_a_server_that_starts_with_a_copied_folder_has_its_media(make_household, tmp_path):
    with make_household() as house:
        first = house.device()
        first.full_upload()
        first.put_media(files=many_files(30, "file"))
        first.sync_media()
        house.server.stop()
        moved = tmp_path / "moved"
        shutil.copytree(house.server.folder, moved)
        house.server.folder = moved
        house.server.start()
        second = house.device()
        second.full_download()
        second.sync_media()
        house.assert_media_equal(first, second)
