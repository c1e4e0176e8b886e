"""Requests that no good client makes: the right status, a healthy server, the data as before."""

import functools
import json
import sqlite3

import pytest
from household import all_rows, fill
from rawclient import RawClient, bomb, pack

STATEFUL = ["applyGraves", "applyChanges", "chunk", "applyChunk", "sanityCheck2", "finish"]
WITH_KEY = ["meta", "start", *STATEFUL, "abort", "download", "upload"]
CORRUPT = b"Your upload was corrupt. Please use Check Database, or restore from backup."
TOO_LARGE = {"ours": (413,), "official": (400, 413)}
HUGE = 2**70

EMPTY_CHANGES = {"models": [], "decks": [[], []], "tags": []}
COUNTS = [[0, 0, 0], 0, 0, 0, 0, 0, 0, 0]


@pytest.fixture
def raw(house, collection_file):
    """A raw client of an account that holds a small collection."""
    client = RawClient(house.server.endpoint)
    client.log_in()
    assert client.call("upload", raw=collection_file).content == b"OK"
    return client


@pytest.fixture
def unharmed(house, raw, request):
    """Afterwards the server is well, and its data are as before, downloaded too."""
    before = house.server_tables()
    yield
    if request.node.get_closest_marker("xfail"):
        return  # a known fault, with whatever follows from it
    assert house.server.is_healthy()
    assert house.server_tables() == before
    downloaded = house.new_path()
    downloaded.parent.mkdir(parents=True)
    downloaded.write_bytes(raw.call("download").content)
    after = all_rows(downloaded)
    del before["col"], after["col"]  # a download raises its usn
    assert after == before


def card_row(**changes):
    row = {
        "id": 1, "nid": 1, "did": 1, "ord": 0, "mod": 1, "usn": 0, "type": 0, "queue": 0,
        "due": 0, "ivl": 0, "factor": 0, "reps": 0, "lapses": 0, "left": 0, "odue": 0,
        "odid": 0, "flags": 0, "data": "",
    }  # fmt: skip
    return list({**row, **changes}.values())


def note_row(mid, fields, id=1):
    return [id, "guid", mid, 1, 0, "", fields, "", "", 0, ""]


# --- the envelope --------------------------------------------------------------------------------


# R-TRANS-03, R-ERR-03
def test_bad_envelopes_are_refused(house, raw, unharmed):
    good = json.dumps(raw.header())
    body = pack(b'{"v":11,"cv":"x"}')
    for header in [
        "",
        "{",
        "[]",
        "null",
        "11",
        good[:-1],
        good + "x",
        json.dumps(raw.header(v="11")),
        json.dumps(raw.header(v=12)),
        json.dumps(raw.header(v=7)),
        json.dumps(raw.header(v=-1)),
        json.dumps(raw.header(v=HUGE)),
        json.dumps(raw.header(k=None)),
        json.dumps(raw.header(k=7)),
        json.dumps(raw.header(s=["x"])),
        *[json.dumps({k: v for k, v in raw.header().items() if k != gone}) for gone in "vkcs"],
    ]:
        reply = raw.send("/sync/meta", body, {"anki-sync": header})
        assert reply.status == 400, f"{header}: {reply}"
    reply = raw.send("/sync/meta", body, {"anki-sync": good.encode() + "é".encode()})
    assert reply.status == 400
    assert raw.send("/sync/meta", body).status == 400, "without a header"


def test_unknown_paths_and_verbs_are_refused(house, raw, unharmed):
    headers = {"anki-sync": json.dumps(raw.header())}
    for path in ["/sync/nothing", "/sync/Meta", "/sync/meta2", "/sync/"]:
        reply = raw.send(path, pack(b"{}"), headers)
        assert reply.status in (400, 404), f"{path}: {reply}"
    for path in ["/", "/nothing", "/sync/../../etc/passwd"]:
        assert raw.send(path, pack(b"{}"), headers).status in (400, 404, 405)
    for verb in ["GET", "PUT", "DELETE", "PATCH"]:
        assert raw.send("/sync/meta", headers=headers, verb=verb).status == 405


# R-AUTH-03
def test_wrong_keys_are_refused(house, raw, unharmed):
    for method in WITH_KEY:
        for key in ["", "0" * 40, raw.key.upper(), raw.key[:-1], raw.key + "0", "' or 1=1 --"]:
            reply = raw.call(method, {}, k=key)
            assert reply.status == 403, f"{method} with {key}: {reply}"


# R-AUTH-02
def test_wrong_names_and_passwords_are_refused(house, raw, unharmed):
    for login in [("user", "x"), ("user", ""), ("User", "pass"), ("", ""), ("user:pass", "")]:
        reply = raw.call("hostKey", dict(zip("up", login)), k="")
        assert reply.status == 403, f"{login}: {reply}"
    for value in [{}, {"u": "user"}, {"u": 1, "p": 2}, {"u": None, "p": None}]:
        assert raw.call("hostKey", value, k="").status == 400


@pytest.mark.parametrize("method", ["hostKey", *WITH_KEY])
def test_bad_compression_is_refused(house, raw, unharmed, method):
    if method in STATEFUL:
        raw.start()
    good = pack(json.dumps({"v": 11, "cv": "x" * 500}).encode())
    for packed in [b"x", b"{}", good[:4], good[:-5], good[4:], b"\x28\xb5\x2f\xfd" + b"\xff" * 9]:
        reply = raw.call(method, packed=packed)
        refused = (200, CORRUPT) if method == "upload" else (400, reply.content)
        assert (reply.status, reply.content) == refused, f"{packed[:20]}: {reply}"


@functools.cache
def oversized_bodies():
    return [bomb(400), pack(b'{"x":"' + b"y" * (70 * 2**20) + b'"}')]


# R-ERR-05, R-LIM-01
@pytest.mark.parametrize("method", ["hostKey", *WITH_KEY[:-1]])  # upload: below
def test_oversized_bodies_and_bombs_are_refused(house, raw, unharmed, method):
    if method in STATEFUL:
        raw.start()
    for body in oversized_bodies():
        reply = raw.call(method, packed=body)
        assert reply.status in TOO_LARGE[house.server.kind], f"{method}: {reply}"


# --- JSON ----------------------------------------------------------------------------------------

NOT_JSON = [b"", b"{", b"nul", b"{}x", b'{"a":NaN}', b'{"a":"\\ud800"}', b'{"a":"\xff"}', b"\x00"]
WRONG_MEMBERS = {
    "meta": [{}, {"v": "x", "cv": "y"}, {"v": 11}, {"v": None, "cv": "x"}, {"v": 11, "cv": 5}],
    "start": [{}, {"minUsn": "x", "lnewer": False}, {"minUsn": 0}, {"minUsn": 0, "lnewer": 1},
              {"minUsn": 2**40, "lnewer": False}, {"minUsn": 0, "lnewer": False, "graves": 5},
              {"minUsn": 0, "lnewer": False, "graves": {"cards": "x", "notes": [], "decks": []}}],
    "applyGraves": [{}, {"chunk": None}, {"chunk": {"cards": 1, "notes": [], "decks": []}},
                    {"chunk": {"cards": [[1]], "notes": [], "decks": []}},
                    {"chunk": {"cards": [HUGE], "notes": [], "decks": []}}],
    "applyChanges": [{}, {"changes": None}, {"changes": {"models": {}, "decks": [[], []], "tags": []}},
                     {"changes": {**EMPTY_CHANGES, "decks": [[]]}},
                     {"changes": {**EMPTY_CHANGES, "tags": [1]}},
                     {"changes": {**EMPTY_CHANGES, "models": [{}]}},
                     {"changes": {**EMPTY_CHANGES, "decks": [[{"id": 5}], []]}},
                     {"changes": {**EMPTY_CHANGES, "conf": []}},
                     {"changes": {**EMPTY_CHANGES, "crt": "x"}}],
    "applyChunk": [{}, {"chunk": None}, {"chunk": {"done": "x"}}, {"chunk": {"done": True, "cards": [[]]}},
                   {"chunk": {"done": True, "cards": [card_row(queue=99)]}},
                   {"chunk": {"done": True, "cards": [card_row(type=7)]}},
                   {"chunk": {"done": True, "cards": [card_row(flags=300)]}},
                   {"chunk": {"done": True, "cards": [card_row(factor=70000)]}},
                   {"chunk": {"done": True, "cards": [card_row(left=-1)]}},
                   {"chunk": {"done": True, "cards": [card_row(data=None)]}},
                   {"chunk": {"done": True, "cards": [card_row(id="x")]}},
                   {"chunk": {"done": True, "cards": [card_row()[:-1]]}},
                   {"chunk": {"done": True, "notes": [[1, 2, 3]]}},
                   {"chunk": {"done": True, "notes": [note_row(None, "a\x1fb")]}},
                   {"chunk": {"done": True, "revlog": [[1, 1, 0, 900, 0, 0, 0, 0, 0]]}},
                   {"chunk": {"done": True, "revlog": [[HUGE, 1, 0, 1, 0, 0, 0, 0, 0]]}}],
    "sanityCheck2": [{}, {"client": None}, {"client": {}}, {"client": [1, 2]},
                     {"client": ["x", *COUNTS[1:]]}],
    "hostKey": [{}, [], {"u": "user"}, {"p": "pass"}, {"u": 1, "p": "pass"}, {"u": "user", "p": None}],
    "chunk": [5, "x"],
    "finish": [5, "x"],
    "abort": [5, "x"],
    "download": [5, "x"],
}  # fmt: skip


# R-SESS-09, R-CHANGES-12, R-ERR-01
@pytest.mark.parametrize("method", WRONG_MEMBERS)
def test_json_that_does_not_fit_is_refused_and_leaves_the_session(house, raw, unharmed, method):
    in_session = method in STATEFUL
    if in_session:
        raw.start()
    bodies = [json.dumps(value).encode() for value in WRONG_MEMBERS[method]]
    # What has no arguments may have no body.
    bodies += NOT_JSON[1:] if method in ("chunk", "finish", "abort", "download") else NOT_JSON
    for body in bodies:
        reply = raw.call(method, raw=body)
        assert reply.status == 400, f"{method} {body}: {reply}"
    if in_session:
        assert raw.call("applyGraves", {"chunk": graves()}).status == 200
        assert raw.call("abort").status == 200


def graves(**ids):
    return {"cards": [], "notes": [], "decks": [], **ids}


# R-META-04
def test_meta_of_a_version_that_it_cannot_speak_is_501(house, raw, unharmed):
    for version in [0, 7, 12, 200]:
        assert raw.call("meta", {"v": version, "cv": "x"}).status == 501


# --- the session ---------------------------------------------------------------------------------


def good_value(method):
    return {
        "applyGraves": {"chunk": graves()},
        "applyChanges": {"changes": EMPTY_CHANGES},
        "applyChunk": {"chunk": {"done": True}},
        "sanityCheck2": {"client": COUNTS},
    }.get(method, {})


# R-SESS-07, R-ABORT-01
def test_calls_without_a_running_sync_are_conflicts(house, raw, unharmed):
    for method in STATEFUL:
        assert raw.call(method, good_value(method)).status == 409, method
    assert raw.call("abort").status == 200


# R-SESS-07
def test_calls_of_another_session_are_conflicts_and_do_not_disturb(house, raw, unharmed):
    raw.start()
    for method in STATEFUL:
        assert raw.call(method, good_value(method), s="another").status == 409, method
    assert raw.call("abort").status == 200


# R-SESS-03
def test_a_new_start_ends_the_older_sync(house, raw, unharmed):
    raw.start(s="older")
    raw.start(s="newer")
    assert raw.call("chunk", s="older").status == 409
    assert raw.call("chunk", s="newer").status == 200
    assert raw.call("abort", s="newer").status == 200


# R-ABORT-02
def test_an_abort_with_another_key_does_not_end_the_sync(house, raw, unharmed):
    raw.start()
    assert raw.call("abort", s="another").status == 200
    assert raw.call("chunk").status == 200
    assert raw.call("abort").status == 200
    assert raw.call("chunk").status == 409


BAD_OPERATIONS = {
    "a note without its notetype": lambda tables: (
        "applyChunk", {"chunk": {"done": True, "notes": [note_row(77, "a\x1fb")]}}
    ),
    "a note with too many fields": lambda tables: (
        "applyChunk",
        {"chunk": {"done": True, "notes": [note_row(tables["notetype"]["id"], "a\x1fb\x1fc")]}},
    ),
    "a deck of id 0": lambda tables: (
        "applyChanges", {"changes": {**EMPTY_CHANGES, "decks": [[{**tables["deck"], "id": 0}], []]}}
    ),
    "deck options of id 0": lambda tables: (
        "applyChanges",
        {"changes": {**EMPTY_CHANGES, "decks": [[], [{**tables["config"], "id": 0}]]}},
    ),
    "a notetype with another number of fields": lambda tables: (
        "applyChanges", {"changes": {**EMPTY_CHANGES, "models": [shorter(tables["notetype"], "flds")]}}
    ),
    "a notetype without a template": lambda tables: (
        "applyChanges", {"changes": {**EMPTY_CHANGES, "models": [shorter(tables["notetype"], "tmpls")]}}
    ),
}  # fmt: skip


def shorter(notetype, member):
    return {**notetype, "mod": notetype["mod"] + 9, member: notetype[member][:-1]}


# R-SESS-04, R-CHUNK-10, R-CHANGES-06, R-CHANGES-10, R-ERR-01
@pytest.mark.parametrize("name", BAD_OPERATIONS)
def test_an_operation_that_fails_ends_the_sync(house, raw, unharmed, name):
    raw.start()
    changes = raw.good("applyChanges", {"changes": EMPTY_CHANGES})
    objects = {
        "notetype": changes["models"][0],
        "deck": changes["decks"][0][0],
        "config": changes["decks"][1][0],
    }
    method, value = BAD_OPERATIONS[name](objects)
    # What came before the failure must not stay either.
    raw.good("applyGraves", {"chunk": graves(notes=all_notes(house))})
    assert raw.call(method, value).status == 400
    assert raw.call("chunk").status == 409


def all_notes(house):
    with sqlite3.connect(house.copy_of_server_file()) as connection:
        return [id for (id,) in connection.execute("select id from notes")]


# R-SANITY-03, R-SANITY-05
def test_a_failed_sanity_check_ends_the_sync_and_changes_nothing(house, raw, unharmed):
    before = raw.meta()["usn"]
    raw.start()
    raw.good("applyGraves", {"chunk": graves(notes=all_notes(house))})
    reply = raw.good("sanityCheck2", {"client": COUNTS})
    assert reply["status"] == "bad"
    assert raw.call("finish").status in (400, 409)
    assert raw.meta()["usn"] == before


# R-SANITY-04
def test_a_sanity_check_with_a_text_is_a_failed_one(house, raw, unharmed):
    raw.start()
    reply = raw.good("sanityCheck2", {"client": "failed basic check"})
    assert reply["status"] == "bad"


# R-CHUNK-04
def test_a_chunk_survives_the_deletion_of_its_rows(house, raw):
    device = house.device()
    device.full_download()
    device.add_notes(count=300)
    device.sync()
    raw.start()
    raw.good("applyChanges", {"changes": EMPTY_CHANGES})
    assert raw.good("chunk")["done"] is False
    notes = all_notes(house)
    cards = device.find_cards(query="")
    raw.good("applyGraves", {"chunk": graves(notes=notes, cards=cards)})
    while not raw.good("chunk")["done"]:
        pass
    raw.good("abort")
    house.settle_equal(device)
    assert len(device.find_notes(query="")) == 312


@pytest.mark.parametrize("created", [-(2**62), -1, 0, 2**40, 2**62])
def test_an_absurd_creation_time_stops_nobody(house, raw, created):
    raw.start(newer=True)
    reply = raw.call("applyChanges", {"changes": {**EMPTY_CHANGES, "conf": {}, "crt": created}})
    if reply.status == 200:
        raw.call("finish")
    else:
        assert reply.status == 400
    raw.session = "later"
    raw.start()
    raw.good("abort")
    assert house.server.is_healthy()


# R-SESS-06, R-FINISH-02
def test_sync_without_any_transfer_is_fine(house, raw):
    raw.start(usn=raw.meta()["usn"])
    assert raw.call("finish").content.isdigit()


# R-CHUNK-13, R-CHUNK-11
def test_card_data_is_kept_byte_for_byte(house, raw):
    data = '{"pos": 3,"zz":[1, {"new member":null}],"s":1.23456789,"cd":"{}"}'
    raw.start(usn=raw.meta()["usn"])
    raw.good("applyChunk", {"chunk": {"done": True, "cards": [card_row(id=5, data=data)]}})
    raw.good("finish")
    with sqlite3.connect(house.copy_of_server_file()) as connection:
        assert connection.execute("select data from cards where id = 5").fetchall() == [(data,)]


# --- uploads -------------------------------------------------------------------------------------


def good_file(house):
    path = house.copy_of_server_file()
    with connect(path) as connection:
        connection.execute("pragma journal_mode = delete")
    return path


def connect(path):
    connection = sqlite3.connect(path)
    connection.create_collation("unicase", lambda a, b: (a > b) - (a < b))
    return connection


FORGERIES = {
    "a trigger": "create trigger t after insert on notes begin delete from cards; end",
    "a view": "create view v as select * from notes",
    "no notes table": "drop table notes",
    "no cards table": "drop table cards",
    "no graves table": "drop table graves",
    "no row of col": "delete from col",
    "two rows of col": "insert into col select id + 1, crt, mod, scm, ver, dty, usn, ls, conf, "
    "models, decks, dconf, tags from col",
    "schema 10": "update col set ver = 10",
    "schema 12": "update col set ver = 12",
    "schema 19": "update col set ver = 19",
    "a text for scm": "update col set scm = 'x'",
    "a virtual table": "create virtual table f using fts5(x)",
    "a trigger of another type": "pragma writable_schema = on; insert into sqlite_master values "
    "('Trigger', 't', 'notes', 0, 'CREATE TRIGGER t after insert on notes begin select 1; end')",
    "text ids": "alter table revlog rename to old; create table revlog (id text primary key, "
    "cid, usn, ease, ivl, lastIvl, factor, time, type)",
    "tables of another version": "update col set ver = 11",
    "a huge usn": "update col set usn = 2147483647",
    "a generated column": "create table t (a, b generated always as (a + 1))",
    "one more column": "alter table notes add column more",
}


# R-FULL-04 to R-FULL-06
@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_collection_is_refused(house, raw, unharmed, name):
    path = good_file(house)
    connection = connect(path)
    connection.executescript(FORGERIES[name])
    connection.commit()
    connection.close()
    reply = raw.call("upload", raw=path.read_bytes())
    assert (reply.status, reply.content) == (200, CORRUPT)


# R-FULL-04
def test_what_add_ons_put_beside_the_collection_is_kept(house, raw):
    path = good_file(house)
    connection = connect(path)
    connection.executescript(
        "create table extra (x, y check (y > 0)); create index extra_x on extra (x); "
        "create index more_of_notes on notes (mod); pragma ignore_check_constraints = on; "
        'create index "an ""expression" on notes (length(flds)); '
        "create index some on notes (mod) where length(flds) > 3; "
        "insert into extra values ('kept', -1)"  # nobody evaluates what an uploaded table wants
    )
    connection.close()
    assert raw.call("upload", raw=path.read_bytes()).content == b"OK"
    assert house.server_tables()["extra"] == ["('kept', -1)"]
    with connect(house.copy_of_server_file()) as stored:
        indexes = {name for (name,) in stored.execute("select name from sqlite_master")}
    assert {"extra_x", "more_of_notes", "idx_cards_odid"} <= indexes
    # Each later write would evaluate these.
    assert not {'an "expression', "some"} & indexes


def damaged(data):
    """Every second page overwritten."""
    pages = [data[i : i + 4096] for i in range(0, len(data), 4096)]
    return b"".join(b"\xa5" * len(p) if i % 2 else p for i, p in enumerate(pages))


FILES = {
    "nothing": lambda good: b"",
    "a byte": lambda good: b"x",
    "text": lambda good: b"this is not a collection\n" * 1000,
    "a header alone": lambda good: good[:100],
    "a cut file": lambda good: good[: len(good) // 2],
    "damaged pages": damaged,
    "another database": lambda good: other_database(),
}


def other_database():
    with sqlite3.connect(":memory:") as connection:
        connection.execute("create table t (x)")
        connection.commit()
        return connection.serialize()


# R-FULL-03
@pytest.mark.parametrize("name", FILES)
def test_an_upload_that_is_no_collection_is_refused(house, raw, unharmed, name):
    reply = raw.call("upload", raw=FILES[name](good_file(house).read_bytes()))
    assert (reply.status, reply.content) == (200, CORRUPT)


# R-FULL-03
def test_a_cut_upload_is_refused(house, raw, unharmed):
    packed = pack(good_file(house).read_bytes())
    for cut in (0, 3, len(packed) // 2, len(packed) - 3):
        reply = raw.call("upload", packed=packed[:cut])
        assert (reply.status, reply.content) == (200, CORRUPT), f"cut at {cut}"


# R-FULL-02, R-LIM-02
def test_an_upload_over_the_limit_is_refused(make_household):
    with make_household(MAX_SYNC_PAYLOAD_MEGS="1") as house:
        device = house.device()
        fill(device)
        device.full_upload()
        before = house.server_tables()
        raw = RawClient(house.server.endpoint)
        raw.log_in()
        reply = raw.call("upload", packed=bomb(16))
        assert (reply.status, reply.content) == (200, b"collection exceeds size limit")
        assert house.server_tables() == before


# R-FULL-16
def test_a_refused_upload_leaves_a_running_sync(house, raw, unharmed):
    raw.start()
    assert raw.call("upload", raw=b"junk", s="").content == CORRUPT
    assert raw.call("chunk").status == 200
    assert raw.call("abort").status == 200


# R-FULL-08
def test_rows_that_no_chunk_can_carry_do_not_stop_later_syncs(house, raw):
    path = good_file(house)
    with connect(path) as connection:
        connection.execute("update cards set queue = 99, factor = 70000, left = -1")
        connection.execute("update revlog set ease = 900")
        connection.execute("update notes set usn = -1")
    reply = raw.call("upload", raw=path.read_bytes())
    assert reply.status == 200
    device = house.device()
    device.full_download()
    raw.start()
    raw.good("applyChanges", {"changes": EMPTY_CHANGES})
    while not raw.good("chunk")["done"]:
        pass
    raw.good("abort")


def test_a_download_with_a_bad_body_is_refused(house, raw, unharmed):
    for body in [b"[1]", b"{", b"5"]:
        assert raw.call("download", raw=body).status == 400


# --- the connection ------------------------------------------------------------------------------


# R-TRANS-07
def test_a_body_with_a_length_is_as_good_as_a_chunked_one(house, raw, unharmed):
    headers = {"anki-sync": json.dumps(raw.header())}
    body = pack(b'{"v":11,"cv":"x"}')
    assert raw.send("/sync/meta", body, headers, chunked=False).status == 200


# R-TRANS-02
def test_paths_with_a_prefix_or_doubled_slashes_work(house, raw, unharmed):
    headers = {"anki-sync": json.dumps(raw.header())}
    body = pack(b'{"v":11,"cv":"x"}')
    for path in ["/prefix/sync/meta", "//sync//meta", "/sync/sync/meta", "/sync/meta/"]:
        assert raw.send(path, body, headers).status == 200, path


# R-ERR-05
def test_many_refused_requests_in_a_row_cost_nothing(house, raw, unharmed):
    for _ in range(100):
        assert raw.call("chunk").status == 409
        assert raw.send("/sync/meta", b"\xff" * 2000).status == 400
