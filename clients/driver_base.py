"""What the drivers have in common: driver.py, and python_driver.py for the oldest clients. Only the
standard library is used, of Python 2.7 and newer.

Reads commands as JSON lines {"do": name, "with": {arguments}} from stdin and answers each with one
line on stdout, {"ok": result} or {"error": {"type", "kind", "text"}}. A process has at most one
collection open and may open many, one after the other.
"""

import base64
import hashlib
import itertools
import json
import os
import re
import sys
import time
import traceback

commands = {}


def command(function):
    commands[function.__name__] = function
    return function


class Session:
    """What this process has open."""

    col = None
    auth = None


def await_next_ms():
    """A collection is dated when it is saved; one of the same millisecond would be taken for it."""
    time.sleep(0.002)


def col():
    assert Session.col is not None, "no collection is open"
    return Session.col


@command
def sql(statement, args=()):
    """Raw SQL; whoever changes rows sets their usn and mod."""
    return [list(row) for row in col().db.all(statement, *args)]


# --- edits that all libraries make alike ---------------------------------------------------------


@command
def add_notes(count, deck="Default", prefix="note"):
    add_note = commands["add_note"]
    return [add_note(["%s %d" % (prefix, i), "back %d" % i], deck) for i in range(count)]


@command
def renumber_notes(offset):
    """Ids are times: of notes made by the hundred on two devices at once some would be equal."""
    for assignment in ("notes set id = id + ?", "cards set id = id + ?", "cards set nid = nid + ?"):
        col().db.execute("update %s where usn = -1" % assignment, offset)


@command
def add_deck(name):
    return col().decks.id(name)


def update_members(config, members):
    """Members of a section are given as new={"perDay": 3}; others as they are."""
    for key, value in members.items():
        if isinstance(value, dict):
            config[key].update(value)
        else:
            config[key] = value


@command
def use_second_scheduler():
    """Clients to 2.1.44 begin with the first one, on which the newest does not study."""
    if hasattr(col(), "changeSchedulerVer"):
        col().changeSchedulerVer(2)
    else:
        col().upgrade_to_v2_scheduler()


# --- media ---------------------------------------------------------------------------------------

clock = itertools.count(int(time.time()) + 100)  # never the time at which the library wrote


def new_time(path):
    """The library takes a file as unchanged while its time is, and the folder as well."""
    moment = next(clock)
    os.utime(path, (moment, moment))


@command
def put_media(files):
    """{name: text in base 64}; or {name: number}: so many bytes that cannot be packed."""
    folder = col().media.dir()
    for name, content in files.items():
        path = os.path.join(folder, name)
        data = os.urandom(content) if isinstance(content, int) else base64.b64decode(content)
        with open(path, "wb") as file:
            file.write(data)
        new_time(path)
    new_time(folder)


@command
def media():
    """{name: SHA-1}"""
    folder = col().media.dir()
    return {name: sha1_of(os.path.join(folder, name)) for name in os.listdir(folder)}


def sha1_of(path):
    with open(path, "rb") as file:
        return hashlib.sha1(file.read()).hexdigest()


@command
def delete_media(names):
    folder = col().media.dir()
    for name in names:
        os.remove(os.path.join(folder, name))
    new_time(folder)


# --- looking inside ------------------------------------------------------------------------------

DOUBLE_SPACE = re.compile("^  |  $")  # 2.1.26 puts two around the tags
ROWS_WITH_USN = ("notes", "cards", "revlog", "graves")


def rows(table, *names):
    found = col().db.all("select id, %s from %s" % (", ".join(names), table))
    return {str(row[0]): dict(zip(names, row[1:])) for row in found}


def rows_of_all_schemas():
    """What `dump` tells of the tables that each schema has."""
    notes = rows("notes", "guid", "mid", "mod", "tags", "flds", "cast(sfld as text)", "csum")
    for note in notes.values():
        note["tags"] = DOUBLE_SPACE.sub(" ", note["tags"]) if note["tags"].strip() else ""
    cards = rows(
        "cards", "nid", "did", "ord", "mod", "type", "queue", "due", "ivl", "factor", "reps",
        "lapses", "left", "odue", "odid", "flags", "data",
    )  # fmt: skip
    for card in cards.values():
        card["data"] = json.loads(card["data"] or "{}")
    return {
        "col": dict(zip(("crt", "mod", "scm"), col().db.first("select crt, mod, scm from col"))),
        "state": dict(zip(("usn", "ls"), col().db.first("select usn, ls from col"))),
        "notes": notes,
        "cards": cards,
        "revlog": rows("revlog", "cid", "ease", "ivl", "lastIvl", "factor", "time", "type"),
    }


def pending(*tables):
    return {
        table: col().db.scalar("select count() from %s where usn = -1" % table) for table in tables
    }


def without_usn(thing):
    return {key: value for key, value in thing.items() if key != "usn"}


# --- the loop ------------------------------------------------------------------------------------


def answer(line):
    request = json.loads(line)
    try:
        return {"ok": commands[request["do"]](**request.get("with", {}))}
    except Exception as error:
        traceback.print_exc()
        kind = getattr(error, "kind", None)
        name = getattr(kind, "name", None)
        return {"error": {"type": type(error).__name__, "kind": name, "text": str(error)}}


def serve(library_version):
    # Whatever the library prints goes to stderr, the answers alone to stdout.
    replies = os.fdopen(os.dup(1), "w", 1)
    os.dup2(2, 1)
    replies.write(json.dumps({"ok": library_version}) + "\n")
    for line in iter(sys.stdin.readline, ""):
        replies.write(json.dumps(answer(line)) + "\n")
