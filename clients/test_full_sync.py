"""Full syncs: when a client asks for one, and that either choice leaves all sides equal."""

import pytest

from device import ClientError
from household import fill, normal_sync
from venvs import NEWEST


# R-META-07
def test_both_empty_need_nothing(house, version):
    device = house.device(version)
    result = device.sync()
    assert result == {"required": "none", "exchanged": False, "message": ""}


# R-META-05, R-FULL-01, R-FULL-11
def test_an_empty_server_wants_an_upload_and_an_empty_client_a_download(house, version):
    first, second = house.device(version), house.device()
    fill(first)
    assert first.sync()["required"] == "upload"
    first.full_upload()
    assert second.sync()["required"] == "download"
    second.full_download()
    house.settle_equal(first, second)


def test_a_filled_client_that_never_met_the_server_must_choose(house, version):
    first, second = house.device(version), house.device()
    fill(first)
    first.full_upload()
    fill(second)
    assert second.sync()["required"] == "choose"
    second.full_download()
    house.settle_equal(first, second)


def test_after_a_change_of_schema_the_upload_wins(house, pair_versions):
    first, second = house.pair(*pair_versions)
    first.add_field(notetype="Vocabulary", name="Hint")
    second.add_note(fields=["lost", "by the choice"])
    assert first.sync()["required"] == "choose"
    first.full_upload()
    assert second.sync()["required"] == "choose"
    second.full_download()
    assert second.find_notes(query="lost") == []
    house.settle_equal(first, second)


def test_after_a_change_of_schema_the_download_wins(house, version):
    first, second = house.pair(version)
    first.add_field(notetype="Vocabulary", name="Hint")
    second.add_note(fields=["kept", "by the choice"])
    normal_sync(second)
    assert first.sync()["required"] == "choose"
    first.full_download()
    assert len(first.find_notes(query="kept")) == 1
    assert "Hint" not in str(first.dump()["notetypes"])
    house.settle_equal(first, second)


def test_after_an_upload_all_devices_go_on_with_normal_syncs(house, version):
    first, second = house.pair(version)
    first.add_field(notetype="Vocabulary", name="Hint")
    first.full_upload()
    second.full_download()
    for turn, device in enumerate((first, second)):
        device.add_note(fields=[f"after {turn}", "b", "hint"], notetype="Vocabulary")
        device.review(count=1)
        device.date_edits(seconds=turn)
    house.settle_equal(first, second)


def test_a_download_asks_no_other_device_for_a_full_sync(house, version):
    first, second = house.pair(version)
    for _ in range(2):
        second.full_download()
        normal_sync(first)
    house.settle_equal(first, second)


def test_a_collection_of_some_megabytes_goes_up_and_down(house):
    first, second = house.pair(NEWEST)
    first.sql(
        statement="with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000) "
        "insert into revlog select i, i % 40, -1, 1 + i % 4, i, i, 2500, i % 9000, 1 from n"
    )
    first.force_full_sync()
    first.full_upload()
    second.full_download()
    house.settle_equal(first, second)
    assert len(second.dump()["revlog"]) > 50000


# R-AUTH-03
def test_a_full_sync_with_a_wrong_key_is_refused_and_changes_nothing(house, version):
    device, other = house.pair(version)
    before = house.server_tables()
    stranger = house.device(version)
    fill(stranger)
    stranger.forget_key()
    for direction in (stranger.full_upload, stranger.full_download):
        with pytest.raises(ClientError) as refused:
            direction()
        assert refused.value.kind == "AUTH"
    assert house.server_tables() == before
    house.settle_equal(device, other)
