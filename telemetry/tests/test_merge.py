"""Of two values of one series at one instant the first is stored, and whoever lost is named."""

from __future__ import annotations

from itertools import count

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from telemetry.storage import merge, store
from tests.examples import examples

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


@pytest.mark.parametrize("may_repeat", [False, True])
def test_of_a_number_and_a_text_the_first_stays(may_repeat: bool):
    one = next(_series)
    store.write(batch([(one, T, 1.0), (one, T + 1, "a")]), "w")
    later = batch(
        [(one, T, "b"), (one, T + 1, 2.0), (one, T + 2, 3.0)],
        may_repeat=may_repeat,
        with_texts={one},
    )
    written = store.write(later, "w")
    assert written.conflicts == store.Conflicts([0], [0])
    assert (written.inserted, written.repeated) == (1, {(one, T), (one, T + 1)})
    assert stored([one]) == {(one, T): [1.0], (one, T + 1): ["a"], (one, T + 2): [3.0]}


@pytest.mark.parametrize(("order", "stays"), [(([0], [1]), 1.0), (([1], [0]), "a")])
def test_in_one_batch_the_earlier_message_stays(order, stays):
    one = next(_series)
    both = batch([(one, T, 1.0), (one, T, "a")])
    written = store.write(both, "w", alongside=store.Alongside(order=lambda: merge.Order(*order)))
    assert stored([one]) == {(one, T): [stays]}
    assert written.conflicts == store.Conflicts(*([], [0]) if stays == 1.0 else ([0], []))


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


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=examples(60),
)
@given(st.lists(st.tuples(READINGS, st.booleans()), max_size=4))
def test_batch_after_batch_the_store_is_as_a_model_that_takes_one_reading_at_a_time(batches):
    first = next(_series)
    model: dict[tuple[int, int], float | str] = {}
    for readings, may_repeat in batches:
        rows = [(first + series, T + at, value) for series, at, value in readings]
        texts = {first, first + 1}
        written = store.write(batch(rows, may_repeat=may_repeat, with_texts=texts), "w")
        before = len(model)
        lost = store.Conflicts([], [])
        for row, (*key, value) in enumerate(r for r in rows if not isinstance(r[2], str)):
            if model.setdefault(tuple(key), value) != value:
                lost.numbers.append(row)
        for row, (*key, value) in enumerate(r for r in rows if isinstance(r[2], str)):
            if model.setdefault(tuple(key), value) != value:
                lost.texts.append(row)
        assert written.conflicts == lost
        assert written.inserted == len(model) - before
    assert stored([first, first + 1]) == {key: [value] for key, value in model.items()}
