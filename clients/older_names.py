"""Gives the library of 2.1.28 to 2.1.44 the names of 2.1.45, as far as driver.py uses them. Runs inside
a client's environment."""

import copy
import types

from anki.collection import Collection
from anki.decks import DeckManager
from anki.models import ModelManager
from anki.notes import Note
from anki.sched import Scheduler
from anki.schedv2 import Scheduler as SchedulerV2


def install():
    Collection.new_note = lambda col, notetype: Note(col, notetype)
    Collection.get_note = lambda col, id: Note(col, id=id)
    Collection.update_note = lambda col, note: note.flush()
    Collection.set_user_flag_for_cards = lambda col, flag, cards: col.setUserFlag(flag, cards)
    Collection._load_scheduler = Collection._loadScheduler
    Collection.v3_scheduler = lambda col: True  # it has none, and is to go on with its own
    ModelManager.by_name = ModelManager.byName
    ModelManager.update_dict = lambda models, notetype: models.save(notetype)
    ModelManager.copy = copy_of_notetype
    ModelManager.add_dict = add_notetype
    DeckManager.by_name = DeckManager.byName
    DeckManager.update_dict = lambda decks, deck: decks.save(deck)
    DeckManager.remove = lambda decks, ids: [decks.rem(id, cardsToo=True) for id in ids]
    DeckManager.rename = by_id(DeckManager.rename)
    DeckManager.set_config_id_for_deck_dict = DeckManager.setConf
    DeckManager.select = and_forget(DeckManager.select)
    for scheduler in (Scheduler, SchedulerV2):
        scheduler.suspend_cards = scheduler.suspendCards
        scheduler.bury_cards = scheduler.buryCards


def copy_of_notetype(models, notetype, add):
    assert not add
    made = copy.deepcopy(notetype)
    made["id"] = 0
    return made


def add_notetype(models, notetype):
    models.add(notetype)
    return types.SimpleNamespace(id=notetype["id"])


def by_id(rename):
    return lambda decks, id, name: rename(decks, decks.get(id), name)


def and_forget(select):
    """The schedulers go on with the cards of the deck before, unless told so."""

    def select_and_forget(decks, id):
        select(decks, id)
        decks.col.sched._haveQueues = False

    return select_and_forget
