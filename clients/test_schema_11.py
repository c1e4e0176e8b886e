"""Files of schema 11, as clients of protocol 8 to 10 send and get them: converted by ankiwire as by
the official library, column by column."""

import contextlib
import json
import pathlib
import shutil
import sqlite3
import subprocess

import equality
import pytest
import server
import venvs
from device import Device
from household import fill, report

COUNT = 200
SEED = "1"
TIMES = 3
LATER = 1_500_000_000  # than all times in the collections
JSON_COLUMNS = ("conf", "models", "decks", "dconf", "tags")

pytestmark = pytest.mark.ours_only


def run_official(*arguments):
    script = pathlib.Path(__file__).with_name("odd_collections.py")
    command = [venvs.python_of(venvs.NEWEST), script, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, env=server.environment())
    assert result.returncode == 0, result.stderr[-3000:]
    return result.stdout


def convert(schema, files):
    """Why each was refused, or nothing."""
    program = pathlib.Path(server.ankiwire_binary()).parents[1] / "collection" / "convert_file"
    command = [program, str(schema), *map(str, files)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.fixture(scope="module")
def collections(tmp_path_factory):
    folder = tmp_path_factory.mktemp("collections")
    run_official("make", folder, COUNT, SEED)
    return folder


def copies(folder, source, target):
    """Of all collections, as `target`."""
    made = [folder / f"{number}.{target}" for number in range(COUNT)]
    for file in made:
        shutil.copy(file.with_name(file.name.removesuffix(target) + source), file)
    return made


def dump_11(path):
    """Everything in a file of schema 11, read by an SQLite without the collation."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma integrity_check").fetchall() == [("ok",)]
        assert db.execute("pragma journal_mode").fetchone() == ("delete",)
        objects = db.execute("select type, name from sqlite_master where name != 'sqlite_stat1'")
        dump = {"objects": sorted(map(list, objects))}
        for table in ("col", "notes", "cards", "revlog", "graves"):
            rows = db.execute(f"select * from {table}")
            names = [column[0] for column in rows.description]
            dump[table] = [dict(zip(names, row)) for row in rows]
    dump["graves"].sort(key=str)
    (col,) = dump["col"]
    col.update({column: json.loads(col[column]) for column in JSON_COLUMNS})
    return dump


def assert_all_equal(pairs):
    found = [
        f"{number}{line}"
        for number, (official, ours) in enumerate(pairs)
        for line in equality.compare("", official, ours, lenient=False, depth=0)
    ]
    assert not found, report("official | ours", found[:40])


# R-LEG-24, R-LEG-27, R-LEG-28
def test_downgraded_files_are_those_of_the_library(collections):
    ours = copies(collections, "18", "11.ours")
    assert convert(11, ours) == [""] * COUNT
    assert_all_equal((dump_11(file.with_suffix("")), dump_11(file)) for file in ours)


def dumps_18(files):
    """As ankiwire leaves them: nothing is at usn -1, and what the upgrade changes is dated now."""
    dumps = [json.loads(line) for line in run_official("dump", *files).splitlines()]
    for dump in dumps:
        (col,) = dump["col"]
        for table in (
            "notes",
            "cards",
            "revlog",
            "graves",
            "decks",
            "notetypes",
            "deck_config",
            "tags",
        ):
            for row in dump[table]:
                row["usn"] = col["usn"] if row["usn"] == -1 else row["usn"]
        for deck in dump["decks"]:
            deck["mtime_secs"] = min(deck["mtime_secs"], LATER)
        for entry in dump["config"]:
            entry["val"] = json.loads(entry["val"].removeprefix("bytes "))
    return dumps


# R-STORE-01, R-FULL-09
def test_upgraded_files_are_those_of_the_library(collections):
    ours = copies(collections, "11", "18.ours")
    assert convert(18, ours) == [""] * COUNT
    official = [file.with_suffix(".again") for file in ours]
    assert_all_equal(zip(dumps_18(official), dumps_18(ours)))


# R-STORE-01
def test_mistakes_in_json_are_taken_or_refused_as_by_the_library(collections):
    run_official("spoil", collections, COUNT, TIMES, SEED)
    spoilt = sorted(collections.glob("*.11.odd.*"))
    official = [file.with_name(file.name.replace(".11.", ".18.")) for file in spoilt]
    ours = [file.with_name(file.name.replace(".11.", ".ours.")) for file in spoilt]
    for file, copy in zip(spoilt, ours):
        shutil.copy(file, copy)
    refusals = convert(18, ours)
    found = [
        f"{file.name}: {'taken' if file.exists() else 'refused'} | {refusal or 'taken'}"
        for file, refusal in zip(official, refusals, strict=True)
        if file.exists() == bool(refusal)
    ]
    assert not found, report("official | ours", found)
    taken = [(theirs, copy) for theirs, copy in zip(official, ours) if theirs.exists()]
    assert len(spoilt) / 4 < len(taken) < len(spoilt) * 3 / 4
    assert_all_equal(zip(*map(dumps_18, zip(*taken))))


@pytest.fixture
def filled(pool, tmp_path):
    """A collection that a person could have, every field of its objects set."""
    device = Device(pool, venvs.NEWEST, tmp_path / "collection.anki2")
    fill(device)
    for name in ("A::b::C::d::E::f", "Caf\u00e9 \u00df::'\"\\", "\u6f22::\U0001f600"):
        device.add_deck(name=name)
    device.use_deck_config(deck="Latin", id=device.add_deck_config(name="Slow \u00e9"))
    device.add_filtered_deck(name="Filtered", search="deck:Latin")
    device.delete_notes(notes=device.find_notes(query="")[:2])
    device.fill_columns()
    assert device.check_database() == ""
    yield device
    device.switch_off()


# R-LEG-24, R-LEG-28
def test_an_old_library_finds_nothing_wrong_with_a_downgraded_file(pool, filled):
    query = "deck:A or deck:Filtered"
    cards = set(filled.find_cards(query=query))
    filled.switch_off()
    assert convert(11, [filled.path]) == [""]
    try:
        old = Device(pool, "2.1.26", filled.path)
    except venvs.NotHere as reason:
        pytest.skip(f"NOT TESTED: no old client has seen a downgraded file: {reason}")
    assert old.check_database() == ""
    assert set(old.find_cards(query=query)) == cards
    old.edit_deck_config(id=1, new={"perDay": 7})
    old.edit_notetype(name="Basic", css="/* old */")
    old.add_note(fields=["one", "more"], deck="A::b::C")
    old.review(count=2, deck="Latin")
    assert old.check_database() == ""
    old.switch_off()


# R-STORE-01
def test_the_library_finds_nothing_wrong_with_an_upgraded_file(filled):
    seen, columns = filled.dump(), filled.columns()
    filled.switch_off()
    assert convert(11, [filled.path]) == [""]
    assert convert(18, [filled.path]) == [""]
    filled.switch_on()
    assert not equality.differences(seen, filled.dump())
    assert filled.columns() == columns
    assert filled.check_database() == ""
