"""Where two servers differ, line by line: for ci/differential. A line says where, and what each of
the two has: `download.decks.5.name: 'a' | 'b'`, ours first.

Not compared: texts of errors, and of a refusal in `meta`; the order of rows and objects; times that
the servers take from their clocks, which count as equal if they are of this run; `mod` and `ls` of
the collection.
"""

import contextlib
import json
import sqlite3
import tempfile
import time

import equality
import media_zip

# Columns that the protocol does not carry, or a clock fills.
NOT_COMPARED = {"col": {"mod", "ls"}, "config": {"usn", "mtime_secs"}}
# What tells a row from others, where it is not the first column.
KEY_COLUMNS = {"graves": ("oid", "type"), "fields": ("ntid", "ord"), "templates": ("ntid", "ord")}
START = time.time()
CLOCK_SLACK_SECONDS = 5


def without_clock(value):
    """A time of this run, in seconds or milliseconds, is `now`."""
    if isinstance(value, list):
        return [without_clock(item) for item in value]
    if isinstance(value, dict):
        return {name: without_clock(item) for name, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool):
        for unit in (1, 1000):
            if START - CLOCK_SLACK_SECONDS <= value / unit <= time.time() + CLOCK_SLACK_SECONDS:
                return "now"
    return value


def by_key(value):
    """Lists of rows and objects have no order that counts: each goes by its id."""
    if isinstance(value, dict):
        return {name: by_key(item) for name, item in value.items()}
    if not isinstance(value, list):
        return value
    keys = [key_of(item) for item in value]
    if None in keys:
        return [by_key(item) for item in value]
    found = {}
    for key, item in sorted(zip(keys, value), key=repr):
        found[free_key(found, key)] = by_key(item) if isinstance(item, dict) else item
    return found


def free_key(found, key):
    return free_key(found, f"{key} again") if key in found else key


def key_of(item):
    if isinstance(item, dict) and "id" in item:
        return str(item["id"])
    if isinstance(item, list) and item and isinstance(item[0], int):
        return str(item[0])
    return None


# --- replies ---


def content_of(method, content):
    """What counts of the reply to a call that has succeeded."""
    if method == "downloadFiles":
        return {f"file {number}": list(file)
                for number, file in enumerate(media_zip.read_download_zip(content))}
    if method == "upload":
        return content.decode()
    if method == "download":
        return tables_of(content)
    value = without_clock(json.loads(content))
    if method == "meta":
        value.pop("mod")
        value["msg"] = bool(value["msg"])
    if method == "start":
        return {kind: {str(id): "deleted" for id in ids} for kind, ids in value.items()}
    if method == "applyChanges" and "tags" in value:
        value["tags"] = {tag: "there" for tag in value["tags"]}
    if method in ("applyChanges", "chunk"):
        return by_key(value)
    return value


def lines_of(where, ours, official):
    return equality.compare(where, ours, official, False, 0)


# --- collections ---


def unicase(a, b):
    a, b = a.casefold(), b.casefold()
    return (a > b) - (a < b)


def open_collection(path):
    db = sqlite3.connect(path)
    db.create_collation("unicase", unicase)
    return db


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return value, at


def message(data):
    """The fields of a protobuf message, which may come in any order; what is none stays bytes."""
    fields, at = [], 0
    try:
        while at < len(data):
            key, at = varint(data, at)
            size = {1: 8, 5: 4}.get(key & 7)
            if key & 7 == 0:
                value, at = varint(data, at)
            else:
                if key & 7 == 2:
                    size, at = varint(data, at)
                value, at = data[at:at + size], at + size
            fields.append((key >> 3, value))
    except (IndexError, TypeError):
        return data
    return sorted(fields, key=repr)


def tables_of(content):
    """The rows of a collection's file: {table: {key: row}}."""
    with tempfile.NamedTemporaryFile(suffix=".anki2") as file:
        file.write(content)
        file.flush()
        with contextlib.closing(open_collection(file.name)) as db:
            names = [name for name, in db.execute(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite%'")]
            tables = {name: rows_of(db, name) for name in names}
    for grave in tables.get("graves", {}).values():
        grave["object"] = "there" if is_there(tables, grave) else "gone"
    return tables


def is_there(tables, grave):
    """Whether what it says is deleted is there, or there again."""
    table = ("cards", "notes", "decks")[grave["type"]]
    rows = tables[table] if table in tables else tables["col"]["1"][table]
    return str(grave["oid"]) in rows


def rows_of(db, table):
    cursor = db.execute(f"select * from {table}")
    columns = [column[0] for column in cursor.description]
    skipped = NOT_COMPARED.get(table, set())
    keys = KEY_COLUMNS.get(table, columns[:1])
    found = {}
    for values in cursor:
        row = dict(zip(columns, values))
        key = free_key(found, " ".join(str(row[name]) for name in keys))
        found[key] = {name: value_of(table, value) for name, value in row.items()
                      if name not in skipped}
    return found


def value_of(table, value):
    """Protobuf as its fields; the JSON that schema 11 has in `col` as what it says."""
    if isinstance(value, bytes):
        return message(value)
    if table == "col" and isinstance(value, str) and value.startswith("{"):
        return by_key(without_clock(json.loads(value)))
    return without_clock(value)
