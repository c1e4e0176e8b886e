"""The proxies of ankiwire-conformance between real clients and servers."""

import re
import signal
import subprocess

import pytest
from conformance_program import ProxyCommand, conformance_program
from household import fill, normal_sync
from venvs import NEWEST


def a_day(house, endpoint, version):
    first, second = (house.device(version, endpoint) for _ in range(2))
    fill(first)
    first.sync()
    first.full_upload()
    second.sync()
    second.full_download()
    second.review(count=2)
    second.add_note(fields=["new", "note"], deck="New")
    first.delete_notes(notes=first.find_notes(query="")[:2])
    for device in (second, first, second):
        normal_sync(device)
    first.put_media(files={"a.jpg": "/9j/", "b.txt": "dGV4dA=="})
    first.sync_media()
    second.sync_media()
    return first, second


@pytest.mark.parametrize("version", ["2.1.58", NEWEST])
def test_what_is_recorded_can_be_replayed(house, make_household, version, tmp_path):
    transcript = tmp_path / "captures" / "day.sync"
    transcript.parent.mkdir()
    with ProxyCommand("record", "--to", house.server.endpoint, "--out", transcript) as proxy:
        a_day(house, proxy.endpoint, version)
        proxy.stop()
    text = transcript.read_text()
    for word in ("hostKey", "upload collection day-1", "applyGraves", "finish", "uploadChanges"):
        assert f": {word}" in text
    assert '"pass"' not in text
    with make_household(folder=tmp_path / "other") as other:
        replay = [conformance_program(), "--url", other.server.endpoint, "--user", "user:pass"]
        done = subprocess.run(
            [*replay, "--replay", transcript.parent], capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 cases: 1 passed" in done.stdout


def test_a_second_signal_loses_nothing(house, tmp_path):
    transcript = tmp_path / "day.sync"
    with ProxyCommand("record", "--to", house.server.endpoint, "--out", transcript) as proxy:
        device = house.device(endpoint=proxy.endpoint)
        fill(device)
        device.full_upload()
        proxy.process.send_signal(signal.SIGINT)
        while proxy.process.poll() is None:
            proxy.process.send_signal(signal.SIGINT)
    assert proxy.process.returncode == 0
    assert "upload" in transcript.read_text()


def test_a_place_that_cannot_be_written_is_told_at_once(house, tmp_path):
    command = [conformance_program(), "record", "--to", house.server.endpoint]
    done = subprocess.run([*command, "--out", tmp_path / "none" / "day.sync"], capture_output=True,
                          text=True, timeout=60)  # fmt: skip
    assert done.returncode == 2
    assert "cannot be written" in done.stderr and "listening" not in done.stdout


@pytest.mark.parametrize("other_kind", ["ours", "official"])
def test_a_second_server_says_the_same(house, make_household, other_kind, tmp_path):
    with make_household(kind=other_kind, folder=tmp_path / "other") as other:
        endpoints = ("--to", house.server.endpoint, "--and", other.server.endpoint)
        with ProxyCommand("shadow", *endpoints) as proxy:
            first, second = a_day(house, proxy.endpoint, NEWEST)
            said = proxy.stop()
        assert re.fullmatch(r"\d+ replies compared, 0 differ\n", said), said
        house.assert_equal(second, first)
        assert other.server_media() == house.server_media()


def test_a_second_server_that_differs_or_is_gone_disturbs_nobody(house, make_household, tmp_path):
    with make_household(folder=tmp_path / "other", users=("user:else",)) as other:
        endpoints = ("--to", house.server.endpoint, "--and", other.server.endpoint)
        with ProxyCommand("shadow", *endpoints) as proxy:
            first, second = a_day(house, proxy.endpoint, NEWEST)
            other.server.stop()
            house.settle_equal(second, first)
            said = proxy.stop()
    assert "hostKey: status 403, not 200" in said
    assert re.search(r"^meta: .*refused", said, re.MULTILINE)
