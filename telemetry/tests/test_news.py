"""What came late is told from what stands beside it by the transaction that wrote it."""

from __future__ import annotations

import numpy as np
import pytest
from django.db import connection

from telemetry.history import news
from telemetry.sql import load
from telemetry.storage import commit_log, store
from telemetry.tests.written import series

pytestmark = pytest.mark.django_db(transaction=True)

START = 1_792_872_000_000_000
MANY = 2_000  # readings, so that an index is worth it


def written(*readings: tuple[int, int, float | str]) -> int | None:
    """The id of the transaction that stored these: series, microseconds after the start, value."""
    numbers = [each for each in readings if not isinstance(each[2], str)]
    texts = [(pk, START + us, value) for pk, us, value in readings if isinstance(value, str)]
    store.write(
        store.Batch(
            [pk for pk, _, _ in numbers], [START + us for _, us, _ in numbers],
            [value for _, _, value in numbers], texts,
        ),
        "w",
    )  # fmt: skip
    with commit_log.reading("test", 100) as commits:
        return commits[-1].xid


def spans(pk: int, xid: int | None) -> news.LateSpans:
    begin, end = np.array([START - 1]), np.array([START + MANY])
    return news.LateSpans(np.array([pk], dtype=np.int32), begin, end, [xid])


def test_of_one_span_the_readings_of_one_transaction_are_found() -> None:
    commit_log.add_reader("test")
    pk, other = series().pk, series("door").pk
    first = written((pk, 10, 1.0), (pk, 30, 3.0), (other, 20, "open"))
    late = written((pk, 20, 2.0), (pk, 20_000, 9.0), (other, 10, "shut"))
    assert None not in (first, late)
    found = news.late_numbers(spans(pk, late))
    assert (found.times_us - START).tolist() == [20]
    assert found.values.tolist() == [2.0]
    # A row that stands for several commits does not say which: all are taken.
    assert len(news.late_numbers(spans(pk, None)).places) == 3
    assert news.late_words(spans(other, late)) == {0: START + 10}
    assert news.late_words(spans(other, first)) == {0: START + 20}
    assert news.late_words(spans(pk, 7)) == {}


@pytest.mark.parametrize("name", ["fetch_late_news", "find_late_words"])
def test_it_is_read_by_series_and_time(name: str) -> None:
    commit_log.add_reader("test")
    pk = series().pk
    written(*((pk, us, 1.0) for us in range(MANY)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE reading")
        wanted = spans(pk, 4)._replace(until_us=np.array([START + 10])).wanted()
        cursor.execute(f"EXPLAIN {load('news')[name]}", wanted)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on reading" not in plan
    assert "_pkey" in plan
