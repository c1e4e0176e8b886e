"""The judge of all other tests: every kind of difference is seen, and nothing else."""

import copy

import equality
import pytest

DUMP = {
    "col": {"crt": 1, "mod": 2, "scm": 3},
    "notes": {"1": {"mod": 5, "flds": "a", "tags": ""}},
    "cards": {"1": {"mod": 5, "data": {"pos": 1, "of a later version": 2}}},
    "revlog": {"1": {"ease": 3}},
    "notetypes": {"1": {"name": "Basic", "flds": [{"name": "Front"}]}},
    "decks": {"1": {"name": "Default", "mod": 4}},
    "deck_configs": {"1": {"new": {"perDay": 20}}},
    "config": {"key": [1, {"deep": None}]},
    "tags": ["blue"],
}


def changed(*path, value):
    dump = copy.deepcopy(DUMP)
    *parents, last = path
    place = dump
    for name in parents:
        place = place[name]
    place[last] = value
    return dump


def test_equal_dumps_have_no_differences():
    assert equality.differences(DUMP, copy.deepcopy(DUMP)) == []


@pytest.mark.parametrize("all_members", [True, False])
@pytest.mark.parametrize(
    "path",
    [
        ("notes", "1", "flds"),
        ("notes", "2"),
        ("cards", "1", "mod"),
        ("cards", "1", "data", "pos"),
        ("cards", "2"),
        ("revlog", "1", "ease"),
        ("notetypes", "1", "flds", 0, "name"),
        ("notetypes", "1", "flds"),
        ("decks", "1", "mod"),
        ("deck_configs", "1", "new", "perDay"),
        ("config", "key", 1, "deep"),
        ("config", "other"),
        ("tags", 0),
        ("tags",),
        ("col", "crt"),
        ("col", "scm"),
        ("col", "mod"),
    ],
)
def test_a_change_is_seen_from_both_sides(path, all_members):
    other = changed(*path, value=["changed"])
    for left, right in [(DUMP, other), (other, DUMP)]:
        assert len(equality.differences(left, right, all_members)) == 1, path


def test_members_that_one_version_lacks_count_if_all_do():
    older = changed("cards", "1", "data", value={"pos": 1})
    assert equality.differences(DUMP, older, all_members=True)
    assert not equality.differences(DUMP, older, all_members=False)


def test_a_row_that_is_missing_counts_in_any_case():
    assert equality.differences(DUMP, changed("cards", value={}), all_members=False)


def test_the_mod_of_the_collection_counts_if_asked_for():
    assert not equality.differences(DUMP, changed("col", "mod", value=9), same_mod=False)
