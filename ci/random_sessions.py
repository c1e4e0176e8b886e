"""Sessions that ci/differential plays: sequences of calls, the same for the same seed. What a call
sends is made of what a collection holds, changed a little or a lot."""

import copy

from calls import Call
from random_forms import WILD_BROKEN, OldClient
from random_media import Media
from random_values import NUMBERS, NUMBERS_OF_32_BITS, OTHERS, TEXTS, Dice, Session

NOW_ROUGHLY = 1_790_000_000
NAMES_OF_USERS = ("", "User", "user ", "user\0", "../user", "user:pass", "nobody", "ünï",
                  "use\u0301r", "\n", "%75ser")
PASSWORDS = ("", "Pass", "pass ", "pass\0", "pas", "user:pass", "x" * 1000, "🔑", "\\")
HOST_KEYS = ("", "0" * 40, "user:pass", "\"", "{}")
META = {"v": 11, "cv": "anki,26.09.3 (test),linux"}
NOTHING = {"_pad": None}
COUNTS = [[0, 0, 0], 2, 2, 1, 0, 2, 4, 2]


def session_of(seed, pool):
    dice = Dice(seed)
    kind, = dice.choices((Sync, OldSync, Media, Logins), (40, 25, 30, 5))
    return kind(dice, pool)


class Logins(Session):
    """With the users' own names and passwords, and others; and with host keys, right or not."""

    def calls(self):
        old = OldClient(self.dice, self.pool["keys"][0]) if self.dice.chance(0.4) else None
        for _ in range(self.dice.randint(1, 3)):
            value = self.maybe_spoilt(self.who())
            yield old.call("hostKey", value, "", WILD_BROKEN) if old else Call("hostKey", value)
            key = self.dice.choice((*self.pool["keys"], *HOST_KEYS, self.pool["keys"][0].upper()))
            yield Call("meta", META, "one", host_key=key)
            yield Call(self.dice.choice(("mediaSanity", "mediaChanges")), {"local": 0, "lastUsn": 0},
                       host_key=key)

    def who(self):
        name, password = self.dice.choice(self.pool["users"])
        what = self.dice.random()
        if what < 0.2:
            name = self.dice.choice(NAMES_OF_USERS)
        elif what < 0.5:
            password = self.dice.choice((*PASSWORDS, *(other for _, other in self.pool["users"])))
        return {"u": name, "p": password}


class Sync(Session):
    """Some syncs of two devices of protocol 11."""

    def __init__(self, dice, pool):
        super().__init__(dice, pool)
        self.keys = ("one", "two")

    def call(self, method, value, key):
        return Call(method, value, key)

    def calls(self):
        for _ in range(self.dice.randint(1, 3)):
            yield from self.sync(self.dice.choice(self.keys))
        for key in self.keys:
            yield Call("abort", NOTHING, key)
        yield Call("download", NOTHING)

    def meta(self):
        return META

    def start(self):
        return {"minUsn": self.dice.choice((0, 0, 3, 4, 5)), "lnewer": self.dice.chance(0.5),
                "graves": None}

    def counts(self):
        return COUNTS

    def sync(self, key):
        if not self.dice.chance(0.1):
            yield self.call("meta", self.meta(), key)
        yield self.call("start", self.maybe_spoilt(self.start()), key)
        for _ in range(self.dice.randint(0, 5)):
            method, value = self.transfer()
            yield self.call(method, value, self.keys[0] if self.dice.chance(0.03) else key)
        if self.dice.chance(0.2):
            yield self.call("sanityCheck2", self.maybe_spoilt({"client": self.counts()}), key)
        else:
            yield self.call(self.dice.choice(("finish", "finish", "finish", "abort")), NOTHING, key)

    def transfer(self):
        method = self.dice.choice(("applyGraves", "applyChanges", "applyChanges", "chunk",
                                   "applyChunk", "applyChunk"))
        if method == "chunk":
            return method, NOTHING
        if method == "applyGraves":
            return method, self.maybe_spoilt({"chunk": self.graves()})
        if method == "applyChanges":
            return method, self.maybe_spoilt({"changes": self.changes()})
        return method, self.maybe_spoilt({"chunk": self.chunk()})

    def id_of(self, known):
        others = (known + 1, 7, 1_700_000_000_500)
        return known if self.dice.chance(0.6) else self.dice.choice(others)

    def mod_of(self, known):
        """Hardly ever the same: what then happens is R-CHUNK-09 and R-CHANGES-05."""
        distance = self.dice.randint(1, 10_000)
        return self.dice.choice((known - distance, known + distance, NOW_ROUGHLY + distance))

    def graves(self):
        rows, decks = self.pool["chunk"], self.pool["decks"][0]
        return {"cards": [self.id_of(row[0]) for row in self.dice.some(rows["cards"])],
                "notes": [self.id_of(row[0]) for row in self.dice.some(rows["notes"])],
                "decks": [self.id_of(deck["id"]) for deck in self.dice.some(decks, 1)]}

    def changes(self):
        decks, configs = self.pool["decks"]
        changes = {"models": self.objects(self.pool["models"]),
                   "decks": [self.objects(decks), self.objects(configs)],
                   "tags": self.dice.sample(["tag1", "new", "a::b", "Tag1", "ünï"], 2)}
        if self.dice.chance(0.2):
            changes["conf"] = {"curDeck": 1, "text": "a", "list": [1, {"a": None}],
                               **self.more_config()}
            changes["crt"] = 1_600_000_000
        return changes

    def objects(self, known):
        """No two of them have one id."""
        chosen = {}
        for one in self.dice.some(known):
            one["id"] = self.id_of(one["id"])
            one["mod"] = self.mod_of(one["mod"])
            if self.dice.chance(0.4):
                one["name"] = self.dice.choice(TEXTS)
            if self.dice.chance(0.5):
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
        if self.is_wild and self.dice.chance(0.3):
            return copy.deepcopy(self.dice.choice(OTHERS))
        if isinstance(value, bool):
            return not value
        if isinstance(value, int):
            if not self.is_wild:
                return self.dice.randint(0, 9)
            return self.dice.choice(NUMBERS if self.dice.chance(0.02) else NUMBERS_OF_32_BITS)
        if isinstance(value, str):
            return self.dice.choice(TEXTS)
        return value

    def chunk(self):
        rows = self.pool["chunk"]
        chunk = {"done": self.dice.chance(0.5)}
        for table, columns in (("revlog", (3, 4, 5, 6, 7, 8)),
                               ("cards", (1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)),
                               ("notes", (1, 5, 6))):
            chosen = {}
            for row in self.dice.some(rows[table], 3):
                row[0] = self.id_of(row[0])
                if table != "revlog":
                    column = {"cards": 4, "notes": 3}[table]
                    row[column] = self.mod_of(row[column])
                if self.dice.chance(0.6):
                    column = self.dice.choice(columns)
                    row[column] = self.field_text() if (table, column) == ("notes", 6) \
                        else self.other(row[column])
                chosen[row[0]] = row
            if chosen:
                chunk[table] = list(chosen.values())
        return chunk

    def field_text(self):
        return "\x1f".join(self.dice.choice(TEXTS) for _ in range(self.dice.choice((2, 2, 2, 1, 3))))

    def more_config(self):
        return {}


class OldSync(Sync):
    """Of clients of protocol 8 to 10, one of which may upload and download."""

    def __init__(self, dice, pool):
        super().__init__(dice, pool)
        self.old = OldClient(dice, pool["keys"][0])
        self.keys = self.old.keys

    def call(self, method, value, key):
        return self.old.call(method, value, key, WILD_BROKEN if self.is_wild else 0)

    def calls(self):
        if self.dice.chance(0.2):
            yield self.call("upload", self.pool["old_file"], self.keys[0])
        *calls, download = super().calls()
        yield from calls
        yield self.call("download", {}, self.keys[0]) if self.dice.chance(0.3) else download

    def meta(self):
        return {"v": self.old.version, "cv": self.old.client}

    def start(self):
        start = super().start()
        what = self.dice.random()
        if what < 0.3:
            graves = self.graves()
            start["graves"] = {kind: [str(id) for id in ids] for kind, ids in graves.items()} \
                if self.dice.chance(0.3) else graves
        elif what < 0.5:
            del start["graves"]
        if self.dice.chance(0.3):
            start["offset"] = self.dice.choice((None, 0, -120))
        return start

    def counts(self):
        return "cards had usn = -1" if self.dice.chance(0.1) else COUNTS

    def more_config(self):
        """What decides which versions may sync."""
        return self.dice.choice(({}, {"schedVer": 1}, {"schedVer": 2}, {"creationOffset": 60},
                                 {"creationOffset": None}, {"schedVer": "2"}))
