"""An old client and the newest on one account, for twenty rounds of whatever both can do."""

import random

import pytest

from household import normal_sync
from test_old_clients import download

ROUNDS = 20


class Hands:
    """Somebody who edits on a device, as the dice say. What others might delete or rename under
    them is their own."""

    def __init__(self, name, device, dice):
        self.name = name
        self.device = device
        self.dice = dice
        self.decks = []
        self.count = 0
        self.edits = [
            self.add_note, self.add_note, self.edit_note, self.edit_note, self.delete_note,
            self.review, self.review, self.review, self.flag, self.suspend, self.bury,
            self.add_deck, self.rename_deck, self.delete_deck, self.describe_deck,
            self.add_notetype, self.edit_notetype, self.add_options, self.edit_options,
            self.set_config,
        ]  # fmt: skip

    def edit(self, seconds):
        for _ in range(self.dice.randint(1, 6)):
            self.notes = sorted(self.device.find_notes(query=""))
            self.dice.choice(self.edits)()
        self.device.date_edits(seconds=seconds)

    def word(self):
        self.count += 1
        return f"{self.name} {self.count}"

    def note(self):
        return self.dice.choice(self.notes)

    def cards(self):
        return self.device.find_cards(query=f"nid:{self.note()}")

    def deck(self):
        return self.dice.choice(["Default", "Latin", *self.decks])

    def tags(self):
        return self.dice.sample(["blue", "group::1", "Ünter", self.name, f"t{self.count}"], 2)

    def add_note(self):
        self.device.add_note(
            fields=[self.word(), "<b>back</b>"],
            deck=self.deck(),
            notetype=self.dice.choice(["Basic", "Vocabulary"]),
            tags=self.tags(),
        )

    def edit_note(self):
        self.device.edit_note(note=self.note(), fields=[self.word(), "edited"], tags=self.tags())

    def delete_note(self):
        if len(self.notes) > 6:
            self.device.delete_notes(notes=[self.note()])

    def review(self):
        self.device.review(
            count=self.dice.randint(1, 3), ease=self.dice.randint(1, 4), deck=self.deck()
        )

    def flag(self):
        self.device.flag(cards=self.cards(), flag=self.dice.randint(0, 4))

    def suspend(self):
        self.device.suspend(cards=self.cards())

    def bury(self):
        self.device.bury(cards=self.cards())

    def add_deck(self):
        self.decks.append(self.word())
        self.device.add_deck(name=self.decks[-1])

    def rename_deck(self):
        if self.decks:
            old = self.decks.pop()
            self.decks.append(f"Latin::{self.word()}")
            self.device.rename_deck(name=old, new_name=self.decks[-1])

    def delete_deck(self):
        if self.decks:
            self.device.delete_deck(name=self.decks.pop(0))

    def describe_deck(self):
        self.device.describe_deck(name=self.deck(), text=self.word())

    def add_notetype(self):
        self.device.add_notetype(name=self.word(), css="/* new */")

    def edit_notetype(self):
        name = self.dice.choice(["Basic", "Vocabulary"])
        self.device.edit_notetype(name=name, css=f"/* {self.word()} */")

    def add_options(self):
        options = self.device.add_deck_config(name=self.word())
        self.device.use_deck_config(deck=self.deck(), id=options)

    def edit_options(self):
        self.device.edit_deck_config(id=1, new={"perDay": self.dice.randint(1, 99)})

    def set_config(self):
        key = self.dice.choice(["shared", self.name])
        self.device.set_config(key=key, value={"deep": [self.word(), None, 1.5]})


@pytest.mark.parametrize("old", ["2.1.35", "2.1.56"], indirect=True)
def test_twenty_rounds_of_whatever_both_can_do(house, old):
    first = house.device(old)
    first.use_second_scheduler()  # the newest does not study on the one before
    first.add_deck(name="Latin")
    first.add_notetype(name="Vocabulary", css="")
    first.add_notes(count=30, deck="Latin")
    first.full_upload()
    newest = house.device()
    download(newest)
    dice = random.Random(old)  # the same in each run
    hands = [Hands("old", first, dice), Hands("new", newest, dice)]
    for round in range(ROUNDS):
        for turn, hand in enumerate(hands):
            if dice.random() < 0.5:  # else it has not heard of the other's
                normal_sync(hand.device)
            hand.edit(seconds=100 * round + 10 * turn)
            normal_sync(hand.device)
    house.settle_equal(first, newest)
    house.settle_equal(newest, first)
    assert len(newest.dump()["revlog"]) >= ROUNDS
