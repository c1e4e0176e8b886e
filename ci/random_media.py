"""Sessions of media that ci/differential plays."""

import io
import json
import zipfile

from calls import Call, MediaUsn
from random_forms import WILD_BROKEN, OldClient
from random_values import NUMBERS, OTHERS, Session

CLIENT = "anki,26.09.3 (test),linux"
META_BYTES_MAX = 50 * 1024
# These a file can have.
NAMES = ("a.jpg", "b.mp3", "grün.jpg", "A.JPG", "a b.png", "x" * 251 + ".jpg", "ü" * 127,
         "日本.png", "_meta", "0", "a\\b", "a:b", ".hidden", "...", "con", "end ", "end.", "tab\t", '"', "*?<>|",
         "😀.png", "\u202egpj.exe", "\ufeffbom", "\x7f", "<b>.jpg", "%2e%2e", "~")
# And these not.
BAD_NAMES = ("", ".", "..", "../a.jpg", "a/b", "/a", "a/", "/", "x\0y", "\0", "x" * 256, "ü" * 128,
             "gru\u0308n.jpg", "\u212b", "\u1100\u1161", "q\u0307\u0323")
CONTENTS = (b"1", b"one", b"two", b"\0" * 1000, bytes(range(256)) * 8, b"PK\x03\x04", b"\r\n--",
            b"x" * 99_999)
BROKEN_META = (b"", b"[", b"{}", b"null", b"1", b"[] ", b"[]x", b"[null]", b"[[]]", b"\xef\xbb\xbf[]",
               b'["a.jpg","0"]', b'[{"a.jpg":"0"}]', b'[["a.jpg"]]', b'[["a.jpg",null,1]]',
               b'[["a.jpg",0]]', b'[["a.jpg",true]]', b'[["a.jpg",["0"]]]', b'[[null,"0"]]',
               b'[["\xff.jpg",null]]', b'[["\\ud800",null]]')


class Media(Session):
    def __init__(self, dice, pool):
        super().__init__(dice, pool)
        self.there = set()  # if all batches are taken that look right
        self.log = 0
        self.broken = ""
        self.old = OldClient(dice, pool["keys"][0]) if dice.chance(0.4) else None

    def calls(self):
        for _ in range(self.dice.randint(2, 8)):
            method = self.dice.choice((self.begin, self.changes, self.download, self.sanity,
                                       self.upload, self.upload, self.upload))
            self.broken = ""
            call = self.call(*method())
            call.broken = self.broken
            yield call

    def call(self, method, value):
        if self.old and self.dice.chance(0.8):
            return self.old.call(method, value, self.old.keys[0], WILD_BROKEN if self.is_wild else 0)
        return Call(method, value)

    def begin(self):
        return "begin", self.maybe_spoilt({"v": self.dice.choice((CLIENT, CLIENT, "x", ""))})

    def changes(self):
        usn = MediaUsn(self.dice.choice((0, 0, 1, self.log, -1, -1000)))
        if self.dice.chance(0.1):
            usn = self.dice.choice((*NUMBERS, *OTHERS))
        return "mediaChanges", self.maybe_spoilt({"lastUsn": usn})

    def download(self):
        names = self.dice.sample(sorted(self.there), min(len(self.there), self.dice.randint(0, 4)))
        if self.dice.chance(0.2):
            names += self.dice.some(NAMES + BAD_NAMES)
        if self.dice.chance(0.03):
            names = (names or [NAMES[0]]) * 26
        return "downloadFiles", self.maybe_spoilt({"files": names})

    def sanity(self):
        count = abs(len(self.there) + self.dice.choice((0, 0, 0, 1, -1)))
        if self.dice.chance(0.05):
            count = self.dice.choice((*NUMBERS, *OTHERS))
        return "mediaSanity", self.maybe_spoilt({"local": count})

    def upload(self):
        batch = [self.change() for _ in range(self.dice.choice((0, 1, 1, 2, 3, 4, 8)))]
        if self.dice.chance(0.02):
            batch = [(f"{number}.jpg", b"1") for number in range(self.dice.choice((25, 26)))]
        self.take(batch)
        return "uploadChanges", self.zip_of(batch)

    def change(self):
        name = self.dice.choice(BAD_NAMES if self.is_wild and self.dice.chance(0.05) else NAMES)
        if self.dice.chance(0.3):
            return name, None
        return name, b"" if self.is_wild and self.dice.chance(0.02) else self.dice.choice(CONTENTS)

    def take(self, batch):
        for name, content in batch:
            self.log += 1
            if content is None:
                self.there.discard(name)
            elif name not in BAD_NAMES:
                self.there.add(name)

    def zip_of(self, batch):
        """With entries by their place in the list, which leaves gaps, or of other names."""
        names = [str(number) for number in range(len(batch))]
        if self.dice.chance(0.2):
            names = [self.dice.choice((f"e{name}", f"{name}/x", f"ü{name}", f"0{name}"))
                     for name in names]
        nothing = self.dice.choice((None, ""))
        listed = [[name, nothing if content is None else entry]
                  for entry, (name, content) in zip(names, batch)]
        entries = [(entry, content) for entry, (_, content) in zip(names, batch)
                   if content is not None]
        meta = json.dumps(listed, ensure_ascii=self.dice.chance(0.5)).encode()
        entries.insert(self.dice.choice((0, len(entries), len(entries))), ("_meta", meta))
        packing = self.dice.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
        if self.is_wild and self.dice.chance(0.2):
            return self.broken_zip(entries, listed, packing)
        return zipped(entries, packing)

    def broken_zip(self, entries, listed, packing):
        """A zip that no client sends, which need not be wrong."""
        contents = dict(entries)
        kind = self.dice.choice(("meta", "more", "fewer", "none", "cut", "tail", "head", "byte",
                                 "no zip", "method", "spoilt", "large meta"))
        self.broken = kind
        if kind == "meta":
            contents["_meta"] = self.dice.choice(BROKEN_META)
        elif kind == "more":
            contents |= {self.dice.choice(("99", "x", "_META", "d/")): b"more"}
        elif kind == "fewer":
            contents.pop(self.dice.choice(sorted(contents)))
        elif kind == "none":
            contents = {}
        elif kind == "method":
            packing = self.dice.choice((zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
        elif kind == "spoilt":
            contents["_meta"] = json.dumps(self.dice.spoilt(listed)).encode()
        elif kind == "large meta":
            size = META_BYTES_MAX + self.dice.choice((-1, 0, 1))
            contents["_meta"] += b" " * (size - len(contents["_meta"]))
        data = zipped(contents.items(), packing)
        if kind == "cut":
            return data[:len(data) - self.dice.choice((1, 10, 22, 60))]
        if kind == "tail":
            return data + b"tail"
        if kind == "head":
            return b"head" + data
        if kind == "byte":
            at = self.dice.randrange(len(data))
            return data[:at] + bytes([data[at] ^ 1 << self.dice.randrange(8)]) + data[at + 1:]
        return b"no zip" if kind == "no zip" else data


def zipped(entries, packing):
    """The same bytes each time."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            info.compress_type = packing
            archive.writestr(info, content)
    return file.getvalue()
