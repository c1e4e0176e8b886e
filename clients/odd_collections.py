"""Collections with everything in them that the file can hold, and what the official library makes
of them. Runs inside the environment of the newest library:

    odd_collections.py make FOLDER COUNT SEED
    odd_collections.py spoil FOLDER COUNT TIMES SEED
    odd_collections.py dump FILE...
"""

import contextlib
import itertools
import json
import pathlib
import random
import re
import shutil
import sqlite3
import sys
import types

import columns
from anki._backend import RustBackend
from anki.deck_config_pb2 import DeckConfig
from anki.decks_pb2 import Deck
from anki.errors import BackendError
from anki.notetypes_pb2 import Notetype

TEXT = [
    "a",
    "B",
    "é",
    "ß",
    "漢",
    "😀",
    " ",
    '"',
    "\\",
    "/",
    "\n",
    "\t",
    "<b>",
    "{{x}}",
    "::",
    ":",
    "'",
    "\0",
    "\x7f",
]
NAMED = ["a", "B", "É", "ß", "漢", "😀", " x", "y z", '"', "\\", "'", "a:b", "-", "%"]
NUMBERS = [0, 1, 2, 7, 100, 9999, 10000, 65535, 2**31 - 1, -1, -(2**31)]

# Where the library takes less than the type of the field.
RANGES = {
    "Notetype.Config.kind": (0, 1),
    "Notetype.Config.sort_field_idx": (0, 65535),
    "Notetype.Config.CardRequirement.kind": (0, 2),
    "Notetype.Config.CardRequirement.card_ord": (0, 65535),
    "Notetype.Config.CardRequirement.field_ords": (0, 65535),
    "Notetype.Field.Config.font_size": (0, 65535),
    "Notetype.Template.Config.browser_font_size": (0, 255),
    "Notetype.Template.Config.target_deck_id": (0, 2**40),
    "DeckConfig.Config.leech_action": (0, 1),
    "DeckConfig.Config.new_card_insert_order": (0, 1),
}
# What the library cuts off where it has to be rounded: R-OBJ-09, R-OBJ-10.
FRACTIONS = {
    "Deck.Normal.desired_retention": [0.7, 0.75, 0.8, 0.9, 0.95],
    "DeckConfig.Config.initial_ease": [1.35, 2.0, 2.5, 3.15, 5.0, 0.5, 6.0],
}


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = 0

    def some(self, most=3):
        return range(self.random.randint(0, most))

    def text(self):
        return "".join(self.random.choice(TEXT) for _ in self.some(6))

    def name(self):
        """Another one each time, by any collation."""
        self.names += 1
        return f"{self.random.choice(NAMED)}{self.names}"

    def deck_name(self):
        return "\x1f".join(self.name() for _ in range(self.random.choice([1, 1, 2, 3, 12])))

    def number(self, low, high):
        if self.random.random() < 0.5:
            return max(low, min(high, self.random.choice(NUMBERS)))
        return self.random.randint(low, high)

    def real(self):
        return self.random.choice(
            [0.0, 0.5, 0.7, 0.85, 0.9, 0.99, 1.0, 1.25, 1.3, 2.5, 10.0, 15.5, 1e6]
        )

    def json(self, depth=3):
        kind = self.random.randint(0, 7 if depth else 5)
        if kind == 0:
            return None
        if kind == 1:
            return self.random.random() < 0.5
        if kind == 2:
            return self.random.choice([0, 1, -1, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1])
        if kind == 3:
            return self.random.choice([0.5, -0.0, 1e300, 1.1, 1e-7, 3.0])
        if kind < 6:
            return self.text()
        if kind == 6:
            return [self.json(depth - 1) for _ in self.some()]
        return {self.text(): self.json(depth - 1) for _ in self.some()}

    def other(self, known):
        """Unknown members, and at times some that the format has a place for."""
        members = {f"{self.text()}{i}": self.json() for i in self.some()}
        if self.random.random() < 0.2:
            members[self.random.choice(known)] = self.json()
        if self.random.random() < 0.5:
            for part in ("new", "rev", "lapse"):
                members[part] = {"fuzz": 0.05, "bury": self.json(), "more": self.json()}
        return json.dumps(members, ensure_ascii=self.random.random() < 0.5).encode()

    def fill(self, message):
        for field in message.DESCRIPTOR.fields:
            if self.random.random() < 0.3:
                continue  # the default, or none
            name = f"{message.DESCRIPTOR.full_name.split('.', 2)[2]}.{field.name}"
            if field.message_type is not None:
                if field.is_repeated:
                    for _ in self.some():
                        self.fill(getattr(message, field.name).add())
                else:
                    getattr(message, field.name).SetInParent()
                    self.fill(getattr(message, field.name))
            elif field.is_repeated:
                getattr(message, field.name).extend(self.value(field, name) for _ in self.some())
            else:
                setattr(message, field.name, self.value(field, name))
        return message

    def value(self, field, name):
        if name in RANGES:
            return self.number(*RANGES[name])
        if name in FRACTIONS:
            return self.random.choice(FRACTIONS[name])
        if field.name == "other":
            return self.other(["id", "name", "mod", "usn", "dyn", "desc", "css", "ord", "conf"])
        kind = field.cpp_type
        if kind == field.CPPTYPE_STRING:
            return self.text()
        if kind == field.CPPTYPE_BOOL:
            return self.random.random() < 0.5
        if kind in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE):
            return self.real()
        if kind == field.CPPTYPE_UINT32:
            return self.number(0, 2**31 - 1)
        if kind == field.CPPTYPE_INT64:
            return self.number(-(2**53), 2**53)
        return self.number(0 if field.enum_type else -(2**31), 2**31 - 1)


def insert(db, table, *values):
    db.execute(f"insert into {table} values ({', '.join('?' * len(values))})", values)


def add_objects(db, make):
    for id in range(10, 10 + make.random.randint(1, 4)):
        config = make.fill(Notetype.Config())
        insert(
            db,
            "notetypes",
            id,
            make.name(),
            make.number(0, 10**9),
            make.number(-1, 9),
            config.SerializeToString(),
        )
        for ord in make.some():
            blob = make.fill(Notetype.Field.Config()).SerializeToString()
            insert(db, "fields", id, ord, make.name(), blob)
        for ord in make.some():
            blob = make.fill(Notetype.Template.Config()).SerializeToString()
            insert(db, "templates", id, ord, make.name(), 5, 6, blob)
    for id in range(10, 10 + make.random.randint(1, 6)):
        kind = Deck.KindContainer()
        side = getattr(kind, make.random.choice(["normal", "normal", "filtered"]))
        side.SetInParent()
        make.fill(side)
        common = make.fill(Deck.Common()).SerializeToString()
        insert(
            db,
            "decks",
            id,
            make.deck_name(),
            make.number(0, 10**9),
            make.number(-1, 9),
            common,
            kind.SerializeToString(),
        )
    for id in range(10, 10 + make.random.randint(1, 4)):
        config = make.fill(DeckConfig.Config()).SerializeToString()
        insert(
            db, "deck_config", id, make.text(), make.number(0, 10**9), make.number(-1, 9), config
        )
    for _ in make.some(6):
        value = json.dumps(make.json(), ensure_ascii=make.random.random() < 0.5)
        insert(db, "config", make.name(), make.number(-1, 9), 7, value.encode())
    for _ in make.some(6):
        insert(
            db,
            "tags",
            make.name() + make.text().replace("\0", ""),
            make.number(-1, 9),
            make.random.random() < 0.5,
            None,
        )


def add_rows(db, make):
    for id in range(1, 6):
        insert(
            db, "cards", id, make.number(1, 5), make.number(1, 12), make.number(0, 9), 5,
            make.number(-1, 9), make.number(0, 3), make.number(-3, 4), make.number(-9, 10**6), 4,
            make.random.choice([0, 1300, 1990, 2000, 2010, 2500]), 3, 2, 1, 0, make.number(0, 12),
            make.number(0, 7), make.text(),
        )  # fmt: skip
        insert(
            db, "notes", id, make.text(), 10, 5, make.number(-1, 9), " a b ", make.text(),
            make.random.choice(["x", 5, 1.5]), 7, 0, "",
        )  # fmt: skip
        insert(db, "revlog", id, id, make.number(-1, 9), 3, make.number(-9, 99), 7, 2500, 1, 2)
    for id in make.some(6):
        insert(db, "graves", id, make.random.randint(0, 2), make.number(0, 9))
    db.execute(
        "update col set mod = ?, usn = ?, ls = 7", [make.number(1, 2**40), make.number(1, 99)]
    )


def compare(a, b):
    """As the library does, for these names."""
    return (a.casefold() > b.casefold()) - (a.casefold() < b.casefold())


def connect(path):
    db = sqlite3.connect(path, isolation_level=None)
    db.create_collation("unicase", compare)
    return db


def make_one(folder, number, make):
    path = folder / "new.anki2"
    official(path)
    db = connect(path)
    db.execute("begin")
    add_objects(db, make)
    add_rows(db, make)
    db.execute("commit")
    db.execute("pragma journal_mode = delete")
    db.close()
    shutil.copy(path, folder / f"{number}.18")
    official(path, downgrade=True)
    shutil.copy(path, folder / f"{number}.11")
    official(path)
    path.rename(folder / f"{number}.18.again")


def official(path, downgrade=False):
    """What the library does to a file that it opens, and closes again."""
    backend = RustBackend()
    backend.open_collection(collection_path=str(path), media_folder_path="", media_db_path="")
    backend.close_collection(downgrade_to_schema11=downgrade)


def make(folder, count, seed):
    """N.18 for each number, of schema 18; N.11, that as the library downgrades it; N.18.again, that
    as the library upgrades it."""
    for number in range(int(count)):
        make_one(pathlib.Path(folder), number, Maker(f"{seed}/{number}"))


# What stands in the place of a value. Texts that begin with = are no texts, but JSON as it is.
MISTAKES = [
    None, True, False, "", "5", " 5", "x", "1.5", "true", 0, 1, 2, -1, 300, 2**31,
    2**40, 2**63, -(2**70), 1.0, 1.5, -0.5, [], {}, [1], [None], ["5", 2], {"a": 1},
    "=1e400", "=NaN", "=2.50", "=01",
]  # fmt: skip
ID_MISTAKES = ["007", "+5", "-5", " 5", "", "x", "5.0", "0", "9" * 20, "1e1"]
TWICE = "\ue000"  # ends the name of a member that is there already without it


def spoil_one(path, make):
    """Makes some mistakes in one of the JSON columns."""
    db = connect(path)
    columns = ["models", "models", "decks", "decks", "dconf", "dconf", "conf", "tags"]
    column = make.random.choice(columns)
    (text,) = db.execute(f"select {column} from col").fetchone()
    objects = json.loads(text)
    for _ in range(make.random.choice([1, 1, 2, 5])):
        spoil(objects, make.random)
    if column == "models":
        keep_ids(objects)
    if column == "decks":
        keep_apart(objects)
    text = json.dumps(objects, ensure_ascii=False).replace(TWICE, "")
    text = re.sub(r'"=([^"]*)"', r"\1", text)
    if make.random.random() < 0.03:
        text = make.random.choice(["", "[]", "null", text[:-1], text + "x", " " + text + "\n"])
    db.execute(f"update col set {column} = ?", [text])
    db.close()


def keep_ids(notetypes):
    """The library would tear a notetype of two ids apart, and give a random one to 0."""
    notetypes.pop("0", None)
    for key, notetype in notetypes.items():
        id = notetype.get("id") if isinstance(notetype, dict) else None
        if id is not True and all(re.fullmatch(r"-?\d+", str(number)) for number in (key, id)):
            notetype["id"] = int(key)


def keep_apart(decks):
    """Which of two decks of one id stays is chance with the library."""
    seen = set()
    for key, deck in decks.items():
        if not isinstance(deck, dict):
            continue
        if str(deck.get("id")) in seen and key.isdigit():
            deck["id"] = int(key)
        seen.add(str(deck.get("id")))


def spoil(value, random):
    """Goes down some way, then spoils a member."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = random.choice(keys)
        inner = isinstance(value[key], (dict, list)) and len(value[key]) > 0
        if not inner or random.random() < 0.15:
            break
        value = value[key]
    way = random.random()
    if way < 0.25:
        del value[key]
    elif way < 0.75 or isinstance(value, list):
        value[key] = random.choice(MISTAKES)
    elif way < 0.85:
        value[key + TWICE] = random.choice([value[key], random.choice(MISTAKES)])
    elif key.isdigit():
        value[random.choice(ID_MISTAKES)] = value.pop(key)
    else:
        value[random.choice(keys)] = value.pop(key)


def spoil_all(folder, count, times, seed):
    """N.11.odd.T, each N.11 with mistakes in its JSON, and N.18.odd.T if the library takes that."""
    folder = pathlib.Path(folder)
    path = folder / "new.anki2"
    for number, time in itertools.product(range(int(count)), range(int(times))):
        shutil.copy(folder / f"{number}.11", path)
        spoil_one(path, Maker(f"{seed}/{number}/{time}"))
        shutil.copy(path, folder / f"{number}.11.odd.{time}")
        with contextlib.suppress(BackendError):
            official(path)
            path.rename(folder / f"{number}.18.odd.{time}")
        for left in folder.glob("new.anki2*"):
            left.unlink()


def dump(*files):
    """Everything in files of schema 18, each as a line of JSON."""
    for file in files:
        db = connect(file)
        seen = columns.read(types.SimpleNamespace(db=Reader(db)))
        blobs = {column.split(".")[1] for column in seen}
        for (table,) in db.execute(
            "select name from sqlite_master where type = 'table'"
        ).fetchall():
            if not table.startswith("sqlite_"):
                rows = db.execute(f"select * from {table} not indexed")
                names = [column[0] for column in rows.description]
                seen[table] = [
                    {name: show(value) for name, value in zip(names, row) if name not in blobs}
                    for row in rows
                ]
        print(json.dumps(seen))


class Reader:
    """As `col.db` of the library."""

    def __init__(self, db):
        self.db = db

    def all(self, statement):
        return self.db.execute(statement).fetchall()


def show(value):
    return f"bytes {value.decode()}" if isinstance(value, bytes) else value


if __name__ == "__main__":
    {"make": make, "spoil": spoil_all, "dump": dump}[sys.argv[1]](*sys.argv[2:])
