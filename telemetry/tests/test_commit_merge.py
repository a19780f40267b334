"""Commits that wait for a reader that is away become few; each reader still gets all of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from devices import clock
from telemetry.moments import from_us
from telemetry.storage import commit_log, commit_merge
from telemetry.tests.test_commit_log import AT_US, commit, count_log, other_session, series_of

READERS = ("alerts", "derived")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def readers() -> None:
    """At the end of the log, as the rollups are."""
    for name in READERS:
        commit_log.add_reader(name)
    while read(commit_log.ROLLUPS):
        pass
    commit_log.forget()


def read(reader: str, limit: int = 1_000) -> list[list[int]]:
    with commit_log.reading(reader, limit) as commits:
        return [series_of(each) for each in commits]


def date_back(*minutes: int) -> None:
    """Say of the commits there are, in order, how many minutes ago each was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM commit_log ORDER BY commit_log.xid, seq")
        for (seq,), back in zip(cursor.fetchall(), minutes, strict=True):
            at = clock.now().replace(second=30) - timedelta(minutes=back)
            cursor.execute("UPDATE commit_log SET committed_at = %s WHERE seq = %s", [at, seq])


def merge() -> int:
    return commit_merge.merge(clock.now())


def test_the_commits_of_a_minute_become_one_that_says_what_they_said() -> None:
    for series_id in (1, 2, 9, 4):
        commit(series_id)
    date_back(30, 30, 30, 29)
    assert merge() == 2
    assert merge() == 0
    with commit_log.reading("alerts", 100) as commits:
        assert [series_of(each) for each in commits] == [[1, 2, 9], [4]]
        assert [each.spans for each in commits] == [[(from_us(AT_US), from_us(AT_US))]] * 2
    assert commit_log.backlog("derived")[0] == 4  # it still is as far behind as it was
    assert read("alerts") == []


def test_what_is_new_and_what_a_reader_has_half_read_stays_apart() -> None:
    for series_id in (1, 2, 3, 4, 5):
        commit(series_id)
    assert read("alerts", limit=2) == [[1], [2]]
    date_back(30, 30, 30, 30, 0)
    assert merge() == 2
    assert read("derived") == [[1, 2], [3, 4], [5]]
    assert read("alerts") == [[3, 4], [5]]


def test_a_reader_that_reads_is_waited_for() -> None:
    commit(1)
    commit(2)
    date_back(30, 30)
    with other_session() as other:
        other.execute("SELECT FROM commit_cursor WHERE reader = 'derived' FOR UPDATE")
        assert merge() == 0
    assert merge() == 1


def test_a_merged_row_counts_as_all_its_commits_in_a_step() -> None:
    for series_id in (1, 2, 3, 4):
        commit(series_id)
    date_back(30, 30, 30, 20)
    merge()
    with commit_log.reading("alerts", 2) as commits:
        assert [series_of(each) for each in commits] == [[1, 2, 3]]
        assert commits.more
    with commit_log.reading("alerts", 2) as commits:
        assert [series_of(each) for each in commits] == [[4]]
        assert not commits.more


def test_a_month_of_an_engine_that_is_stopped_is_a_row_a_minute() -> None:
    now: datetime = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO commit_log (series, spans, committed_at)"
            " SELECT '\\x0000000100000003', '{[2026-03-10 12:00Z,2026-03-10 12:00Z]}',"
            " date_trunc('minute', %s::timestamptz) - interval '3 days' + n * interval '1 second'"
            " FROM generate_series(0, 2999) AS n",
            [now],
        )
    assert merge() == 2_950
    assert count_log() == 50
    assert {tuple(each) for each in read("derived", limit=10_000)} == {(1, 2)}


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda r: (r[0], r[0] + r[1])),
        min_size=1,
        max_size=20,
    )
)
def test_the_union_of_ranges_holds_what_any_of_them_does(ranges: list[tuple[int, int]]) -> None:
    found = commit_merge.union(np.array(ranges, dtype=np.int32)).tolist()
    assert [n for a, b in found for n in range(a, b)] == sorted(
        {n for a, b in ranges for n in range(a, b)}
    )
