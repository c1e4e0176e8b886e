"""One Anki client of 2.1.28 or newer: runs inside the virtual environment of its version, with the
library `anki`, and takes commands as driver_base.py says. What differs between the eras of the
library is in the classes Library….
"""

import json
import os
import time

from anki.buildinfo import version as library_version
from anki.collection import Collection
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
    without_usn,
)

REQUIRED = {0: "none", 1: "normal", 2: "choose", 3: "download", 4: "upload"}
TIMES = {
    "notes": "mod",
    "cards": "mod",
    "notetypes": "mtime_secs",
    "decks": "mtime_secs",
    "deck_config": "mtime_secs",
}


class Library:
    """How 23.10 and newer log in and sync."""

    def login(self, col, user, password, endpoint):
        auth = col.sync_login(username=user, password=password, endpoint=endpoint)
        auth.endpoint = endpoint  # 23.10 leaves it empty and would go to AnkiWeb
        return auth

    def sync(self, col, auth):
        return col.sync_collection(auth, False)

    def sync_with_media(self, col, auth):
        """As the desktop does: media in the background, from the usn that `meta` names."""
        output = col.sync_collection(auth, True)
        self.wait_for_media(col)
        return output

    def sync_media(self, col, auth):
        col.sync_media(auth)
        self.wait_for_media(col)

    def wait_for_media(self, col):
        while col.media_sync_status().active:  # raises what went wrong
            time.sleep(0.01)

    def answer(self, col, card, ease):
        col.sched.answerCard(card, ease)

    def backend(self, col):
        return col._backend

    def full_sync(self, col, auth, upload):
        col.close_for_full_sync()
        try:
            col.full_upload_or_download(auth=auth, server_usn=None, upload=upload)
        finally:
            col.reopen(after_full_sync=True)


class Library_2_1_58(Library):
    """2.1.58 to 2.1.66: a transaction is always open, except around a sync."""

    def sync(self, col, auth):
        col.save(trx=False)
        try:
            return col.sync_collection(auth)
        finally:
            col.db.begin()

    def sync_with_media(self, col, auth):
        output = self.sync(col, auth)
        self.sync_media(col, auth)
        return output

    def wait_for_media(self, col):
        pass  # it blocks

    def full_sync(self, col, auth, upload):
        col.close_for_full_sync()
        try:
            (col.full_upload if upload else col.full_download)(auth)
        finally:
            col.reopen(after_full_sync=True)


class Library_2_1_45(Library_2_1_58):
    """2.1.45 to 2.1.56: the address is a variable."""

    def login(self, col, user, password, endpoint):
        os.environ["SYNC_ENDPOINT"] = endpoint + "sync/"
        os.environ["SYNC_ENDPOINT_MEDIA"] = endpoint + "msync/"
        return self.caller(col).sync_login(username=user, password=password)

    def caller(self, col):
        return col


class Library_2_1_28(Library_2_1_45):
    """2.1.28 to 2.1.44: only the backend syncs, and much has its older name."""

    def __init__(self):
        import older_names

        older_names.install()

    def caller(self, col):
        return col.backend

    backend = caller

    def sync(self, col, auth):
        await_next_ms()
        col.save(trx=False)
        try:
            return col.backend.sync_collection(auth)
        finally:
            await_next_ms()  # what begins in that of the sync takes the collection for changed
            col.db.begin()

    def sync_media(self, col, auth):
        col.backend.sync_media(auth)

    def full_sync(self, col, auth, upload):
        col.close_for_full_sync()
        try:
            (col.backend.full_upload if upload else col.backend.full_download)(auth)
        finally:
            col.reopen(after_full_sync=True)

    def answer(self, col, card, ease):
        col.sched.answerCard(card, min(ease, col.sched.answerButtons(card)))


def library_of(version):
    if not version.startswith("2.1."):
        return Library()
    patch = int(version.split(".")[2])
    for first, kind in [(58, Library_2_1_58), (45, Library_2_1_45), (28, Library_2_1_28)]:
        if patch >= first:
            return kind()
    raise SystemExit(f"{version} is too old for this driver")


library = library_of(library_version)


# --- the collection and its syncs ----------------------------------------------------------------


@command
def open(path):
    if Session.col is not None:
        close()
    Session.col = Collection(path)


@command
def close():
    if Session.col is not None:
        Session.col.close()
    Session.col = None
    Session.auth = None


@command
def close_as_schema_11():
    """As a client of protocol 10 uploads it."""
    Session.col.close(downgrade=True)
    Session.col = None


@command
def login(user, password, endpoint):
    Session.auth = library.login(col(), user, password, endpoint)
    return {"host_key": Session.auth.hkey}


@command
def use_endpoint(endpoint):
    Session.auth.endpoint = endpoint


@command
def sync(media=False):
    before = col().db.first("select usn, ls from col")
    output = (library.sync_with_media if media else library.sync)(col(), Session.auth)
    forget_caches()
    return {
        "required": REQUIRED[output.required],
        "exchanged": before != col().db.first("select usn, ls from col"),
        "message": output.server_message,
    }


@command
def status():
    """What a client does to show whether there is something to sync: `meta`, and no more."""
    return REQUIRED[col().sync_status(Session.auth).required]


@command
def forget_key():
    Session.auth.hkey = "0" * 40


@command
def full_upload():
    library.full_sync(col(), Session.auth, upload=True)
    forget_caches()


@command
def full_download():
    library.full_sync(col(), Session.auth, upload=False)
    forget_caches()


@command
def sync_media():
    library.sync_media(col(), Session.auth)


@command
def forget_caches():
    col().models._clear_cache()
    col()._load_scheduler()


# --- edits, as a user makes them -----------------------------------------------------------------


@command
def add_note(fields, deck="Default", notetype="Basic", tags=()):
    note = col().new_note(col().models.by_name(notetype))
    note.fields = list(fields) + [""] * (len(note.fields) - len(fields))
    note.tags = list(tags)
    col().add_note(note, col().decks.id(deck))
    return note.id


@command
def edit_note(note, fields=None, tags=None):
    note = col().get_note(note)
    if fields is not None:
        note.fields = list(fields)
    if tags is not None:
        note.tags = list(tags)
    col().update_note(note)


@command
def delete_notes(notes):
    col().remove_notes(notes)


@command
def find_notes(query):
    return list(col().find_notes(query))


@command
def find_cards(query):
    return list(col().find_cards(query))


@command
def note_fields(note):
    return list(col().get_note(note).fields)


@command
def rename_deck(name, new_name):
    col().decks.rename(col().decks.id_for_name(name), new_name)


@command
def delete_deck(name):
    col().decks.remove([col().decks.id_for_name(name)])


@command
def describe_deck(name, text):
    deck = col().decks.by_name(name)
    deck["desc"] = text
    col().decks.update_dict(deck)


@command
def add_filtered_deck(name, search):
    deck = col().sched.get_or_create_filtered_deck(0)
    deck.name = name
    deck.config.search_terms[0].search = search
    return col().sched.add_or_update_filtered_deck(deck).id


@command
def edit_notetype(name, css=None, question=None, new_name=None):
    notetype = col().models.by_name(name)
    if css is not None:
        notetype["css"] = css
    if question is not None:
        notetype["tmpls"][0]["qfmt"] = question
    if new_name is not None:
        notetype["name"] = new_name
    col().models.update_dict(notetype)


@command
def add_notetype(name, css=""):
    notetype = col().models.by_name("Basic")
    copy = col().models.copy(notetype, add=False)
    copy["name"] = name
    copy["css"] = css
    return col().models.add_dict(copy).id


@command
def add_field(notetype, name):
    models = col().models
    notetype = models.by_name(notetype)
    models.add_field(notetype, models.new_field(name))
    models.update_dict(notetype)


@command
def add_deck_config(name):
    return col().decks.add_config_returning_id(name)


@command
def edit_deck_config(id, **members):
    config = next(c for c in col().decks.all_config() if c["id"] == id)
    update_members(config, members)
    col().decks.update_config(config)


@command
def use_deck_config(deck, id):
    col().decks.set_config_id_for_deck_dict(col().decks.by_name(deck), id)


@command
def set_config(key, value):
    col().set_config(key, value)


@command
def review(count, ease=3, deck="Default"):
    """Answers at most `count` cards; returns how many there were."""
    if not col().v3_scheduler():
        col().set_v3_scheduler(True)
    col().decks.select(col().decks.id_for_name(deck))
    for done in range(count):
        card = col().sched.getCard()
        if card is None:
            return done
        card.timer_started = time.time()
        library.answer(col(), card, ease)
    return count


@command
def flag(cards, flag):
    col().set_user_flag_for_cards(flag, cards)


@command
def suspend(cards):
    col().sched.suspend_cards(cards)


@command
def bury(cards):
    col().sched.bury_cards(cards)


# --- special set-ups and looking inside ----------------------------------------------------------


def new_ms():
    """In this very millisecond a sync of another device may have ended."""
    return int(time.time() * 1000) + 1


@command
def touch():
    """Dates the collection, as every edit of a user does; raw SQL does not."""
    col().db.execute("update col set mod = ?", new_ms())


@command
def date_edits(seconds=0, to=None):
    """Moves the time of everything not yet sent, as if it had been done that much later, or then."""
    for table, column in TIMES.items():
        col().db.execute(
            f"update {table} set {column} = coalesce(?, {column} + ?) where usn = -1", to, seconds
        )


@command
def force_full_sync():
    col().db.execute("update col set scm = ?, mod = ?", *[new_ms()] * 2)


@command
def check_database():
    """What is found wrong."""
    problems, ok = col().fix_integrity()
    return "" if ok else problems


@command
def fill_columns():
    import columns

    columns.fill(col())
    # Notes are now sorted by their second field.
    col().db.execute("update notes set sfld = substr(flds, instr(flds, char(31)) + 1)")


@command
def columns():
    import columns

    return columns.read(col())


def backend_json(name, id):
    return without_usn(json.loads(getattr(library.backend(col()), name)(id)))


def ids(table):
    return col().db.list(f"select id from {table}")


@command
def dump():
    """Everything that two synced devices must agree on (see equality.py), and `usn` and `ls`."""
    return {
        **rows_of_all_schemas(),
        "notetypes": {str(id): backend_json("get_notetype_legacy", id) for id in ids("notetypes")},
        "decks": {str(id): backend_json("get_deck_legacy", id) for id in ids("decks")},
        "deck_configs": {
            str(id): backend_json("get_deck_config_legacy", id) for id in ids("deck_config")
        },
        "config": {
            key: json.loads(val)
            for key, val in col().db.all("select key, cast(val as text) from config")
        },
        "tags": sorted(col().db.list("select tag from tags")),
        "pending": pending(*ROWS_WITH_USN, "notetypes", "decks", "deck_config"),
    }


serve(library_version)
