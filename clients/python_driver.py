"""One Anki client whose sync of collections is written in Python, 2.0 to 2.1.26: takes commands as
driver_base.py says, of which it has those that old clients need. Runs with Python 2.7 too.
"""

import anki
import anki.sync
from anki.notes import Note
from driver_base import (
    ROWS_WITH_USN,
    Session,
    await_next_ms,
    col,
    command,
    pending,
    rows_of_all_schemas,
    serve,
    update_members,
)


class SyncError(Exception):
    """The library says in a word why a sync did not come to its end."""


class Library_2_1_22(object):
    """2.1.22 to 2.1.26: media are synced by the backend."""

    def use_endpoint(self, endpoint):
        self.endpoint = endpoint
        anki.sync.SYNC_BASE = endpoint + "%.0s"  # it fills in the number of a host

    def server(self, key):
        return anki.sync.RemoteServer(key, None)

    def full_syncer(self, key):
        return anki.sync.FullSyncer(col(), key, anki.sync.AnkiRequestsClient(), None)

    def sync_media(self, key):
        col().backend.sync_media(key, self.endpoint + "msync/")

    def config(self):
        return col().backend.get_all_config()

    def deck_configs(self):
        """Without `mod` and `usn`: it takes what it receives for a change of its own."""
        return [dict(config, mod=None, usn=None) for config in col().decks.allConf()]


class Library_2_1(Library_2_1_22):
    """2.1.0 to 2.1.21."""

    def config(self):
        return col().conf

    def deck_configs(self):
        return col().decks.allConf()

    def media_server(self, key):
        return anki.sync.RemoteMediaServer(col(), key, anki.sync.AnkiRequestsClient(), None)

    def sync_media(self, key):
        result = anki.sync.MediaSyncer(col(), self.media_server(key)).sync()
        if result not in ("OK", "noChanges"):
            raise SyncError(result)


class Library_2_0(Library_2_1):
    """2.0.14 to 2.0.52."""

    def use_endpoint(self, endpoint):
        anki.sync.SYNC_BASE = str(endpoint)  # not unicode: the bytes of the body are joined to it
        anki.sync.SYNC_MEDIA_BASE = str(endpoint) + "msync/"

    def server(self, key):
        return anki.sync.RemoteServer(key)

    def full_syncer(self, key):
        return anki.sync.FullSyncer(col(), key, anki.sync.httpCon())

    def media_server(self, key):
        return anki.sync.RemoteMediaServer(col(), key, anki.sync.httpCon())


def library_of(version):
    if version.startswith("2.0."):
        return Library_2_0()
    return Library_2_1_22() if int(version.split(".")[2]) >= 22 else Library_2_1()


library = library_of(anki.version)


# --- the collection and its syncs ----------------------------------------------------------------


@command
def open(path):
    close()
    Session.col = anki.Collection(path)


@command
def close():
    if Session.col is not None:
        Session.col.close()
    Session.col = None
    Session.auth = None


@command
def login(user, password, endpoint):
    library.use_endpoint(endpoint)
    Session.auth = library.server(None).hostKey(user, password)
    if not Session.auth:
        raise SyncError("badAuth")
    return {"host_key": Session.auth}


@command
def sync():
    await_next_ms()
    syncer = anki.sync.Syncer(col(), library.server(Session.auth))
    result = syncer.sync()
    if result not in ("success", "noChanges", "fullSync"):
        raise SyncError(" ".join([result, syncer.syncMsg]))
    return {"required": required(result), "message": syncer.syncMsg}


def required(result):
    """The program does not look whether the server is empty, and asks nobody if it is itself."""
    if result != "fullSync":
        return "none"
    return "download" if col().isEmpty() else "choose"


@command
def full_upload():
    full_sync("upload", done=True)


@command
def full_download():
    full_sync("download", done=None)


def full_sync(method, done):
    """The syncer closes the collection, if it gets so far."""
    try:
        result = getattr(library.full_syncer(Session.auth), method)()
    finally:
        if col().db is None:
            Session.col = anki.Collection(col().path)
    if result is not done:
        raise SyncError(str(result))


@command
def sync_media():
    library.sync_media(Session.auth)


# --- edits, as a user makes them -----------------------------------------------------------------


@command
def add_note(fields, deck="Default", notetype="Basic", tags=()):
    notetype = col().models.byName(notetype)
    notetype = dict(notetype, did=col().decks.id(deck))
    note = Note(col(), notetype)
    note.fields = list(fields) + [""] * (len(note.fields) - len(fields))
    note.tags = list(tags)
    col().addNote(note)
    return note.id


@command
def edit_note(note, fields=None, tags=None):
    note = col().getNote(note)
    note.fields = fields or note.fields
    note.tags = tags or note.tags
    note.flush()


@command
def delete_notes(notes):
    col().remNotes(notes)


@command
def find_notes(query):
    return list(col().findNotes(query))


@command
def find_cards(query):
    return list(col().findCards(query))


@command
def note_fields(note):
    return list(col().getNote(note).fields)


@command
def rename_deck(name, new_name):
    col().decks.rename(col().decks.byName(name), new_name)


@command
def delete_deck(name):
    col().decks.rem(col().decks.id(name), cardsToo=True)


@command
def describe_deck(name, text):
    deck = col().decks.byName(name)
    deck["desc"] = text
    col().decks.save(deck)


@command
def edit_notetype(name, css=None, question=None, new_name=None):
    notetype = col().models.byName(name)
    notetype["css"] = css or notetype["css"]
    notetype["name"] = new_name or name
    if question is not None:
        notetype["tmpls"][0]["qfmt"] = question
    col().models.save(notetype)


@command
def add_notetype(name, css):
    notetype = col().models.copy(col().models.byName("Basic"))
    notetype["name"] = name
    notetype["css"] = css
    col().models.save(notetype)


@command
def add_field(notetype, name):
    notetype = col().models.byName(notetype)
    col().models.addField(notetype, col().models.newField(name))
    col().models.save(notetype)


@command
def add_deck_config(name):
    return col().decks.confId(name)


@command
def edit_deck_config(id, **members):
    config = col().decks.getConf(id)
    update_members(config, members)
    col().decks.save(config)


@command
def use_deck_config(deck, id):
    col().decks.setConf(col().decks.byName(deck), id)


@command
def set_config(key, value):
    col().conf[key] = value
    col().setMod()


@command
def review(count, ease=3, deck="Default"):
    """Answers at most `count` cards; returns how many there were."""
    col().decks.select(col().decks.id(deck))
    col().sched.reset()
    for done in range(count):
        card = col().sched.getCard()
        if card is None:
            return done
        card.startTimer()
        col().sched.answerCard(card, min(ease, col().sched.answerButtons(card)))
    return count


@command
def flag(cards, flag):
    """2.0 has no flags, and 2.1.12 never sends them: it takes them for what the server knows."""
    if isinstance(library, Library_2_1):
        return
    col().setUserFlag(flag, cards)


@command
def suspend(cards):
    col().sched.suspendCards(cards)


@command
def check_database():
    """What is found wrong."""
    problems, ok = col().fixIntegrity()
    return "" if ok else problems


@command
def bury(cards):
    col().sched.buryCards(cards)


# --- special set-ups -----------------------------------------------------------------------------


@command
def date_edits(seconds=0, to=None):
    """Moves the time of everything not yet sent, as if it had been done that much later, or then."""
    for table in ("notes", "cards"):
        col().db.execute(
            "update %s set mod = coalesce(?, mod + ?) where usn = -1" % table, to, seconds
        )
    for manager, objects in (
        (col().models, col().models.all()),
        (col().decks, col().decks.all() + col().decks.allConf()),
    ):
        for one in objects:
            if one["usn"] == -1:
                one["mod"] = to or one["mod"] + seconds
        manager.changed = True


@command
def force_full_sync():
    col().modSchema(False)
    col().setMod()


def by_id(objects):
    return {str(one["id"]): as_newer_ones_have_it(one) for one in objects}


def as_newer_ones_have_it(thing):
    kept = {key: value for key, value in thing.items() if key != "usn" and value is not None}
    return dict(kept, id=int(thing["id"]))


def without_third(config):
    """Of the first intervals only two were ever used, and later clients lose the third."""
    return dict(config, new=dict(config["new"], ints=config["new"]["ints"][:2] + [0]))


@command
def dump():
    """As that of driver.py, from the JSON of schema 11."""
    col().save()
    objects = {
        "notetypes": col().models.all(),
        "decks": col().decks.all(),
        "deck_configs": [without_third(config) for config in library.deck_configs()],
    }
    unsent = {name: [one["usn"] for one in all].count(-1) for name, all in objects.items()}
    return dict(
        rows_of_all_schemas(),
        config=library.config(),
        tags=sorted(col().tags.all()),
        pending=dict(pending(*ROWS_WITH_USN), **unsent),
        **{name: by_id(all) for name, all in objects.items()}
    )


serve(anki.version)
