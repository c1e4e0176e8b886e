"""Whatever ends a sync in the middle: the next one is good and nothing is lost or doubled."""

import pytest

from device import ClientError
from household import fill, normal_sync
from rawclient import RawClient
from venvs import NEWEST, VERSIONS

METHODS = ["meta", "start", "applyChanges", "chunk", "applyChunk", "sanityCheck2", "finish"]
SIDES = ["before", "after"]  # the server has seen the request
# The newest library at every point, older ones where it matters most.
POINTS = [(NEWEST, method, side) for method in METHODS for side in SIDES] + [
    (version, method, side)
    for version in VERSIONS[:-1]
    for method, side in [("chunk", "before"), ("applyChunk", "after"), ("finish", "after")]
]
at_every_point = pytest.mark.parametrize(
    ("some_version", "method", "side"), POINTS, ids=["-".join(point) for point in POINTS]
)


def work(device, name, offset=0):
    """Something for every method of a sync, deletions among them. The offset keeps the ids apart
    of notes that two devices make at the same time."""
    device.add_notes(count=30, deck=name, prefix=name)
    device.renumber_notes(offset=offset)
    device.delete_notes(notes=device.find_notes(query="")[:1])
    device.review(count=3, deck="Latin")
    device.edit_notetype(name="Basic", css=f"/* {name} */")


# R-SESS-01, R-SESS-03
@at_every_point
def test_a_client_is_killed(house, some_version, method, side):
    first, second, proxy = house.disturbed(some_version, work)
    gate = proxy.hold(method, side)
    first.begin("sync")
    gate.wait_until_reached()
    first.kill()
    gate.open()
    first.switch_on()
    house.settle_equal(first, second)
    assert_all_work_is_there(first)


# R-SESS-01, R-SESS-03
@at_every_point
def test_the_connection_breaks(house, some_version, method, side):
    first, second, proxy = house.disturbed(some_version, work)
    proxy.cut(method, side)
    with pytest.raises(ClientError):
        first.sync()
    house.settle_equal(first, second)
    assert_all_work_is_there(first)


@pytest.mark.parametrize("method", ["applyChanges", "applyChunk"])
def test_the_connection_breaks_within_a_request(house, method):
    first, second, proxy = house.disturbed(NEWEST, work)
    proxy.cut_request(method, after_bytes=40)
    with pytest.raises(ClientError):
        first.sync()
    house.settle_equal(first, second)
    assert_all_work_is_there(first)


# R-STORE-07, R-SESS-01
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("method", METHODS)
def test_the_server_is_killed(house, method, side):
    first, second, proxy = house.disturbed(NEWEST, work)
    gate = proxy.hold(method, side)
    first.begin("sync")
    gate.wait_until_reached()
    house.server.kill()
    gate.open()
    try:
        first.end("sync")  # the reply to `finish` may have been on its way
    except ClientError as error:
        assert error.type in ("NetworkError", "SyncError")
    house.server.start()
    house.settle_equal(first, second)
    assert_all_work_is_there(first)


def assert_all_work_is_there(device):
    for name in ("first", "second"):
        assert len(device.find_notes(query=f"deck:{name}")) == 30


# R-FULL-14
@pytest.mark.parametrize("bytes_before_the_cut", [0, 1, 3000])
def test_an_upload_breaks_off(house, bytes_before_the_cut):
    first, second = house.pair(NEWEST)
    before = house.server_tables()
    proxy = house.proxy()
    first.add_notes(count=100)
    first.force_full_sync()
    first.use_endpoint(endpoint=proxy.endpoint)
    proxy.cut_request("upload", after_bytes=bytes_before_the_cut)
    with pytest.raises(ClientError):
        first.full_upload()
    assert house.server_tables() == before
    assert first.sync()["required"] == "choose"
    first.full_upload()
    second.full_download()
    house.settle_equal(first, second)


def test_a_download_breaks_off(house, version):
    first, second = house.pair(version)
    second.add_note(fields=["unsent", "x"])
    proxy = house.proxy()
    second.use_endpoint(endpoint=proxy.endpoint)
    proxy.cut_response("download", after_bytes=5000)
    with pytest.raises(ClientError):
        second.full_download()
    assert len(second.find_notes(query="unsent")) == 1
    house.settle_equal(first, second)


# R-SANITY-01, R-SANITY-03
def test_a_failed_sanity_check_leads_to_a_full_sync(house, version):
    first, second = house.pair(version)
    work(first, "first")
    # A loss that the client does not know of: the counts will differ.
    first.sql(statement="delete from revlog where id = (select min(id) from revlog)")
    before = house.server_tables()
    with pytest.raises(ClientError):
        first.sync()
    assert house.server_tables() == before
    assert first.sync()["required"] == "choose"
    first.full_upload()
    assert second.sync()["required"] == "choose"
    second.full_download()
    house.settle_equal(first, second)


def test_a_failed_sanity_check_harms_no_other_device(house, version):
    first, second = house.pair(version)
    work(first, "first")
    first.sql(statement="delete from revlog where id = (select min(id) from revlog)")
    work(second, "second")
    with pytest.raises(ClientError):
        first.sync()
    normal_sync(second)
    first.sync()
    first.full_download()
    house.settle_equal(first, second)
    assert len(first.find_notes(query="deck:second")) == 30


LOOKS = [(NEWEST, method) for method in METHODS[2:]] + [(v, "applyChunk") for v in VERSIONS[:-1]]


# R-META-09
@pytest.mark.parametrize(("some_version", "method"), LOOKS, ids=["-".join(look) for look in LOOKS])
def test_another_device_looks_at_meta_in_the_middle(house, some_version, method):
    """A status check, as programs make it when they start, must not end the running sync."""
    first, second, proxy = house.disturbed(some_version, work)
    other = RawClient(house.server.endpoint)
    other.log_in()
    before = other.meta()
    gate = proxy.hold_request(method)
    first.begin("sync")
    gate.wait_until_reached()
    during = other.meta()
    assert (during["mod"], during["usn"]) == (before["mod"], before["usn"])
    assert second.status() == "none"
    gate.open()
    assert first.end("sync")["required"] == "none"
    house.settle_equal(first, second)
    assert_all_work_is_there(first)


# R-CHUNK-06
@pytest.mark.parametrize("method", METHODS[1:])
def test_another_device_syncs_in_the_middle(house, method):
    """The second one takes over or is told to wait; in the end both have everything."""
    first, second, proxy = house.disturbed(NEWEST, work)
    second.add_note(fields=["in between", "x"])
    second.renumber_notes(offset=200_000)
    gate = proxy.hold_request(method)
    first.begin("sync")
    gate.wait_until_reached()
    ended_well = [try_sync(second)]
    gate.open()
    try:
        first.end("sync")
        ended_well.append(True)
    except ClientError as error:
        assert error.kind != "AUTH"
        ended_well.append(False)
    assert any(ended_well)
    house.settle_equal(first, second)
    assert_all_work_is_there(first)
    assert len(first.find_notes(query="between")) == 1


def try_sync(device):
    try:
        return device.sync()["required"] == "none"
    except ClientError as error:
        assert error.kind != "AUTH"
        return False


# R-FULL-13
def test_another_device_uploads_in_the_middle(house):
    first, second, proxy = house.disturbed(NEWEST, work)
    gate = proxy.hold_request("applyChunk")
    first.begin("sync")
    gate.wait_until_reached()
    second.force_full_sync()
    second.full_upload()
    gate.open()
    with pytest.raises(ClientError):
        first.end("sync")
    assert first.sync()["required"] == "choose"
    first.full_download()
    house.settle_equal(first, second)


# R-AUTH-05
def test_an_empty_device_meets_a_restarted_server(house, version):
    device = house.device(version)
    house.server.stop()
    with pytest.raises(ClientError) as unreachable:
        device.sync()
    assert unreachable.value.type == "NetworkError"
    house.server.start()
    fill(device)
    assert device.sync()["required"] == "upload"
    device.full_upload()
    house.server.stop()
    house.server.start()
    house.settle_equal(device)
