"""A server that is killed again and again while real clients sync; ci/kill does it longer."""

import pytest

from outages import Outages

KILLS = 10


# R-STORE-07, R-SESS-01, R-FULL-14, R-MEDIA-20, R-MEDIA-21
@pytest.mark.ours_only
def test_nothing_that_was_answered_is_lost_by_kills(tmp_path, pool):
    outages = Outages(tmp_path, pool, seed=KILLS, merging_accounts=1)
    outages.run(KILLS, seconds_between=0.5)
    print(outages.table())
