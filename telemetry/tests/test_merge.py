"""Of two values of one series at one instant the first is stored, and whoever lost is named."""

from __future__ import annotations

from itertools import count

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.storage import store

T = 1_772_323_200_000_000  # Unix microseconds

pytestmark = pytest.mark.django_db

_series = count(1_000_000, 10)  # of which no two examples have one in common


def batch(readings: list[tuple[int, int, float | str]], **facts) -> store.Batch:
    numbers = [row for row in readings if not isinstance(row[2], str)]
    texts = [row for row in readings if isinstance(row[2], str)]
    series_ids, times_us, values = zip(*numbers, strict=True) if numbers else ((), (), ())
    return store.Batch(list(series_ids), list(times_us), list(values), texts, **facts)


def stored(series_ids: list[int]) -> dict[tuple[int, int], list[float | str]]:
    found: dict[tuple[int, int], list[float | str]] = {}
    with connection.cursor() as cursor:
        for table in ("reading", "text_reading"):
            cursor.execute(
                f"SELECT series_id, (extract(epoch FROM time) * 1e6)::bigint, value FROM {table}"
                " WHERE series_id = ANY (%s)",
                [series_ids],
            )
            for series_id, at, value in cursor.fetchall():
                found.setdefault((series_id, at), []).append(value)
    return found


def test_in_one_batch_the_first_stays_every_time():
    one = next(_series)
    pairs = [(one, T + n, float(value)) for n in range(500) for value in (1, 2)]
    written = store.write(batch(pairs), "w")
    assert set(map(tuple, stored([one]).values())) == {(1.0,)}
    assert written.inserted == 500
    assert written.conflicts.numbers == list(range(1, 1000, 2))


def test_what_is_equal_is_sent_twice_and_no_conflict():
    one = next(_series)
    again = [(one, T, 1.0), (one, T, 1.0), (one, T + 1, "a"), (one, T + 1, "a")]
    for inserted in (2, 0):
        written = store.write(batch(again), "w")
        assert (written.inserted, written.conflicts) == (inserted, store.Conflicts([], []))


def test_a_text_gives_way_to_a_number_stored_before_or_with_it():
    one = next(_series)
    store.write(batch([(one, T, 1.0)]), "w")
    written = store.write(batch([(one, T, "a"), (one, T + 1, "b"), (one, T + 1, 2.0)]), "w")
    assert written.conflicts == store.Conflicts([], [0, 1])
    assert stored([one]) == {(one, T): [1.0], (one, T + 1): [2.0]}


def test_what_lost_is_quarantined_in_the_same_transaction():
    one = next(_series)
    kept = store.Quarantined(0, T, "t", "pump-1", "conflicting_values", "", b"{}", {}, False, False)
    asked = []

    def on_conflict(conflicts: store.Conflicts) -> list[store.Quarantined]:
        asked.append(conflicts)
        return [kept]

    for _ in range(2):
        store.write(batch([(one, T, 1.0)]), "w", alongside=store.Alongside(on_conflict))
    assert asked == []
    store.write(batch([(one, T, 2.0)]), "w", alongside=store.Alongside(on_conflict))
    assert asked == [store.Conflicts([0], [])]
    with connection.cursor() as cursor:
        cursor.execute("SELECT reason FROM telemetry_quarantinedmessage")
        assert cursor.fetchall() == [("conflicting_values",)]


READINGS = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 2), st.sampled_from([0.0, 1.0, 2.5, "on", "off", "1"])
    ),
    max_size=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(READINGS, st.booleans()), max_size=4))
def test_batch_after_batch_the_store_is_as_a_model_that_takes_one_reading_at_a_time(batches):
    first = next(_series)
    numbers: dict[tuple[int, int], float | str] = {}
    texts: dict[tuple[int, int], float | str] = {}
    for readings, may_repeat in batches:
        rows = [(first + series, T + at, value) for series, at, value in readings]
        written = store.write(batch(rows, may_repeat=may_repeat), "w")
        before = len(numbers) + len(texts)
        lost = store.Conflicts([], [])
        for row, (*key, value) in enumerate(r for r in rows if not isinstance(r[2], str)):
            if numbers.setdefault(tuple(key), value) != value:
                lost.numbers.append(row)
        for row, (*key, value) in enumerate(r for r in rows if isinstance(r[2], str)):
            if tuple(key) not in numbers:
                texts.setdefault(tuple(key), value)
            if texts.get(tuple(key)) != value:
                lost.texts.append(row)
        assert written.conflicts == lost
        assert written.inserted == len(numbers) + len(texts) - before
    found = stored([first, first + 1])
    for key in numbers.keys() | texts.keys():
        assert found.pop(key) == [t[key] for t in (numbers, texts) if key in t]
    assert not found
