"""Beside peers that mean no good others sync, and what those take comes back. bench/abuse measures
how long the others wait."""

import pytest

from abusers import (
    Abuse,
    descriptors,
    fill_for_deaf_readers,
    keys_of,
    megabytes,
    wait_for_descriptors,
)
from rawclient import RawClient
from venvs import NEWEST

pytestmark = pytest.mark.ours_only

GREEDY = ["greedy0", "greedy1"]
# What the server may take of memory meanwhile: each reader has a packer with its window.
MEGABYTES_MORE = {"deaf readers": 64}
COUNTS = {"idle sockets": 1000, "slow headers": 200, "slow bodies": 200, "half requests": 200,
          "deaf readers": 8, "guessed passwords": 16}


@pytest.fixture
def crowded_house(make_household):
    accounts = [f"{name}:pass" for name in ["user", *GREEDY]]
    with make_household(users=accounts) as house:
        yield house


# R-LIM-16, R-LIM-07, R-LIM-10
@pytest.mark.parametrize("kind", COUNTS, ids=[kind.replace(" ", "_") for kind in COUNTS])
def test_others_sync_beside(crowded_house, kind):
    house = crowded_house
    first, second = house.pair(NEWEST)
    server = house.server
    if kind == "deaf readers":
        fill_for_deaf_readers(server, GREEDY)
    keys = keys_of(server.endpoint, GREEDY)
    newcomer = RawClient(server.endpoint)
    newcomer.log_in()
    first.add_note(fields=["before", "x"])
    house.settle(first, second)
    base, memory = descriptors(server), megabytes(server)
    with Abuse(kind, server.port, keys, COUNTS[kind]):
        for name in ("beside", "beside again"):
            first.add_note(fields=[name, "x"])
            house.settle_equal(first, second)
            newcomer.meta()  # clients may have a connection of before
        assert megabytes(server) < memory + MEGABYTES_MORE.get(kind, 32)
    assert wait_for_descriptors(server, base) <= base
    assert len(second.find_notes(query="beside")) == 2


# R-AUTH-09
@pytest.mark.parametrize("kind", ["guessed passwords", "guesses from many addresses"])
def test_a_right_password_is_let_in_beside_guesses(house, kind):
    raw = RawClient(house.server.endpoint)
    with Abuse(kind, house.server.port, count=100) as abuse:
        house.server.logged("method=hostKey status=503")  # as many wait as may
        for _ in range(3):
            raw.log_in()
    assert "answered 200" not in abuse.said
