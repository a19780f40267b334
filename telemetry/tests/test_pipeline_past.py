"""What the workers counted by the minute: exact over restarts, several workers and a clock that
is set back, and read as what it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from rest_framework.test import APIClient

from telemetry.moments import to_ms
from telemetry.worker_counts import PipelineMinute
from telemetry.workers import past

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def told(minute: int, worker: str, process: str, up_s: float, finished: int, **more: int) -> None:
    """A row as a worker leaves it at the end of a minute."""
    counted = {"readings": 2 * finished, "rejected": 0, "lag_ms": 0, "spooled": 0, **more}
    PipelineMinute.objects.create(
        minute=at(minute), worker=worker, process=process, up_ms=up_s * 1000, finished=finished,
        **counted,
    )  # fmt: skip


def finished(start: int = -10, stop: int = 100) -> dict[int, float]:
    read = past.minutes(at(start), at(stop))
    return {round((each.at - START) / past.MINUTE): round(each.finished, 6) for each in read}


def test_a_minute_has_what_was_counted_in_it() -> None:
    told(0, "b", "one", 60, 100)
    told(1, "b", "one", 120, 160, lag_ms=7, spooled=3)
    told(2, "b", "one", 180, 160)
    assert finished() == {0: 100, 1: 60, 2: 0}
    second = past.minutes(at(1), at(2))
    assert second == [], "the first row of a process that ran before only says where it stood"
    assert past.minutes(at(-10), at(2))[1] == (at(1), 60, 120, 0, 7, 3)


def test_a_restarted_process_counts_from_zero_also_when_it_soon_counts_more() -> None:
    told(0, "b", "one", 60, 100)
    told(1, "b", "one", 75, 110)
    told(1, "b", "two", 30, 5_000)  # more than the first ever had
    told(2, "b", "two", 90, 5_000)
    told(2, "b", "three", 1, 0)
    assert finished() == {0: 100, 1: 10 + 5_000, 2: 0}


def test_workers_add_up_and_one_that_begins_in_the_window_counts_whole() -> None:
    told(0, "a", "one", 86_400, 1_000_000)
    told(1, "a", "one", 86_460, 1_000_060, lag_ms=900, spooled=4)
    told(1, "b", "two", 20, 30, lag_ms=20, spooled=5)
    read = past.minutes(at(0), at(2))
    assert read == [(at(1), 90, 180, 0, 900, 9)]


def test_one_that_could_not_write_for_a_while_speaks_for_all_of_it() -> None:
    told(0, "b", "one", 60, 100)
    told(10, "b", "one", 660, 700, spooled=50)
    read = finished()
    assert read == {0: 100, **dict.fromkeys(range(1, 11), 60.0)}
    assert sum(read.values()) == 700


def test_where_no_process_ran_nothing_is_known() -> None:
    told(0, "b", "one", 60, 100)
    told(30, "b", "two", 60, 7)
    assert finished() == {0: 100, 30: 7}


def test_a_clock_that_is_set_back_loses_and_doubles_nothing() -> None:
    told(50, "b", "one", 60, 100)
    told(51, "b", "one", 120, 200)
    told(1, "b", "one", 180, 250)  # fifty minutes back
    told(2, "b", "one", 240, 300)
    assert finished() == {1: 50, 2: 50, 50: 100, 51: 100}


def counted(**counters: int) -> dict[str, int]:
    return {"received": 99, "stored": 0, "duplicate": 0, "rejected": 0, **counters}


def test_what_is_noted_twice_counts_once_and_a_peak_of_the_minute_stays() -> None:
    past.note("b", "one", 1_000_000, counted(stored=5, readings_stored=8, lag_ms=90, spooled=2))
    for _ in range(2):
        past.note(
            "b", "one", 2_000_000, counted(stored=6, duplicate=2, rejected=1, readings_stored=9)
        )
    rows = PipelineMinute.objects.order_by("minute").values_list(
        "up_ms", "finished", "readings", "rejected"
    )
    assert list(rows)[-1] == (2_000, 9, 9, 1)  # in one row, or at the turn of the minute in two
    peaks = PipelineMinute.objects.values_list("lag_ms", "spooled")
    assert max(peaks) == (90, 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT now() + interval '2 min'")
        (later,) = cursor.fetchone()
    read = past.minutes(later - timedelta(hours=1), later)
    assert sum(each.finished for each in read) == 9


def test_what_is_too_old_goes() -> None:
    told(0, "b", "one", 60, 1)
    told(60, "b", "one", 3_660, 1)
    assert past.forget(at(60) + past.KEPT) == 1
    assert [row.minute for row in PipelineMinute.objects.all()] == [at(60)]


def test_it_is_answered_with_what_is_usual(api: APIClient) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('minute', now())")
        (now,) = cursor.fetchone()
    assert api.get("/api/v1/pipeline/past/").json()["usual"] == {"messages": None, "readings": None}
    PipelineMinute.objects.bulk_create(
        PipelineMinute(
            minute=now - timedelta(minutes=200 - n), worker="b", process="one", up_ms=60_000 * n,
            finished=600 * n, readings=1_200 * n, rejected=0, lag_ms=3, spooled=0,
        )
        for n in range(1, 200)
    )  # fmt: skip
    answer = api.get("/api/v1/pipeline/past/").json()
    assert answer["usual"] == {"messages": [10, 10], "readings": [20, 20]}
    assert answer["points"][-1] == [answer["to"] - 60_000, 10, 20, 0, 3, 0]
    assert answer["to"] >= to_ms(now)
    assert answer["from"] == answer["to"] - 86_400_000
    assert answer["normal_lag_ms"] == 5_000
    assert api.get("/api/v1/pipeline/past/?hours=3").status_code == 400
