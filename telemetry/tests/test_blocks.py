"""Blocks of readings: every row once, in order, however small the blocks are."""

import numpy as np
import pytest
from django.db import connection

from telemetry.history import blocks, columns
from telemetry.history.read_limit import TooSlow
from telemetry.moments import from_us
from telemetry.storage import pack_rows
from telemetry.storage.packs import DAY_US, HOUR_US
from telemetry.tests.written import series, write

pytestmark = pytest.mark.django_db

AT = 1_772_323_200_000  # ms
START_US, STOP_US = AT * 1000, (AT + 100) * 1000


def rows(found: list[blocks.Block] | list[blocks.TextBlock]) -> list[tuple]:
    return [row for block in found for row in zip(*map(list, block), strict=True)]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6, 100])
def test_blocks_of_any_size_hold_every_row_once_in_the_order_asked(size: int) -> None:
    one, two, none = series("a"), series("b"), series("c")
    write(one.id, [(AT - 1, 0.0), (AT, 0.5), (AT + 2, 1.5), (AT + 0.001, 1e-320), (AT + 100, 9.0)])
    write(two.id, [(AT + 1, 2.0), (AT + 3, 3.0), (AT + 3, "ERR"), (AT + 4, "OK")])
    asked = [two.id, none.id, one.id, two.id]
    found = list(blocks.read(asked, START_US, STOP_US, rows=size))
    every = [
        (two.id, (AT + 1) * 1000, 2.0),
        (two.id, (AT + 3) * 1000, 3.0),
        (one.id, START_US, 0.5),
        (one.id, START_US + 1, 1e-320),
        (one.id, (AT + 2) * 1000, 1.5),
    ]
    assert rows(found) == every
    assert [len(block.values) for block in found[:-1]] == [size] * (len(found) - 1)
    assert 0 < len(found[-1].values) <= size
    for place, (series_id, us, _) in enumerate(every):
        after = blocks.read(asked, START_US, STOP_US, after=(series_id, us), rows=size)
        assert rows(list(after)) == every[place + 1 :]
    said = list(blocks.texts(asked, START_US, STOP_US, rows=size))
    assert rows(said) == [(two.id, (AT + 3) * 1000, "ERR"), (two.id, (AT + 4) * 1000, "OK")]


def test_a_row_that_comes_between_two_blocks_is_read_when_it_is_not_yet_passed() -> None:
    one = series()
    write(one.id, [(AT + n, float(n)) for n in range(0, 8, 2)])
    reading = blocks.read([one.id], START_US, STOP_US, rows=2)
    first = next(reading)
    write(one.id, [(AT + 1, 1.0), (AT + 5, 5.0)])
    assert rows([first, *reading]) == [(one.id, (AT + n) * 1000, float(n)) for n in (0, 2, 4, 5, 6)]


@pytest.mark.parametrize("near", [3, 6, 512])
def test_packs_near_the_start_of_a_block_are_enough_where_they_hold_it(
    near: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "NEAR", near)
    ids = [series("a").id, series("b").id]
    # Ten packs of three of each, and one number that came late.
    times = START_US + np.arange(30) // 3 * HOUR_US + np.arange(30) % 3
    values = np.arange(30) / 4
    late = START_US + 4 * HOUR_US + 7
    with connection.cursor() as cursor:
        for each in ids:
            packed = pack_rows.Columns(np.full(30, each, np.int32), times, values)
            pack_rows.write_numbers(cursor, packed, by_hour=True)
            cursor.execute("INSERT INTO late_reading VALUES (%s, %s, -1)", [each, from_us(late)])
    rows_of = sorted([*zip(times.tolist(), values.tolist(), strict=True), (late, -1.0)])
    for size in (1, 2, 4, 9, 100):
        for start in (START_US, START_US + 1, START_US + HOUR_US + 2):
            found = rows(list(blocks.read(ids, start, START_US + DAY_US, rows=size)))
            assert found == [(each, us, v) for each in ids for us, v in rows_of if us >= start]


def test_a_place_in_no_series_of_them_is_a_mistake() -> None:
    one = series()
    with pytest.raises(ValueError, match="not in list"):
        list(blocks.read([one.id], START_US, STOP_US, after=(one.id + 1, START_US)))


def test_the_numbers_of_a_window_are_read_some_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    one = series()
    write(one.id, [(AT + n, float(n)) for n in range(5)])
    for size in (1, 2, 4, 5, 6):
        monkeypatch.setattr(columns, "BLOCK", size)
        times, values = columns.numbers(one.id, START_US, STOP_US)
        assert times.tolist() == [START_US + n * 1000 for n in range(5)]
        assert values.tolist() == [0, 1, 2, 3, 4]
    monkeypatch.setattr(columns, "BLOCK", 2)
    monkeypatch.setattr(columns, "READ_LIMIT", 0)
    with pytest.raises(TooSlow):
        columns.numbers(one.id, START_US, STOP_US)
