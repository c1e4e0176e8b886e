"""Collections of older schemas, which an official folder may hold and old programs write: taken as
the official library takes them."""

import json
import shutil
import sqlite3
import subprocess

import equality
import pytest
import venvs
from household import fill, normal_sync, report
from rawclient import RawClient
from venvs import NEWEST

# These run as writers of files, not as clients.
OLD_WRITERS = {16: "2.1.36", 17: "2.1.44"}
WRITE = """
import sys
from anki.collection import Collection
from anki.notes import Note
col = Collection(sys.argv[1])
deck = col.decks.id("Latin::Verbs")
for number in range(20):
    note = Note(col, col.models.byName("Basic"))
    note.fields = [f"front {number}", "<b>back</b>"]
    note.tags = ["first", f"group::{number % 3}"]
    col.add_note(note, deck)
col.decks.select(deck)
col.sched.reset()
for _ in range(5):
    col.sched.answerCard(col.sched.getCard(), 3)
col.remNotes(col.findNotes("front")[:2])
col.save()
col.close()
"""


def write(house, schema):
    if schema == 11:
        return write_11(house)
    path = house.new_path()
    path.parent.mkdir()
    python = venvs.python_of(OLD_WRITERS[schema])
    subprocess.run([python, "-c", WRITE, str(path)], check=True, capture_output=True)
    return path


def write_11(house):
    """By the newest library, as an older client would have had it, with that one's oddities."""
    device = house.open(NEWEST, house.new_path())
    fill(device)
    device.add_filtered_deck(name="Filtered", search="deck:Latin")
    device.delete_notes(notes=device.find_notes(query="")[:2])
    device.close_as_schema_11()
    device.switch_off()
    with sqlite3.connect(device.path) as db:
        change_column(db, "dconf", faulty_ease)
        change_column(db, "decks", odd_decks)
        change_column(db, "models", odd_notetypes)
        db.execute("update cards set factor = 1300 where factor != 0")
        db.execute("insert into graves select * from graves")
    return device.path


def change_column(db, column, change):
    (text,) = db.execute(f"select {column} from col").fetchone()
    objects = json.loads(text)
    change(objects)
    db.execute(f"update col set {column} = ?", [json.dumps(objects)])


def faulty_ease(configs):
    configs["1"]["new"]["initialFactor"] = 1300
    configs["1"]["unknown"] = {"deep": [1, None]}
    configs["1"]["lapse"]["unknown"] = "kept"


def odd_decks(decks):
    decks["5"] = {**decks["1"], "id": 5, "name": "Cafe\u0301:: \u00dcnter:", "unknown": [1.5]}
    decks["6"] = {**decks["1"], "id": "6", "name": "a\x1fb::::c", "conf": "1", "lrnToday": [0]}


def odd_notetypes(notetypes):
    for id, notetype in notetypes.items():
        notetype["unknown"] = {"id": id}
    first = notetypes[min(notetypes)]
    first["tags"] = []
    first["vers"] = []
    first["flds"][1]["name"] = first["flds"][0]["name"].upper()
    first["req"] = "nonsense"


of_each_schema = pytest.mark.parametrize("schema", [11, *OLD_WRITERS])


@pytest.fixture
def older(house, schema):
    """The file, and what the official library makes of it."""
    path = write(house, schema)
    with sqlite3.connect(path) as db:
        assert db.execute("select ver from col").fetchone() == (schema,)
    copy = house.new_path()
    copy.parent.mkdir()
    shutil.copy(path, copy)
    reader = house.open(NEWEST, copy)
    seen = reader.dump(), reader.columns()
    reader.switch_off()
    return path, seen


def assert_seen(device, seen, same_mod):
    dump, columns = seen
    # Decks whose names the upgrade mended are dated by it.
    mended = device.dump()
    for id in ("5", "6"):
        if id in dump["decks"]:
            mended["decks"][id]["mod"] = dump["decks"][id]["mod"]
    found = equality.differences(dump, mended, same_mod=same_mod)
    assert not found, report("official | ours", found)
    assert device.columns() == columns


# R-STORE-01, R-FULL-09
@of_each_schema
def test_an_older_file_is_uploaded(house, older):
    path, seen = older
    raw = RawClient(house.server.endpoint)
    raw.log_in()
    assert raw.call("upload", raw=path.read_bytes()).content == b"OK"
    reader = house.open(NEWEST, house.copy_of_server_file())
    assert_seen(reader, seen, same_mod=True)
    reader.switch_off()
    assert_two_devices_go_on(house)


# R-STORE-01
@of_each_schema
def test_an_older_file_lies_in_the_folder(house, older):
    path, seen = older
    house.server.account_folder().mkdir()
    shutil.copy(path, house.server.account_folder() / "collection.anki2")
    device = house.device()
    device.full_download()
    assert_seen(device, seen, same_mod=False)
    assert_two_devices_go_on(house)


def assert_two_devices_go_on(house):
    first, second = house.device("2.1.58"), house.device()
    for turn, device in enumerate((first, second)):
        assert device.sync()["required"] == "download"
        device.full_download()
        device.add_note(fields=[f"after {turn}", "x"], deck="Latin")
        device.date_edits(seconds=turn * 10)
        normal_sync(device)
    house.settle_equal(first, second)
