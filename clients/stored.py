"""What an account's folder holds while its server is down, and what is wrong with that."""

import contextlib
import hashlib
import json
import pathlib
import shutil
import sqlite3
import tempfile
import zipfile

from ledger import Stamps


class Stored:
    """What an account's folder holds, while the server is down; and whether the files are sound."""

    def __init__(self, folder):
        self.problems = []
        self.media = {}
        with tempfile.TemporaryDirectory() as copies:
            with self.copy_of(folder / "collection.anki2", copies) as db:
                fields = dict(db.execute("select id, flds from notes"))
                self.notes = {note: text.split("\x1f")[0] for note, text in fields.items()}
                self.reviews = {id for (id,) in db.execute("select id from revlog")}
                self.cards = [note for (note,) in db.execute("select nid from cards")]
                self.stamps = Stamps(*db.execute("select scm, mod, usn from col").fetchone())
            if (folder / "media.db").exists():
                with self.copy_of(folder / "media.db", copies) as db:
                    if is_set_up(db):
                        rows = db.execute("select fname, lower(hex(csum)) from media where size > 0")
                        self.media = dict(rows)
                self.problems += media_problems(folder, self.media)
        if sorted(self.cards) != sorted(self.notes):
            self.problems.append("there are notes without a card, or with two")
        if len(set(self.notes.values())) != len(self.notes):
            self.problems.append("a note is there twice")

    @contextlib.contextmanager
    def copy_of(self, path, folder):
        copy = pathlib.Path(folder) / path.name
        for ending in ("", "-wal"):
            if pathlib.Path(f"{path}{ending}").exists():
                shutil.copy(f"{path}{ending}", f"{copy}{ending}")
        with contextlib.closing(sqlite3.connect(copy)) as db:
            fold = lambda a, b: (a.lower() > b.lower()) - (a.lower() < b.lower())  # noqa: E731
            db.create_collation("unicase", fold)  # all names here are of ASCII
            for (said,) in db.execute("pragma integrity_check"):
                if said != "ok":
                    self.problems.append(f"{path.name}: {said}")
            yield db


def is_set_up(media_db):
    """A kill may have come before."""
    found = media_db.execute("select 1 from sqlite_master where name = 'media'")
    return found.fetchone() is not None


def media_problems(folder, rows):
    """Where files differ from the live rows, but for what a staged batch has yet to put in place, or to
    remove: the next opening does."""
    files = {path.name: sha1(path.read_bytes()) for path in (folder / "media").iterdir()}
    staged = staged_changes(folder / "media.staging")
    return [
        f"media: {name} has the row {rows.get(name)} and the file {files.get(name)}"
        for name in sorted(files.keys() | rows.keys())
        if files.get(name) != rows.get(name) and rows.get(name) not in staged.get(name, ())
    ]


def staged_changes(folder):
    """{name: the SHA-1s that it is to have}, None for one that is to go."""
    changes = {}
    for path in folder.glob("*.zip"):
        with zipfile.ZipFile(path) as batch:
            for name, entry in json.loads(batch.read("_meta")):
                changes.setdefault(name, set()).add(sha1(batch.read(entry)) if entry else None)
    return changes


def sha1(content):
    return hashlib.sha1(content).hexdigest()
