"""spec/00-life-of-a-sync.md tells what really is sent: its day is lived again, and each message
that the page shows must be there, in its place and of the same form. Ids and times are others."""

import contextlib
import io
import json
import re
import sqlite3
import sys
import tempfile
import zipfile

import pytest
from household import normal_sync
from rawclient import unpack
from venvs import NEWEST, REPOSITORY

sys.path.append(str(REPOSITORY / "conformance" / "faulty"))

import defects  # noqa: E402
import faulty_proxy  # noqa: E402

pytestmark = pytest.mark.ours_only

PAGE = REPOSITORY / "spec" / "00-life-of-a-sync.md"
MESSAGE = re.compile(r"^`POST (/\S+)` · (\d+)\n\n```text\n> (.*?)\n< (.*?)\n```$", re.M | re.S)
WIRE = re.compile(r"^```text\n((?:POST|HTTP)[^`]*?)\n\n((?:[0-9a-f]{2}\s)+)```$", re.M)
SECTION = re.compile(r"^## (.*)$", re.M)
FILE = re.compile(r"a file of schema (\d+), \d+ bytes, \d+ packed")
# The sections that show every message of theirs; the others leave some out.
WHOLE = (
    "Logging in", "The first upload", "A note from the computer", "A review on the phone",
    "The review reaches the computer",
)  # fmt: skip
MILLISECONDS, SECONDS = 10**12, 10**9  # at least, in the time of this protocol
GUID = ("notes", 1)


class Ear(defects.Defect):
    """Hears everything."""

    methods = None

    def __init__(self):
        self.heard = []

    def on_reply(self, request, reply):
        self.heard.append((request, reply))
        return reply


def sections_of_the_page():
    _, *parts = SECTION.split(PAGE.read_text())
    return dict(zip(parts[::2], parts[1::2], strict=True))


def shown_as(content):
    """A body as the page shows it."""
    if content.startswith(b"SQLite format 3\0"):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            with contextlib.closing(sqlite3.connect(file.name)) as connection:
                (version,) = connection.execute("select ver from col").fetchone()
        return f"a file of schema {version}, {len(content)} bytes, 0 packed"
    if content.startswith(b"PK"):
        archive = zipfile.ZipFile(io.BytesIO(content))
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        files = [entry for entry in archive.infolist() if entry.filename != "_meta"]
        entries = [f"{file.filename}, {file.file_size} bytes" for file in files]
        meta = json.dumps(json.loads(archive.read("_meta")), separators=(",", ":"))
        return f"a zip, entries stored: {', '.join(entries)}, _meta = {meta}"
    return content.decode()


def without_moments(text):
    """Ids and times within a text."""
    return re.sub(r"\b\d{13}\b|(?<=_)\d{13}", "<ms>", re.sub(r"\b\d{10}\b", "<s>", text))


def form_of(value, place=()):
    """What has to be the same in each recording."""
    match value:
        case bool() | None:
            return value
        case int() if value >= MILLISECONDS:
            return "<ms>"
        case int() if value >= SECONDS:
            return "<s>"
        case dict():
            return {without_moments(k): form_of(v, (*place, k)) for k, v in value.items()}
        case list():
            return [form_of(v, (*place, i)) for i, v in enumerate(value)]
        case str() if (*place[-3:-2], *place[-1:]) == GUID:
            return "<guid>"
        case str() if place[-3:-2] == ("data",) and re.fullmatch("[0-9a-f]{40}", value):
            return "<sha1>"
        case str():
            return without_moments(value)
    return value


def form_of_text(text):
    if found := FILE.fullmatch(text):
        return f"a file of schema {found[1]}"
    try:
        return form_of(json.loads(text))
    except ValueError:
        return ("no JSON", text)


def form_of_call(request, reply):
    """As the page's messages are, from what was heard."""
    bodies = (shown_as(faulty_proxy.unpacked(request.body)), shown_as(reply.plain))
    return (request.path, reply.status, *map(form_of_text, bodies))


def messages_of(section):
    return [
        (path, int(status), form_of_text(request), form_of_text(reply))
        for path, status, request, reply in MESSAGE.findall(section)
    ]


def live_the_day(house, endpoint):
    """The story, section by section."""
    computer = house.open(NEWEST, house.new_path())
    phone = house.open(NEWEST, house.new_path())
    yield "Logging in"
    computer.log_in(endpoint, "alice", "secret")
    yield "The first upload"
    computer.add_note(
        fields=["die Katze <b>(f)</b>", "the cat"], deck="German", tags=["animals"]
    )
    computer.sync()
    computer.full_upload()
    yield "The second device"
    phone.log_in(endpoint, "alice", "secret")
    phone.sync()
    phone.full_download()
    yield "A note from the computer"
    computer.add_note(
        fields=["der Hund <b>(m)</b>", "the dog"], deck="German", tags=["animals", "a1"]
    )
    normal_sync(computer)
    yield "A review on the phone"
    phone.review(count=1, ease=3, deck="German")
    normal_sync(phone)
    yield "The review reaches the computer"
    normal_sync(computer)
    normal_sync(computer)
    yield "A picture"
    computer.put_media(files={"hund.jpg": "AAECAwQFBgcICQ=="})
    computer.sync(media=True)
    phone.sync(media=True)
    yield "A deletion"
    computer.delete_notes(notes=computer.find_notes(query="Katze"))
    normal_sync(computer)
    normal_sync(phone)


@pytest.fixture
def heard(make_household):
    """What was said in each section."""
    ear, sections = Ear(), {}
    with make_household(users=("alice:secret",)) as house:
        with faulty_proxy.Proxy(house.server.port, ear) as proxy:
            name = None
            for following in live_the_day(house, proxy.endpoint):
                sections[name], ear.heard = ear.heard, []
                name = following
            sections[name] = ear.heard
    return sections


def test_the_day_is_as_the_page_tells_it(heard):
    page = sections_of_the_page()
    shown = 0
    for name, calls in heard.items():
        if name is None:
            continue
        messages, said = messages_of(page[name]), [form_of_call(*call) for call in calls]
        if name not in WHOLE:
            rest = iter(said)
            said = [next((one for one in rest if one == wanted), None) for wanted in messages]
        for message, real in zip(messages, said, strict=True):
            assert message == real, name
        shown += len(messages)
    assert shown == PAGE.read_text().count("`POST /") > 30


def test_the_login_is_as_on_the_wire(heard):
    (request, reply), *_ = heard["Logging in"]
    page = sections_of_the_page()["Logging in"]
    heads = [request.head.decode().rstrip().splitlines(),
             [f"HTTP/1.1 {reply.status} OK", *(f"{n}: {v}" for n, v in reply.headers)]]
    bodies = [request.body, reply.body]
    for (shown, hexadecimal), head, body in zip(WIRE.findall(page), heads, bodies, strict=True):
        first, *lines = shown.splitlines()
        assert first == head[0]
        assert sorted(line.split(":")[0].lower() for line in lines) == sorted(
            line.split(":")[0].lower() for line in head[1:]
        )
        assert unpack(bytes.fromhex(hexadecimal)) == unpack(body)
