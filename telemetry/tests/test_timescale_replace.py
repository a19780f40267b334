"""On TimescaleDB too what is computed anew takes the place of what was, also in a compressed chunk,
and the summaries follow to less."""

from __future__ import annotations

import numpy as np

from telemetry.corrections import change
from telemetry.models import Series
from telemetry.moments import EPOCH, from_ms
from telemetry.storage.replace import Computed, Needs, replace
from telemetry.tests.timescaledb import (
    DAY,
    END,
    HOUR,
    MINUTE,
    SERIES,
    compress,
    every,
    roll_up,
    rows,
    store_readings,
    summaries,
)


def test_results_in_a_compressed_chunk_are_replaced_and_summarised(on_timescaledb) -> None:
    old = END - 10 * DAY
    store_readings(every(MINUTE, span=HOUR, end=old))
    store_readings(every(MINUTE, span=HOUR, end=old, one=SERIES[1]))
    store_readings(every(MINUTE, span=MINUTE, end=END - MINUTE))
    roll_up()
    assert compress()
    rows("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1")
    times = np.arange(old - HOUR, old - HOUR // 2, MINUTE, dtype=np.int64) * 1_000
    computed = Computed(
        SERIES[0], (old - HOUR) * 1_000, old * 1_000, times, np.full(len(times), 7.5)
    )
    found = replace(computed, Needs(EPOCH))
    rows("RESET timescaledb.max_tuples_decompressed_per_dml_transaction")
    assert (len(found.times_us), len(found.removed_us)) == (30, 60)
    stored = (
        "SELECT count(*), min(value), max(value) FROM reading WHERE series_id = %s AND time < now()"
    )
    assert rows(f"{stored} AND value = 7.5".replace("%s", str(SERIES[0]))) == [(30, 7.5, 7.5)]
    assert len(replace(computed, Needs(EPOCH)).changed_us) == 0
    roll_up()
    assert sum(row[2] for row in summaries()[2]) == 30 + 60 + 1


def test_a_correction_in_a_compressed_chunk_is_made_and_undone(on_timescaledb) -> None:
    old = END - 10 * DAY
    there = every(MINUTE, span=HOUR, end=old)
    store_readings(there)
    store_readings(every(MINUTE, span=HOUR, end=old, one=SERIES[1]))
    roll_up()
    assert compress()
    before = summaries()
    stored = f"SELECT time, value FROM reading WHERE series_id = {SERIES[0]} ORDER BY time"
    held = rows(stored)
    point = {(old - HOUR) * 1_000 + 1: 7.5}
    one = Series.objects.get(pk=SERIES[0])
    wanted = change.Wanted(one, from_ms(old - HOUR), from_ms(old - HOUR // 2), point)
    made = change.make(wanted, "replace", "known better", None)
    assert (made.removed, made.written) == (30, 1)
    assert [value for _, value in rows(stored)] == [7.5, *(value for _, value in held[30:])]
    roll_up()
    assert sum(row[2] for row in summaries()[2]) == 31 + 60
    assert store_readings(there, may_repeat=True).inserted == 0
    change.undo(made, None)
    assert rows(stored) == held
    roll_up()
    assert summaries() == before
