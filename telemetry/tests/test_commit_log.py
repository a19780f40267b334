"""Each commit of readings is read once by each reader, in whatever order commits become visible."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise

import numpy as np
import psycopg
import pytest
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from telemetry.moments import from_us
from telemetry.storage import commit_log, rollups, store
from telemetry.tests.written import rollup

MINUTE_US = 60_000_000
AT_US = 1_773_144_000_000_000  # 10 March 2026, 12:00
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("logged")


@pytest.fixture
def logged(transactional_db) -> None:
    """The cursors are at the end of the log."""
    while read():
        pass
    commit_log.add_reader("alerts")


def read(reader: str = commit_log.ROLLUPS, limit: int = 100) -> list[list[int]]:
    """The series of each commit."""
    with commit_log.reading(reader, limit) as commits:
        return [series_of(commit) for commit in commits]


def series_of(commit: commit_log.Commit) -> list[int]:
    return [each for start, stop in commit.series for each in range(start, stop)]


def commit(series_id: int) -> None:
    store.write(store.Batch([series_id], [AT_US], [1.0]), "w")


def count_log() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM commit_log")
        return cursor.fetchone()[0]


@contextmanager
def other_session() -> Iterator[psycopg.Connection]:
    with psycopg.connect(**connection.get_connection_params()) as other:
        yield other
        other.rollback()


def log(other: psycopg.Connection, series_id: int) -> None:
    other.execute(
        "INSERT INTO commit_log (series, spans) VALUES (%s, '{}')",
        [struct.pack("!ii", series_id, series_id + 1)],
    )


def test_a_batch_says_which_series_and_which_times() -> None:
    day = 24 * 60 * MINUTE_US
    times = [AT_US + 59_999_999, AT_US + MINUTE_US, AT_US - day, AT_US]
    store.write(store.Batch([7, 8, 7, 7], times, [1.0] * 4, [(9, AT_US, "on")]), "w")
    with commit_log.reading(commit_log.ROLLUPS, 10) as commits:
        (one,) = commits
    assert one.series == [(7, 10)]
    noon = from_us(AT_US)
    before = noon - timedelta(days=1)
    assert one.spans == [(before, before), (noon, noon + MINUTE)]
    store.write(store.Batch([7], [AT_US], [1.0], may_repeat=True), "w")
    assert read() == []  # nothing new was stored


@given(st.lists(st.integers(1, 2**31 - 2), min_size=1, max_size=30))
def test_ranges_of_series_hold_exactly_those_that_got_readings(series_ids: list[int]) -> None:
    near = [each % 40 + 1 for each in series_ids]  # so that some are neighbours, and some the same
    for ids in (series_ids, near):
        ranges = commit_log.ranges(np.array(ids, dtype=np.int32)).tolist()
        assert [each for start, stop in ranges for each in range(start, stop)] == sorted(set(ids))
        assert all(stop < start for (_, stop), (start, _) in pairwise(ranges))


def test_a_transaction_that_commits_late_is_neither_skipped_nor_read_twice() -> None:
    with other_session() as early, other_session() as late:
        # The first to begin gets the lower id, and the higher number in the log.
        early.execute("SELECT pg_current_xact_id()")
        log(late, 2)
        log(early, 1)
        commit(3)
        assert read() == []  # before what still runs nothing is certain
        early.commit()
        assert read() == [[1]]
        commit(4)
        assert read() == []
        late.commit()
        assert read() == [[2], [3], [4]]
        assert read() == []


def test_a_transaction_that_is_rolled_back_holds_nobody_up() -> None:
    with other_session() as other:
        log(other, 1)
        commit(2)
        other.rollback()
        assert read() == [[2]]


def test_a_reader_that_dies_reads_the_same_again() -> None:
    commit(1)
    commit(2)

    class Killed(Exception):
        pass

    def die() -> None:
        with commit_log.reading(commit_log.ROLLUPS, 1) as commits:
            assert [series_of(one) for one in commits] == [[1]]
            raise Killed

    with pytest.raises(Killed):
        die()
    assert read(limit=1) == [[1]]
    assert read(limit=1) == [[2]]
    assert read() == []


def test_two_readers_read_each_for_itself_and_two_of_one_name_in_turn() -> None:
    commit(1)
    assert read("alerts") == [[1]]
    with other_session() as other:
        other.execute("SELECT FROM commit_cursor WHERE reader = 'rollups' FOR UPDATE")
        assert read() == []  # another process is at it
    assert read() == [[1]]


def test_what_every_reader_has_read_is_forgotten() -> None:
    commit(1)
    commit(2)
    assert read("alerts") == [[1], [2]]
    assert read(limit=1) == [[1]]
    assert commit_log.backlog(commit_log.ROLLUPS)[0] == 1
    assert commit_log.forget() == 1
    assert count_log() == 1
    assert read() == [[2]]
    assert commit_log.forget() == 1


def test_a_database_loaded_from_a_dump_is_read_from_the_start() -> None:
    """Its transaction ids come from another server, and may be far above those of this one."""
    commit(1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE commit_log SET xid = '900000000'")
        cursor.execute("UPDATE commit_cursor SET xid = '899999999', server = 1")
    assert read() == []
    commit(2)
    assert sorted(read()) == [[1], [2]]
    assert read() == []
    assert sorted(read("alerts")) == [[1], [2]]


def test_rollups_read_the_log() -> None:
    commit(1)
    noon = from_us(AT_US)
    assert rollups.run(noon) == 0  # the minute still runs
    assert rollups.run(noon + MINUTE) == 1
    assert rollup("rollup_1m", 1) == [(noon, 1, 1.0, 1.0, 1.0)]
    assert read() == []


def test_a_new_reader_begins_with_what_has_not_ended_and_is_made_once() -> None:
    commit(1)
    with other_session() as other:
        log(other, 2)
        commit_log.add_reader("late")
        commit(3)
        commit_log.add_reader("late")
        other.commit()
        assert read("late") == [[2], [3]]


@given(st.lists(st.integers(0, 400_000_000), min_size=1, max_size=12))
def test_the_spans_of_a_commit_begin_and_end_with_readings_of_minutes_in_a_row(
    offsets: list[int],
) -> None:
    times = [AT_US + each for each in offsets]
    spans = commit_log.spans(np.array(times, dtype=np.int64))
    ends = {each for span in spans for each in span}
    assert ends <= set(times)
    minutes = {n for a, b in spans for n in range(a // MINUTE_US, b // MINUTE_US + 1)}
    assert len(spans) == 1 or minutes == {each // MINUTE_US for each in times}
    assert all(any(a <= each <= b for a, b in spans) for each in times)


def test_what_is_not_rolled_up_yet_counts_in_whole_minutes() -> None:
    half = timedelta(seconds=30)
    noon = from_us(AT_US)
    at = [AT_US + 30_000_000, AT_US + MINUTE_US + 1]
    store.write(store.Batch([1, 1], at, [1.0, 2.0]), "w")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM dirty_minutes(%s, %s)", [noon - MINUTE, noon + 5 * MINUTE])
        assert sorted(cursor.fetchall()) == [(noon,), (noon + MINUTE,)]
        cursor.execute("SELECT * FROM dirty_minutes(%s, %s)", [noon, noon + MINUTE])
        assert cursor.fetchall() == [(noon,)]
    assert rollups.run(noon + 2 * MINUTE + half) == 2


@contextmanager
def filled(commits: int, unread: int) -> Iterator[None]:
    """So many in the log, one a minute, of which the rollups have not taken the last."""
    with transaction.atomic():
        _fill(commits, unread)
        yield
        transaction.set_rollback(True)


def _fill(commits: int, unread: int) -> None:
    asked = {"commits": commits, "read": commits - unread, "noon": from_us(AT_US)}
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO commit_log (xid, series, spans)"
            " SELECT n::text::xid8, %(series)s, tstzmultirange(tstzrange(at, at, '[]'))"
            " FROM generate_series(1, %(commits)s) AS n, LATERAL"
            " (SELECT %(noon)s - n * interval '1 minute' AS at) AS minute",
            asked | {"series": np.array([[1, 2]], ">i4").tobytes()},
        )
        cursor.execute(
            "UPDATE commit_cursor SET xid = (%(read)s)::text::xid8, seq = 9223372036854775807",
            asked,
        )
        cursor.execute("ANALYZE commit_log, commit_cursor, dirty_minute, retention_state")


def test_a_question_looks_at_what_the_rollups_have_not_taken_and_at_no_more_of_the_log() -> None:
    with filled(20_000, unread=3), connection.cursor() as cursor:
        asked = [from_us(AT_US) - 30_000 * MINUTE, from_us(AT_US)]
        cursor.execute("EXPLAIN (ANALYZE) SELECT * FROM dirty_minutes(%s, %s)", asked)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "commit_log_pkey" in plan, plan
    (looked,) = re.findall(r"Scan (?:using \w+ )?on commit_log .*actual.* rows=(\d+)", plan)
    assert int(looked) == 3, plan


def test_a_long_log_is_taken_before_its_minutes_are_computed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rollups, "COMMITS_PER_STEP", 10)
    with filled(100, unread=95):
        rollups.run(from_us(AT_US), seconds=0)
        assert commit_log.backlog(commit_log.ROLLUPS)[0] == 0


def test_transaction_ids_are_read_in_the_order_of_numbers_and_not_of_digits() -> None:
    """Text is given back of them: by it 100 comes before 99, and what is read in steps would pass
    over the lower one for good."""
    for series_id in (1, 2):
        commit(series_id)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE commit_cursor SET xid = '9', seq = 0")
        cursor.execute("SELECT seq FROM commit_log ORDER BY seq")
        first, second = (row[0] for row in cursor.fetchall())
        cursor.execute("UPDATE commit_log SET xid = '99' WHERE seq = %s", [first])
        cursor.execute("UPDATE commit_log SET xid = '100' WHERE seq = %s", [second])
    assert [read(limit=1), read(limit=1), read(limit=1)] == [[[1]], [[2]], []]
