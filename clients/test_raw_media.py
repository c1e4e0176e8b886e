"""Media requests made by hand, good and bad ones."""

import hashlib
import io
import json
import struct
import unicodedata
import urllib.parse
import zipfile

import pytest

from media_zip import read_download_zip, upload_zip
from rawclient import RawClient, bomb

MIB = 2**20
QUERY_VERSION = urllib.parse.quote("anki,2.1.56 (build),linux")


@pytest.fixture
def raw(house):
    client = RawClient(house.server.endpoint)
    client.log_in()
    return client


def begin(raw):
    return raw.media("begin", {"v": "anki,26.09.3 (test),linux"})


def upload(raw, changes, **how):
    return raw.media("uploadChanges", raw=upload_zip(changes, **how))


def refused(raw, data):
    reply = raw.call("uploadChanges", raw=data, base="msync")
    return reply.status


def changes_after(raw, usn):
    return raw.media("mediaChanges", {"lastUsn": usn})


def sha1(content):
    return hashlib.sha1(content).hexdigest()


# R-MEDIA-02, R-MEDIA-03, R-MEDIA-27
def test_begin_tells_the_usn_and_the_key(raw):
    assert begin(raw) == {"usn": 0, "sk": raw.key}
    upload(raw, [("a", b"a"), ("b", b"b")])
    assert begin(raw)["usn"] == 2
    for value in [{}, {"v": ""}, {"v": None}]:
        assert raw.call("begin", value, base="msync").status == 400


# R-MEDIA-04
def test_begin_is_known_in_its_older_forms(house, raw):
    upload(raw, [("a", b"a")])
    query = f"/msync/begin?k={raw.key}&v={QUERY_VERSION}"
    form = "".join(
        f'--Anki-sync-boundary\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in [("c", "1"), ("v", "ankidesktop,2.0.52,lin:x"), ("k", raw.key)]
    )
    multipart = {"Content-Type": "multipart/form-data; boundary=Anki-sync-boundary"}
    for reply in [
        raw.send(query, verb="GET"),
        raw.send("/msync//begin", form.encode() + b"--Anki-sync-boundary--\r\n", multipart),
        raw.send("/msync/begin", form.encode(), multipart),  # Anki 2.0 leaves the end out
    ][: None if house.server.kind == "ours" else 1]:
        assert reply.status == 200, reply
        assert json.loads(reply.content) == {"data": {"usn": 1, "sk": raw.key}, "err": ""}
    assert raw.send(f"/msync/begin?k={'0' * 40}&v=x", verb="GET").status == 403
    assert raw.send(f"/msync/begin?k={raw.key}", verb="GET").status == 400
    assert raw.send("/msync/begin", b"--x", {"Content-Type": "multipart/form-data"}).status == 400


# R-MEDIA-01
def test_meta_tells_the_usn_of_the_media(house, raw):
    assert raw.meta()["media_usn"] == 0
    upload(raw, [("a", b"a")])
    assert raw.meta()["media_usn"] == 1
    upload(raw, [("a", None)])
    assert raw.meta()["media_usn"] == 2
    house.server.stop()
    house.server.start()
    assert raw.meta()["media_usn"] == 2


# R-MEDIA-05, R-MEDIA-12
def test_changes_are_counted_and_listed(raw):
    assert upload(raw, [("a", b"one"), ("b", b"two"), ("c", b"three")]) == [3, 3]
    assert upload(raw, [("a", b"one"), ("x", None)]) == [2, 3], "nothing to change, no usn"
    assert upload(raw, [("a", b"new"), ("b", None), ("d", b"four")], deletion="") == [3, 6]
    assert changes_after(raw, 0) == [
        ["c", 3, sha1(b"three")],
        ["a", 4, sha1(b"new")],
        ["b", 5, ""],
        ["d", 6, sha1(b"four")],
    ]
    assert changes_after(raw, 4) == [["b", 5, ""], ["d", 6, sha1(b"four")]]
    assert changes_after(raw, 6) == changes_after(raw, 100) == []


# R-MEDIA-12
def test_of_one_name_the_last_change_of_a_batch_counts(house, raw):
    upload(raw, [("a", b"one")])
    assert upload(raw, [("a", None), ("a", b"two"), ("b", b"x"), ("b", None)]) == [4, 5]
    assert [change[0] for change in changes_after(raw, 0)] == ["a", "b"]
    assert house.server_media() == {"a": sha1(b"two")}


# R-MEDIA-06, R-MEDIA-29
def test_changes_come_in_pages_in_order(raw):
    names = [f"{number:04}" for number in range(2_010)]
    for first in range(0, len(names), 25):
        upload(raw, [(name, name.encode()) for name in names[first : first + 25]])
    upload(raw, [(name, b"replaced") for name in names[:5]])
    pages = []
    usn = 0
    while page := changes_after(raw, usn):
        pages.append(page)
        usn = page[-1][1]
    assert [len(page) for page in pages] == [1_000, 1_000, 10]
    usns = [change[1] for page in pages for change in page]
    assert usns == sorted(usns)
    assert sorted(change[0] for page in pages for change in page) == names


# R-MEDIA-07, R-MEDIA-08
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_may_be_stored_or_deflated(house, raw, compression):
    contents = {"empty-looking": b"\0" * 100_000, "text": b"text " * 50_000, "short": b"x"}
    assert upload(raw, list(contents.items()), compression=compression) == [3, 3]
    assert house.server_media() == {name: sha1(content) for name, content in contents.items()}


def test_an_upload_of_nothing_is_processed(raw):
    assert upload(raw, []) == [0, 0]


GOOD = [("good", b"good")]
BAD_NAMES = {
    "empty": "",
    "dot": ".",
    "dots": "..",
    "a path": "a/b",
    "upwards": "../../../etc/passwd",
    "absolute": "/etc/passwd",
    "NUL": "a\0b",
    "NFD": unicodedata.normalize("NFD", "zürich"),
    "256 bytes": "a" * 256,
    "256 bytes in 128 characters": "ä" * 128,
}


# R-MEDIA-09
@pytest.mark.parametrize("name", BAD_NAMES.values(), ids=BAD_NAMES.keys())
def test_a_name_that_no_file_may_have_is_refused(house, raw, name):
    assert refused(raw, upload_zip([*GOOD, (name, b"content")])) == 400
    assert begin(raw)["usn"] == 0, "the batch is refused whole"
    assert house.server_media() == {}


# R-MEDIA-09
@pytest.mark.parametrize("name", ["a" * 255, "ä" * 127 + "a", "a\\b", "a:b", "_meta", "a\nb", "..."])
def test_an_unusual_name_is_taken(house, raw, name):
    assert upload(raw, [(name, b"content")]) == [1, 1]
    assert house.server_media() == {name: sha1(b"content")}
    reply = raw.call("downloadFiles", {"files": [name]}, base="msync")
    assert read_download_zip(reply.content) == [(name, b"content")]


# R-MEDIA-14
def test_a_deletion_of_what_cannot_be_there_is_processed(raw):
    names = [BAD_NAMES["NFD"], BAD_NAMES["256 bytes"], "unknown"]
    assert upload(raw, [(name, None) for name in names]) == [3, 0]
    assert upload(raw, [("x", b"x"), *((name, None) for name in names)]) == [4, 1]
    assert raw.media("mediaSanity", {"local": 1}) == "OK"


def changed_zip(changes, change):
    """The zip of `changes` with other entries, or other bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        change(archive)
    return file.getvalue()


def without_meta(archive):
    archive.writestr("0", b"content")


def missing_entry(archive):
    archive.writestr("_meta", '[["a","7"]]')


def many_entries(archive):
    for number in range(27):
        archive.writestr(str(number), b"x")
    archive.writestr("_meta", json.dumps([["a", "0"]]))


def patched(data, at, value):
    return data[:at] + value + data[at + len(value) :]


def bad_uploads():
    good = upload_zip([("a", b"content of a"), ("b", b"content of b")])
    listed = good.index(b"PK\x01\x02")
    yield "nothing", b""
    yield "no zip", b"this is no zip at all"
    yield "cut", good[:-30]
    yield "cut before its end", good[: good.index(b"PK\x05\x06")]
    yield "no _meta", changed_zip(GOOD, without_meta)
    yield "an entry missing", changed_zip(GOOD, missing_entry)
    yield "27 entries", changed_zip(GOOD, many_entries)
    yield "26 changes", upload_zip([(str(number), None) for number in range(26)])
    yield "an empty file", upload_zip([("a", b"")])
    yield "no JSON", upload_zip([], meta="{")
    yield "an object", upload_zip([], meta="{}")
    yield "a number for a name", upload_zip([], meta='[[1,"0"]]')
    yield "a list of one", upload_zip([], meta='[["a"]]')
    yield "a large _meta", upload_zip([], meta="[" + " " * 60_000 + "]")
    yield "another checksum", patched(good, good.index(b"content of b"), b"CONTENT")
    yield "another size", patched(good, listed + 24, struct.pack("<I", 11))
    yield "an entry beyond the end", patched(good, listed + 42, struct.pack("<I", 2**31))
    yield "an entry of 4 GiB", patched(good, listed + 20, struct.pack("<II", 2**32 - 2, 2**32 - 2))
    yield "encrypted", patched(good, listed + 8, struct.pack("<H", 1))
    yield "an unknown method", patched(good, listed + 10, struct.pack("<H", 12))
    yield "more entries than are listed", patched(
        good, good.index(b"PK\x05\x06") + 8, struct.pack("<HH", 9, 9)
    )


@pytest.mark.parametrize(
    "data", [data for _, data in bad_uploads()], ids=[name for name, _ in bad_uploads()]
)
def test_a_bad_upload_changes_nothing(house, raw, data):
    assert refused(raw, data) == 400
    assert begin(raw)["usn"] == 0
    assert upload(raw, GOOD) == [1, 1]
    assert house.server_media() == {"good": sha1(b"good")}


# R-MEDIA-10, R-MEDIA-28
def test_a_file_may_have_100_mebibytes(raw):
    most = bytes(100 * MIB)
    deflated = zipfile.ZIP_DEFLATED
    assert upload(raw, [("a", most)], compression=deflated) == [1, 1]
    assert refused(raw, upload_zip([("b", most + b"x")], deflated)) == 400


# R-MEDIA-11
@pytest.mark.ours_only
def test_what_unpacks_to_more_than_a_batch_may_have_is_refused(house, raw):
    reply = raw.call("uploadChanges", packed=bomb(129), base="msync")
    assert reply.status == 413
    files = [(str(number), bytes(30 * MIB)) for number in range(5)]
    assert refused(raw, upload_zip(files, zipfile.ZIP_DEFLATED)) == 400
    staging = house.server.account_folder() / "media.staging"
    assert list(staging.iterdir()) == []


# R-MEDIA-16, R-MEDIA-17, R-MEDIA-31
def test_a_download_is_a_prefix_of_what_was_asked(raw):
    contents = {f"{number}": bytes([number]) * MIB for number in range(6)}
    upload(raw, list(contents.items()))

    def download(names):
        reply = raw.call("downloadFiles", {"files": names}, base="msync")
        assert reply.status == 200, reply
        return read_download_zip(reply.content)

    names = ["4", "1", "3", "0", "2"]
    got = download(names)
    assert [name for name, _ in got] == names[:3]
    assert dict(got) == {name: contents[name] for name in names[:3]}
    assert [name for name, _ in download(["5"])] == ["5"]
    assert download([]) == []
    assert raw.call("downloadFiles", {"files": ["1"] * 26}, base="msync").status == 400


# R-MEDIA-15
def test_what_is_not_there_is_a_conflict(house, raw):
    upload(raw, [("a", b"a"), ("b", b"b")])
    upload(raw, [("b", None)])
    for names in [["unknown"], ["b"], ["unknown", "a"], ["../user/media/a"], ["a\0"]]:
        assert raw.call("downloadFiles", {"files": names}, base="msync").status == 409, names


# R-MEDIA-18
def test_the_sanity_check_counts_files(raw):
    upload(raw, [("a", b"a"), ("b", b"b"), ("c", b"c")])
    upload(raw, [("b", None)])
    assert raw.media("mediaSanity", {"local": 2}) == "OK"
    assert raw.media("mediaSanity", {"local": 3}) == "mediaSanity"


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("mediaChanges", {}),
        ("mediaChanges", {"lastUsn": "0"}),
        ("mediaChanges", {"lastUsn": 2**40}),
        ("downloadFiles", {"files": "a"}),
        ("downloadFiles", {"files": [1]}),
        ("mediaSanity", {"local": None}),
    ],
)
def test_a_request_that_lacks_something_is_malformed(raw, method, value):
    assert raw.call(method, value, base="msync").status == 400


def test_media_need_a_host_key(raw):
    for method in ["begin", "mediaChanges", "uploadChanges", "downloadFiles", "mediaSanity"]:
        assert raw.call(method, {}, base="msync", k="0" * 40).status == 403
