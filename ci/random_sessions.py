"""Sessions that ci/differential plays: sequences of calls, the same for the same seed. What a call
sends is made of what a collection holds, changed a little or a lot."""

import copy
import json
import random

KEYS = ("one", "two")
NOW_ROUGHLY = 1_790_000_000
NUMBERS_OF_32_BITS = (0, 1, -1, 2, 255, 256, 65_535, 65_536, 2**31 - 1, -(2**31))
NUMBERS = (*NUMBERS_OF_32_BITS, 2**31, 2**32, 2**53, 2**63 - 1)
TEXTS = ("", "a", "Default", "default", "a::b", "::", "ünï", "u\u0308", "x" * 300, "a b", "\u0001", "ſ")
USN_COLUMNS = {"revlog": 2, "cards": 5, "notes": 4}
# Not -0.0, which one of the two protobuf libraries takes for a default and does not store.
OTHERS = (None, True, 1.5, [], {}, "1", "text", [[]])


class Session:
    """`pool`: what the collection holds, as applyChanges and chunk have sent it."""

    def __init__(self, seed, pool):
        self.dice = random.Random(seed)
        self.pool = pool
        # A wild one changes the kinds of values, too.
        self.is_wild = self.dice.random() < 0.5

    def chance(self, part):
        return self.dice.random() < part

    def calls(self):
        """(session key, method, what is sent). `usn` of all that is sent is the server's."""
        for _ in range(self.dice.randint(1, 3)):
            yield from self.sync(self.dice.choice(KEYS))

    def sync(self, key):
        if not self.chance(0.1):
            yield key, "meta", {"v": 11, "cv": "anki,26.09.3 (test),linux"}
        yield key, "start", self.maybe_spoilt(
            {"minUsn": self.dice.choice((0, 0, 3, 4, 5)), "lnewer": self.chance(0.5),
             "graves": None})
        for _ in range(self.dice.randint(0, 5)):
            other = self.chance(0.03)
            yield (KEYS[0] if other else key), *self.transfer()
        if self.chance(0.2):
            yield key, "sanityCheck2", self.maybe_spoilt({"client": [[0, 0, 0], 2, 2, 1, 0, 2, 4, 2]})
            return
        yield key, self.dice.choice(("finish", "finish", "finish", "abort")), {"_pad": None}

    def transfer(self):
        method = self.dice.choice(("applyGraves", "applyChanges", "applyChanges", "chunk",
                                   "applyChunk", "applyChunk"))
        if method == "chunk":
            return method, {"_pad": None}
        if method == "applyGraves":
            return method, self.maybe_spoilt({"chunk": self.graves()})
        if method == "applyChanges":
            return method, self.maybe_spoilt({"changes": self.changes()})
        return method, self.maybe_spoilt({"chunk": self.chunk()})

    def some(self, things, most=2):
        return [copy.deepcopy(self.dice.choice(things)) for _ in range(self.dice.randint(0, most))
                if things]

    def id_of(self, known):
        return known if self.chance(0.6) else self.dice.choice((known + 1, 7, 1_700_000_000_500))

    def mod_of(self, known):
        """Hardly ever the same: what then happens is R-CHUNK-09 and R-CHANGES-05."""
        distance = self.dice.randint(1, 10_000)
        return self.dice.choice((known - distance, known + distance, NOW_ROUGHLY + distance))

    def graves(self):
        rows = self.pool["chunk"]
        return {"cards": [self.id_of(row[0]) for row in self.some(rows["cards"])],
                "notes": [self.id_of(row[0]) for row in self.some(rows["notes"])],
                "decks": [self.id_of(deck["id"]) for deck in self.some(self.pool["decks"][0], 1)]}

    def changes(self):
        decks, configs = self.pool["decks"]
        changes = {"models": self.objects(self.pool["models"]),
                   "decks": [self.objects(decks), self.objects(configs)],
                   "tags": self.dice.sample(["tag1", "new", "a::b", "Tag1", "ünï"], 2)}
        if self.chance(0.2):
            changes["conf"] = {"curDeck": 1, "text": "a", "list": [1, {"a": None}]}
            changes["crt"] = 1_600_000_000
        return changes

    def objects(self, known):
        """No two of them have one id."""
        chosen = {}
        for one in self.some(known):
            one["id"] = self.id_of(one["id"])
            one["mod"] = self.mod_of(one["mod"])
            if self.chance(0.4):
                one["name"] = self.dice.choice(TEXTS)
            if self.chance(0.5):
                self.change_member(one)
            chosen[one["id"]] = one
        return list(chosen.values())

    def change_member(self, one):
        names = [name for name in one if name not in ("id", "mod", "usn", "name")]
        if not names:
            return
        name = self.dice.choice(names)
        if isinstance(one[name], dict):
            self.change_member(one[name])
        else:
            one[name] = self.other(one[name])

    def other(self, value):
        if self.is_wild and self.chance(0.3):
            return copy.deepcopy(self.dice.choice(OTHERS))
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            if not self.is_wild:
                return self.dice.randint(0, 9)
            return self.dice.choice(NUMBERS if self.chance(0.1) else NUMBERS_OF_32_BITS)
        if isinstance(value, str):
            return self.dice.choice(TEXTS)
        return value

    def chunk(self):
        rows = self.pool["chunk"]
        chunk = {"done": self.chance(0.5)}
        for table, columns in (("revlog", (3, 4, 5, 6, 7, 8)),
                               ("cards", (1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)),
                               ("notes", (1, 5, 6))):
            chosen = {}
            for row in self.some(rows[table], 3):
                row[0] = self.id_of(row[0])
                if table != "revlog":
                    column = {"cards": 4, "notes": 3}[table]
                    row[column] = self.mod_of(row[column])
                if self.chance(0.6):
                    column = self.dice.choice(columns)
                    row[column] = self.field_text() if (table, column) == ("notes", 6) \
                        else self.other(row[column])
                chosen[row[0]] = row
            if chosen:
                chunk[table] = list(chosen.values())
        return chunk

    def field_text(self):
        return "\x1f".join(self.dice.choice(TEXTS) for _ in range(self.dice.choice((2, 2, 2, 1, 3))))

    def maybe_spoilt(self, value):
        """In one place a value of another kind, or without a member."""
        if not self.is_wild or not self.chance(0.15):
            return value
        value = copy.deepcopy(value)
        at = value
        while True:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not keys:
                return value
            key = self.dice.choice(keys)
            if isinstance(at[key], (dict, list)) and at[key] and self.chance(0.7):
                at = at[key]
            elif isinstance(at, dict) and self.chance(0.4):
                del at[key]
                return value
            else:
                at[key] = copy.deepcopy(self.dice.choice(OTHERS + NUMBERS + TEXTS))
                return value


def with_usn(value, usn):
    """As the client of a sync stamps all that it sends."""
    if isinstance(value, list):
        return [with_usn(item, usn) for item in value]
    if not isinstance(value, dict):
        return value
    stamped = {name: with_usn(item, usn) for name, item in value.items()}
    if isinstance(value.get("usn"), int):
        stamped["usn"] = usn
    for table, column in USN_COLUMNS.items():
        rows = stamped.get(table)
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, list) and len(row) > column and isinstance(row[column], int):
                row[column] = usn
    return stamped


def text_of(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
