"""Normal syncs between two devices: whatever both do, they end equal."""

import pytest

from device import ClientError
from household import fill, normal_sync
from venvs import NEWEST


# R-AUTH-01
def test_logs_in_and_keeps_the_host_key(house, version):
    device = house.device(version)
    first = device.log_in(house.server.endpoint)
    assert first == device.log_in(house.server.endpoint)


# R-AUTH-02
def test_a_wrong_password_is_refused(house, version):
    device = house.device(version)
    for user, password in [("user", "wrong"), ("nobody", "pass"), ("user", "")]:
        with pytest.raises(ClientError) as refused:
            device.login(user=user, password=password, endpoint=house.server.endpoint)
        assert refused.value.kind == "AUTH"


def test_the_first_upload_reaches_a_second_device(house, version):
    first, second = house.pair(version)
    house.settle_equal(first, second)


def test_edits_of_both_devices_meet(house, pair_versions):
    first, second = house.pair(*pair_versions)
    edit_first(first)
    edit_second(second)
    study_second(second)
    second.date_edits(seconds=60)
    house.settle_equal(first, second)


def edit_first(device):
    notes = device.find_notes(query="")
    device.add_notes(count=5, deck="Greek", prefix="greek")
    device.edit_note(note=notes[0], fields=["changed", "by the first"], tags=["one", "two"])
    device.delete_notes(notes=notes[1:3])
    device.review(count=4, deck="Latin::Verbs")
    device.flag(cards=device.find_cards(query=f"nid:{notes[4]}"), flag=2)
    device.rename_deck(name="Latin", new_name="Old Latin")
    device.edit_notetype(name="Vocabulary", css=".card { color: red; }")
    device.edit_deck_config(id=1, new={"perDay": 7}, maxTaken=33)
    device.set_config(key="from first", value=[1, {"a": None}])


def edit_second(device):
    notes = device.find_notes(query="")
    device.add_notes(count=4, deck="Gothic", prefix="gothic")
    device.edit_note(note=notes[5], fields=["changed", "<b>by</b> the second"], tags=["zwei"])
    device.delete_notes(notes=notes[6:8])
    device.flag(cards=device.find_cards(query=f"nid:{notes[10]}"), flag=5)
    device.add_deck(name="Empty")
    device.describe_deck(name="Default", text="the <i>first</i> deck")
    device.edit_notetype(name="Basic", question="{{Front}} ?", new_name="Basic again")
    options = device.add_deck_config(name="Fast")
    device.use_deck_config(deck="Gothic", id=options)
    device.set_config(key="from second", value="x")


def study_second(device):
    notes = device.find_notes(query="")
    device.review(count=2, ease=1)
    device.suspend(cards=device.find_cards(query=f"nid:{notes[6]}"))
    device.bury(cards=device.find_cards(query=f"nid:{notes[7]}"))


def test_several_rounds_in_both_directions(house, version):
    first, second = house.pair(version)
    for round in range(3):
        for turn, device in enumerate((first, second)):
            note = device.add_note(fields=[f"{turn} {round}", "x"], deck=f"Deck {turn} {round}")
            device.review(count=1)
            device.date_edits(seconds=100 * round + 20 * turn)
            normal_sync(device)
            device.edit_note(note=note, fields=["again", str(round)])
            device.edit_notetype(name="Basic", css=f"/* {turn} {round} */")
            device.date_edits(seconds=100 * round + 20 * turn + 10)
            normal_sync(device)
    house.settle_equal(first, second)


@pytest.mark.parametrize("version", ["2.1.58", NEWEST])
def test_more_rows_than_a_chunk_holds(house, version):
    first, second = house.pair(version)
    first.add_notes(count=260, prefix="many")
    first.review(count=10, deck="Latin")
    second.add_notes(count=250, prefix="as many")
    second.renumber_notes(offset=100_000)
    house.settle_equal(first, second)
    assert len(first.find_notes(query="")) == 12 + 260 + 250
    second.delete_notes(notes=second.find_notes(query="many"))
    house.settle_equal(first, second)
    assert len(first.find_notes(query="")) == 12


# R-CHUNK-08
def test_the_newer_edit_of_a_note_and_its_card_wins(house, version):
    first, second = house.pair(version)
    note = first.find_notes(query="")[0]
    for device, text, flag, age in [(first, "older", 1, 10), (second, "newer", 2, 0)]:
        change_note_and_card(device, note, text, flag, mod=2_000_000_000 - age)
    house.settle_equal(first, second)
    assert first.note_fields(note=note)[1] == "newer"
    assert flag_of(first, note) == 2


# R-CHUNK-08
def test_the_older_edit_of_a_note_loses_even_if_it_is_synced_later(house, version):
    first, second = house.pair(version)
    note = first.find_notes(query="")[0]
    for device, text, flag, age in [(first, "newer", 1, 0), (second, "older", 2, 10)]:
        change_note_and_card(device, note, text, flag, mod=2_000_000_000 - age)
    house.settle_equal(first, second)
    assert first.note_fields(note=note)[1] == "newer"
    assert flag_of(first, note) == 1


# R-CHUNK-09
def test_edits_of_a_note_in_the_same_second_converge(house, version):
    first, second = house.pair(version)
    note = first.find_notes(query="")[0]
    for device, text, flag in [(first, "one", 1), (second, "two", 2)]:
        change_note_and_card(device, note, text, flag, mod=2_000_000_000)
    house.settle_equal(first, second)


def change_note_and_card(device, note, text, flag, mod):
    device.edit_note(note=note, fields=["same note", text])
    device.flag(cards=device.find_cards(query=f"nid:{note}"), flag=flag)
    device.sql(statement="update notes set mod = ? where id = ?", args=[mod, note])
    device.sql(statement="update cards set mod = ? where nid = ?", args=[mod, note])


def flag_of(device, note):
    return device.sql(statement="select flags from cards where nid = ?", args=[note])[0][0]


def change_objects(device, text, mod):
    """The same notetype, deck and deck options on each device, dated `mod`."""
    device.edit_notetype(name="Basic", css=f"/* {text} */")
    device.describe_deck(name="Default", text=text)
    device.edit_deck_config(id=1, new={"perDay": len(text)}, name=text)
    for table in ("notetypes", "decks", "deck_config"):
        device.sql(statement=f"update {table} set mtime_secs = ? where usn = -1", args=[mod])


def css_of(device):
    names = {n["name"]: n for n in device.dump()["notetypes"].values()}
    return names["Basic"]["css"]


# R-CHANGES-04
def test_the_newer_notetype_deck_and_options_win(house, version):
    first, second = house.pair(version)
    change_objects(first, "the newer", mod=2_000_000_000)
    change_objects(second, "older", mod=1_999_999_990)
    house.settle_equal(first, second)
    assert css_of(second) == "/* the newer */"


# R-CHANGES-05
def test_notetypes_decks_and_options_of_the_same_second_converge(house, version):
    first, second = house.pair(version)
    change_objects(first, "one", mod=2_000_000_000)
    change_objects(second, "the other", mod=2_000_000_000)
    house.settle_equal(first, second)


def test_a_note_deleted_here_and_edited_there(house, version):
    first, second = house.pair(version)
    note = first.find_notes(query="")[0]
    first.delete_notes(notes=[note])
    second.edit_note(note=note, fields=["edited", "after"])
    house.settle_equal(first, second)


def test_a_deck_deleted_here_and_filled_there(house, version):
    first, second = house.pair(version)
    first.delete_deck(name="Latin::Verbs")
    second.add_notes(count=2, deck="Latin::Verbs", prefix="late")
    house.settle(first, second)
    # A card without a deck is for the clients to mend; what matters is that both have the same.
    house.assert_equal(first, second)


def test_a_flag_without_a_new_mod_reaches_the_other_device(house, version):
    first, second = house.pair(version)
    card = first.find_cards(query="")[0]
    first.sql(statement="update cards set flags = 4, usn = -1 where id = ?", args=[card])
    first.touch()
    house.settle_equal(first, second)
    assert second.sql(statement="select flags from cards where id = ?", args=[card]) == [[4]]


def test_decks_of_the_same_name_made_on_both_devices(house, version):
    """Each client renames what it receives, so which deck has the `+` is not for the server alone;
    but nobody loses a deck or a card, and nobody is asked for a full sync."""
    first, second = house.pair(version)
    for number, device in enumerate((first, second)):
        device.add_notes(count=2, deck="Same name", prefix=f"device {number}")
        device.renumber_notes(offset=100_000 * number)
    house.settle(first, second)
    house.settle(first, second)
    for device in (first, second):
        names = [deck["name"] for deck in device.dump()["decks"].values()]
        assert sorted(n for n in names if n.startswith("Same")) == ["Same name", "Same name+"]
        assert len(device.find_notes(query='"deck:Same name" or "deck:Same name+"')) == 4


def test_three_devices(house):
    first, second = house.pair("23.10.1", "26.9.3")
    third = house.device("2.1.58")
    assert third.sync()["required"] == "download"
    third.full_download()
    for turn, device in enumerate((first, second, third)):
        device.add_notes(count=2, prefix=device.version)
        device.renumber_notes(offset=100_000 * turn)
        device.review(count=1)
        device.date_edits(seconds=10 * turn)
    house.settle_equal(first, second, third)


def test_an_idle_device_has_nothing_to_do(house, version):
    device = house.device(version)
    fill(device)
    device.sync()
    device.full_upload()
    normal_sync(device)
    result = normal_sync(device)
    assert not result["exchanged"]


def test_text_of_every_kind_survives(house, version):
    first, second = house.pair(version)
    text = 'q"uote \\ back\nline\ttab é 日本 😀 <img src="a>b.png"> &nbsp; \u2028 𝔘'
    first.add_note(fields=[text, text], deck='D "é" 😀::Ünter', tags=["é::日本", "😀"])
    first.set_config(key='k "é"', value={text: [text, 1e300, -1, 2**53 + 1, True]})
    house.settle_equal(first, second)
