"""Through Debian's nginx and Caddy, with TLS: by the files of examples/, and with nothing set; and
what clients show when something is wrong, as the README tells it."""

import contextlib
import http.client
import re
import shutil
import ssl

import pytest
from big_collection import NOTES, REVIEWS, make_collection
from device import ClientError, Device, Pool
from front import BARE, EXAMPLES, Authority, Front
from household import fill, normal_sync
from venvs import NEWEST

pytestmark = pytest.mark.ours_only
old_and_new = pytest.mark.parametrize("version", ["2.1.66", NEWEST])

MIB = 2**20
# Two of them, when packed.
GROW = """
with recursive n(i) as (select 1 union all select i + 1 from n where i < 100)
insert into notes select i, 'guid' || i, (select min(id) from notetypes), 1700000000, -1, '',
    hex(randomblob(20000)), '', 0, 0, '' from n
"""


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pool(tmp_path_factory, authority):
    """Clients that trust the authority."""
    folder = tmp_path_factory.mktemp("trusting_clients")
    pool = Pool(folder / "clients.log", SSL_CERT_FILE=str(authority.certificate))
    yield pool
    pool.end()


@pytest.fixture
def settings():
    return {"SYNC_IP_HEADER": "RightmostXForwardedFor"}


@pytest.fixture
def house(make_household, settings):
    with make_household(**settings) as house:
        yield house


@pytest.fixture
def front(house, authority, tmp_path):
    """front(kind, site) is the address of such a proxy in front of the household's server."""
    with contextlib.ExitStack() as running:

        def start(kind, site):
            proxy = Front(kind, site, tmp_path / "front", authority, house.server.port)
            return running.enter_context(proxy).address

        yield start


@pytest.fixture(params=["nginx", "caddy"])
def kind(request):
    return request.param


@pytest.fixture
def address(front, kind):
    """Through the example file as it is, with its path."""
    return f"{front(kind, EXAMPLES[kind].read_text())}anki/"


@pytest.fixture(scope="module")
def big_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("big") / "collection.anki2"
    make_collection(path)
    return path


def packed_bytes_of_uploads(house):
    lines = house.server.logged("method=upload status=200 .* in=")
    return [int(re.search(r" in=(\d+)", line)[1]) for line in lines]


def sync_all_ways(house, version, address):
    first = house.device(version, address)
    fill(first)
    assert first.sync()["required"] == "upload"
    first.full_upload()
    second = house.device(NEWEST, address)
    assert second.sync()["required"] == "download"
    second.full_download()
    first.add_note(fields=["from the first", "b"])
    second.add_note(fields=["from the second", "b"])
    house.settle_equal(first, second)
    return first


# R-TRANS-02, R-TRANS-07, R-TRANS-08
def test_the_example_files_carry_every_sync(house, address, version):
    sync_all_ways(house, version, address)


@old_and_new
def test_syncs_need_no_settings_of_a_proxy(house, front, kind, version):
    sync_all_ways(house, version, front(kind, BARE[kind]))


def test_120_megabytes_go_up_and_down(house, address, big_file):
    path = house.new_path()
    path.parent.mkdir()
    shutil.copy(big_file, path)
    first, second = house.open(NEWEST, path), house.device(NEWEST, address)
    first.log_in(address)
    first.force_full_sync()
    first.full_upload()
    assert packed_bytes_of_uploads(house)[0] > 40 * MIB
    second.full_download()
    for table, rows in (("notes", NOTES), ("revlog", REVIEWS)):
        assert second.sql(statement=f"select count() from {table}") == [[rows]]
    second.add_note(fields=["after", "it"])
    normal_sync(second)
    normal_sync(first)
    assert len(first.find_notes(query="after")) == 1


@old_and_new
def test_media_go_up_and_down(house, address, version):
    first, second = house.device(version, address), house.device(NEWEST, address)
    first.full_upload()
    second.full_download()
    small = {f"{number}.mp3": 10_000 for number in range(100)}
    first.put_media(files=small | {"long.mp4": 20_000_000, "ä 👩🏽‍🚀.jpg": 1_000})
    first.sync_media()
    second.sync(media=True)
    second.delete_media(names=["1.mp3"])
    second.put_media(files={"2.mp3": 3_000, "of the second.jpg": 3_000_000})
    house.settle_media(second, first)
    house.assert_media_equal(first, second)
    assert len(first.media()) == 102


def test_120_megabytes_of_media_go_up_and_down(house, address):
    first, second = house.device(NEWEST, address), house.device(NEWEST, address)
    first.full_upload()
    second.full_download()
    first.put_media(files={"long.mp4": 90_000_000} | {f"{i}.mp3": 1_500_000 for i in range(20)})
    first.sync_media()
    second.sync_media()
    house.assert_media_equal(first, second)
    assert len(second.media()) == 21


def test_the_log_names_the_client_whatever_it_says_of_itself(house, address, authority):
    trust = ssl.create_default_context(cafile=authority.certificate)
    trust.maximum_version = ssl.TLSVersion.TLSv1_2  # AnkiMobile's
    host, port, path = re.fullmatch(r"https://(\w+):(\d+)(/.*)", address).groups()
    connection = http.client.HTTPSConnection(
        host, int(port), context=trust, source_address=("127.0.0.9", 0)
    )
    connection.request("GET", path, headers={"X-Forwarded-For": "192.0.2.1"})
    assert connection.getresponse().status == 200
    connection.close()
    assert house.server.logged("ip=127.0.0.9")
    assert "192.0.2.1" not in house.server.log


# --- what clients show, as in the README ---------------------------------------------------------


def shown_by(action, *arguments, **named):
    with pytest.raises(ClientError) as error:
        action(*arguments, **named)
    return error.value.text


def grown(device):
    """With more to upload than a MiB."""
    fill(device)
    device.sql(statement=GROW)
    device.touch()
    return device


@old_and_new
def test_nginx_takes_no_large_upload_unless_told_to(house, front, version):
    device = grown(house.device(version, front("nginx", BARE["nginx"])))
    assert "(413 " in shown_by(device.full_upload)
    assert house.server_tables() is None


def test_nginx_takes_no_large_media_unless_told_to(house, front, version):
    device = house.device(version, front("nginx", BARE["nginx"]))
    device.full_upload()
    # A client puts several into one upload, up to 2.5 MiB; none of them is too large alone.
    device.put_media(files={f"{i}.mp3": 600_000 for i in range(3)})
    device.add_note(fields=["small", "enough"])
    assert "(413 " in shown_by(device.sync, media=True)
    assert house.server_media() == {}
    house.settle_equal(device)


@old_and_new
@pytest.mark.parametrize("settings", [{"MAX_SYNC_PAYLOAD_MEGS": "1"}])
def test_what_is_too_large_for_the_server_itself_is_refused_in_its_words(house, address, version):
    device = grown(house.device(version, address))
    assert shown_by(device.full_upload) == "collection exceeds size limit"


@old_and_new
@pytest.mark.parametrize("wrong", ["", "anki", "other/"])
def test_an_address_with_a_wrong_path(house, kind, address, version, wrong):
    device = house.open(version, house.new_path())
    shown = shown_by(device.log_in, address.replace("anki/", wrong))
    assert {"nginx": "(404 Not Found)", "caddy": "missing original size"}[kind] in shown


@old_and_new
@pytest.mark.parametrize(
    ("code", "shown"), [(301, "(405 Method Not Allowed)"), (308, "HttpError { code: 308,")]
)
def test_an_address_by_http_that_is_led_to_https(house, front, version, code, shown):
    redirect = f"error_page 497 ={code} https://$http_host$request_uri; ssl_certificate "
    address = front("nginx", BARE["nginx"].replace("ssl_certificate ", redirect, 1))
    device = house.open(version, house.new_path())
    assert shown in shown_by(device.log_in, address.replace("https", "http"))


@old_and_new
def test_an_address_by_http_where_https_is_spoken(house, address, version):
    device = house.open(version, house.new_path())
    assert "Check Database" in shown_by(device.log_in, address.replace("https", "http"))


@old_and_new
def test_a_server_that_its_proxy_does_not_reach(house, address, version):
    device = house.device(version, address)
    house.server.stop()
    assert "AnkiWeb encountered a problem" in shown_by(device.sync)


@old_and_new
def test_a_certificate_that_the_client_does_not_trust(house, front, tmp_path, version):
    address = front("nginx", BARE["nginx"])
    strangers = Pool(tmp_path / "strangers.log")
    stranger = Device(strangers, version, house.new_path())
    assert "error sending request for url" in shown_by(stranger.log_in, address)
    stranger.switch_off()
    strangers.end()
