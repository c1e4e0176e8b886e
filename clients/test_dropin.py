"""Stop the official server, start ours on the same folder, and back: nobody notices."""

import base64
import hashlib

import pytest
from household import fill, normal_sync
from venvs import NEWEST

TOUCH_ALL = [
    "update notetypes set usn = -1, mtime_secs = mtime_secs + 10",
    "update decks set usn = -1, mtime_secs = mtime_secs + 10",
    "update deck_config set usn = -1, mtime_secs = mtime_secs + 10",
    "update cards set usn = -1, mod = mod + 10 where id in (select id from cards limit 6)",
    "update notes set usn = -1, mod = mod + 10 where id in (select id from notes limit 6)",
]
# Never touched, so that no client rewrites them.
UNTOUCHED_CARDS = "id in (select id from cards limit 6 offset 6)"
CARD_DATA = (
    '{"pos":3,"s":12.5,"d":4.25,"dr":0.9,"decay":0.25,"lrt":1700000000,"cd":"{\\"k\\":1}",'
    '"zz":[1,{"of a later version":null}]}'
)

# Every key that the official code has a name for (anki c32cb29 rslib/src/config), and the forms of
# those that it makes from ids. A new collection and `fill` bring some with values of their own.
OFFICIAL_KEYS = """
    applyAllParentLimits browserTableShowNotesMode cardCountsSeparateInactive collapseCardState
    collapseDecks collapseFlags collapseNotetypes collapseSavedSearches collapseTags collapseToday
    futureDueShowBacklog hideAudioPlayButtons ignoreAccentsInSearch interruptAudioWhenAnswering
    newCardsIgnoreReviewLimit pasteImagesAsPng pasteStripsFormatting renderLatex previewBothSides
    restorePositionBrowser restorePositionReviewer resetCountsBrowser resetCountsReviewer
    randomOrderReposition shiftPositionOfExistingCards mergeNotetypes withScheduling withDeckConfigs
    fsrs fsrsHealthCheck fsrsLegacyEvaluate loadBalancerEnabled fsrsShortTermWithStepsEnabled
    normalize_note_text setDueBrowser setDueReviewer defaultSearchText cardStateCustomizer
    csvDuplicateResolution matchScope lastFsrsOptimize updateNotes updateNotetypes
    activeDecks addToCur backups collapseTime creationOffset curDeck curModel customColorPickerPalette
    dayLearnFirst dueCounts estTimes firstDayOfWeek lastUnburied localOffset newSpread nextPos rollover
    sched2021 schedVer timeLim
    _deck_1_lastNotetype _nt_1_lastDeck _nt_1_sort
""".split()


@pytest.fixture
def rich(make_household):
    """The official server holds a collection in which everything is set that can be."""
    with make_household(kind="official") as house:
        first = house.device()
        fill(first)
        first.add_filtered_deck(name="Filtered", search="deck:Latin")
        first.fill_columns()
        first.sql(
            statement=f"update cards set data = ? where {UNTOUCHED_CARDS}", args=[CARD_DATA]
        )
        first.sql(statement="update tags set collapsed = 0")
        for key in OFFICIAL_KEYS:
            first.sql(
                statement="insert or ignore into config values (?, -1, 1700000000, cast(? as blob))",
                args=[key, '["set"]' if key.startswith("_") else "true"],
            )
        for i, value in enumerate(["null", "[]", '"é"', "1e300", '{"a":{"b":[{}]}}', "-1", "false"]):
            first.sql(
                statement="insert into config values (?, -1, 1700000000, cast(? as blob))",
                args=[f'_unknown "é" {i}', value],
            )
        first.touch()
        first.switch_off()  # so that the library forgets what it knew
        first.switch_on()
        assert first.sync()["required"] == "upload"
        first.full_upload()
        others = [house.device(version) for version in (NEWEST, "24.11", "2.1.58")]
        for device in others:
            device.full_download()
        house.settle_equal(first, *others)
        yield house, first, others


def touch_all(device):
    """As if the user had changed every object: each goes through the server as JSON."""
    for statement in TOUCH_ALL:
        device.sql(statement=statement)
    device.touch()
    device.forget_caches()


def server_columns(house):
    reader = house.open(NEWEST, house.copy_of_server_file())
    found = reader.columns(), reader.sql(
        statement=f"select id, data from cards where {UNTOUCHED_CARDS}"
    )
    reader.switch_off()
    return found


# R-CHANGES-08, R-CHUNK-13, R-STORE-03
def test_the_folder_goes_to_us_and_back(rich, server_kind):
    house, first, (second, *older) = rich
    before = first.columns()
    assert second.columns() == before

    house.change_server(server_kind)
    assert server_columns(house)[0] == before
    data_before = server_columns(house)[1]
    assert [data for _, data in data_before] == [CARD_DATA] * 6
    for turn, device in enumerate((first, second, *older)):
        device.add_note(fields=[f"on the new server {turn}", "x"])
        device.date_edits(seconds=20 * turn)
    house.settle_equal(first, second, *older)

    touch_all(first)
    house.settle_equal(first, second)
    assert first.columns() == before
    assert second.columns() == before
    assert server_columns(house) == (before, data_before)

    touch_all(second)
    house.settle_equal(first, second)
    assert first.columns() == before
    newcomer = house.device()
    newcomer.full_download()
    assert newcomer.columns() == before
    house.settle_equal(first, second, newcomer)

    house.change_server("official")
    for turn, device in enumerate((first, second, *older, newcomer)):
        device.add_note(fields=[f"back again {turn}", "x"])
        device.date_edits(seconds=2000 + 20 * turn)
    house.settle_equal(first, second, newcomer)
    for device in older:
        normal_sync(device)
    normal_sync(first)
    assert first.columns() == before
    assert first.sql(statement="select count() from notes where flds like 'back again%'") == [[5]]


# R-AUTH-06
def test_host_keys_are_those_of_the_official_server(make_household, server_kind):
    with make_household(kind="official", users=["me:pa:ss", "user:pass"]) as house:
        key = house.device().log_in(house.server.endpoint, "me", "pa:ss")
        house.change_server(server_kind)
        assert house.device().log_in(house.server.endpoint, "me", "pa:ss") == key


# R-AUTH-06, R-AUTH-07
def test_hashed_passwords_are_those_of_the_official_server(make_household, server_kind):
    # Of "pass", with 1000 rounds so that the test is quick.
    hashed = "$pbkdf2-sha256$i=1000,l=32$tonuvYGpksNFQBlEmm3lxg$" + hash_of("pass", 1000)
    with make_household(
        kind="official", users=[f"user:{hashed}"], PASSWORDS_HASHED="1"
    ) as house:
        key = house.device().log_in(house.server.endpoint)
        house.change_server(server_kind)
        assert house.device().log_in(house.server.endpoint) == key


def hash_of(password, rounds):
    salt = base64.b64decode("tonuvYGpksNFQBlEmm3lxg==")
    derived = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, rounds, 32)
    return base64.b64encode(derived).decode().rstrip("=")
