"""What a device has done, what of it the server has answered for, and whether it is stored: an answer
is a promise, and what was not answered is there as a whole or not at all."""

import collections
import dataclasses
import threading


@dataclasses.dataclass
class Batch:
    """What a device has done between two syncs."""

    added: dict = dataclasses.field(default_factory=dict)  # note: its first field
    edited: dict = dataclasses.field(default_factory=dict)
    deleted: set = dataclasses.field(default_factory=set)
    reviews: set = dataclasses.field(default_factory=set)
    answered: bool = False

    def signs(self, stored, gone):
        """For each thing in it whether it is stored; not of notes that a later batch deletes."""
        wanted = {**self.added, **self.edited}
        return {
            **{f"note {n}": stored.notes.get(n) == wanted[n] for n in wanted.keys() - gone},
            **{f"deletion of {note}": note not in stored.notes for note in self.deleted},
            **{f"review {id}": id in stored.reviews for id in self.reviews},
        }


@dataclasses.dataclass
class MediaBatch:
    files: dict  # name: SHA-1, or None for one that is deleted
    answered: bool = False

    def signs(self, stored, replaced):
        return {
            name: stored.media.get(name) == sha1
            for name, sha1 in self.files.items()
            if name not in replaced
        }


class Ledger:
    """Of one device: all that it did, and what of that the server has answered for."""

    def __init__(self):
        self.lock = threading.Lock()
        self.batches = []
        self.media = []

    def add(self, batch):
        with self.lock:
            (self.media if isinstance(batch, MediaBatch) else self.batches).append(batch)

    def note_answer(self, batches):
        with self.lock:
            for batch in batches:
                batch.answered = True

    @staticmethod
    def is_all_answered(batches):
        return all(batch.answered for batch in batches)

    def free_notes(self):
        """That the server has, and nothing was done to."""
        done = self.batches
        touched = set().union(*(batch.edited.keys() | batch.deleted for batch in done))
        return [n for batch in done if batch.answered for n in batch.added if n not in touched]

    def free_files(self):
        counts = collections.Counter(name for batch in self.media for name in batch.files)
        answered = [name for batch in self.media if batch.answered for name in batch.files]
        return [name for name in answered if counts[name] == 1]

    def broken_promises(self, stored):
        """In words; `stored` was read later than every answer that is noted."""
        with self.lock:
            found = []
            gone, replaced = set(), set()
            for batch in reversed(self.batches):
                found += broken_promises_of(batch, batch.signs(stored, gone))
                gone |= batch.deleted | batch.edited.keys()
            for batch in reversed(self.media):
                found += broken_promises_of(batch, batch.signs(stored, replaced))
                replaced |= batch.files.keys()
            return found

    def expected(self):
        """Once all is answered: notes with their first field, reviews, media."""
        notes, reviews, media = {}, set(), {}
        for batch in self.batches:
            notes |= batch.added | batch.edited
            reviews |= batch.reviews
            for note in batch.deleted:
                del notes[note]
        for batch in self.media:
            media |= batch.files
        return notes, reviews, {name: sha1 for name, sha1 in media.items() if sha1}


def broken_promises_of(batch, signs):
    missing = [what for what, is_there in signs.items() if not is_there]
    if batch.answered:
        return [f"answered, and not there: {what}" for what in missing]
    if 0 < len(missing) < len(signs):
        return [f"half there: without {what}" for what in missing]
    return []


@dataclasses.dataclass
class Stamps:
    schema: int
    modified: int
    usn: int


class Told:
    """The latest stamps of an account's collection that a device was told. An upload brings a schema
    stamp of its own (R-FULL-17), and may have done so without an answer."""

    def __init__(self):
        self.lock = threading.Lock()
        self.stamps = None
        self.is_being_replaced = False

    def note(self, stamps):
        with self.lock:
            if self.stamps is not None and self.stamps.schema == stamps.schema:
                stamps.modified = max(stamps.modified, self.stamps.modified)
                stamps.usn = max(stamps.usn, self.stamps.usn)
            self.stamps = stamps
            self.is_being_replaced = False

    def note_begun_upload(self):
        with self.lock:
            self.is_being_replaced = True

    def broken_promises(self, stored):
        """In words; `stored` was read later than all that is noted."""
        with self.lock:
            if stored.schema != self.stamps.schema:
                other = f"told schema stamp {self.stamps.schema}, and stored is {stored.schema}"
                return [] if self.is_being_replaced else [other]
            return [
                f"told {what} {told}, and stored is {now}"
                for what, told, now in (
                    ("mod", self.stamps.modified, stored.modified),
                    ("usn", self.stamps.usn, stored.usn),
                )
                if now < told
            ]
