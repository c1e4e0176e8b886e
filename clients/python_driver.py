"""One Anki client whose sync of collections is written in Python, 2.0 to 2.1.26: takes commands as
driver_base.py says, of which it has those that `record` uses. Runs with Python 2.7 too.
"""

import anki
import anki.sync
from anki.notes import Note
from driver_base import Session, col, command, serve, update_members


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


class Library_2_1(Library_2_1_22):
    """2.1.0 to 2.1.21."""

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
    syncer = anki.sync.Syncer(col(), library.server(Session.auth))
    result = syncer.sync()
    if result not in ("success", "noChanges", "fullSync"):
        raise SyncError(" ".join([result, syncer.syncMsg]))
    return {"required": "choose" if result == "fullSync" else "none", "message": syncer.syncMsg}


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
    notetype["did"] = col().decks.id(deck)
    note = Note(col(), notetype)
    note.fields = fields
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
def edit_notetype(name, css):
    notetype = col().models.byName(name)
    notetype["css"] = css
    col().models.save(notetype)


@command
def add_notetype(name, css):
    notetype = col().models.copy(col().models.byName("Basic"))
    notetype["name"] = name
    notetype["css"] = css
    col().models.save(notetype)


@command
def add_deck_config(name):
    col().decks.confId(name)


@command
def edit_deck_config(id, **members):
    config = col().decks.getConf(id)
    update_members(config, members)
    col().decks.save(config)


@command
def set_config(key, value):
    col().conf[key] = value
    col().setMod()


@command
def review(count, ease=3, deck="Default"):
    """Answers at most `count` cards."""
    col().decks.select(col().decks.id(deck))
    col().sched.reset()
    for _ in range(count):
        card = col().sched.getCard()
        if card is None:
            return
        card.startTimer()
        col().sched.answerCard(card, min(ease, col().sched.answerButtons(card)))


@command
def flag(cards, flag):
    if hasattr(col(), "setUserFlag"):  # 2.0 has no flags
        col().setUserFlag(flag, cards)


@command
def suspend(cards):
    col().sched.suspendCards(cards)


@command
def check_database():
    """What is found wrong."""
    problems, ok = col().fixIntegrity()
    return "" if ok else problems


# --- special set-ups -----------------------------------------------------------------------------


@command
def date_edits(seconds):
    """Moves the time of everything not yet sent, as if it had been done that much later."""
    for table in ("notes", "cards"):
        col().db.execute("update %s set mod = mod + ? where usn = -1" % table, seconds)
    for manager, objects in (
        (col().models, col().models.all()),
        (col().decks, col().decks.all() + col().decks.allConf()),
    ):
        for one in objects:
            one["mod"] += seconds if one["usn"] == -1 else 0
        manager.changed = True


@command
def force_full_sync():
    col().modSchema(False)
    col().setMod()


serve(anki.version)
