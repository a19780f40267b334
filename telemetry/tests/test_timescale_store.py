"""Readings in TimescaleDB: stored once, rolled up, compressed, removed.

The code that `bridge` and `maintain` run, against the real extension (timescaledb.py).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from access.scope import EVERYTHING
from telemetry import maintenance
from telemetry.history import reader
from telemetry.models import Series
from telemetry.moments import from_ms, to_ms
from telemetry.storage import partitions, retention, rollups, store, timescale
from telemetry.storage.backend import backend
from telemetry.tests.timescaledb import (
    DAY,
    END,
    HOUR,
    MINUTE,
    NOW,
    SERIES,
    chunks,
    compress,
    every,
    roll_up,
    rows,
    store_readings,
    summaries,
    write,
)

ROOT = Path(__file__).resolve().parents[2]
LATE_EVERY = 8_000  # ms: more readings in three hours than one compressed batch holds


def test_a_redelivered_reading_is_stored_once(on_timescaledb) -> None:
    readings = every(1000, span=MINUTE)
    assert store_readings(readings).inserted == 60
    again = store_readings([*readings, *every(1000, span=MINUTE, one=SERIES[1])])
    assert (again.inserted, len(again.repeated)) == (60, 60)
    assert store_readings(readings, may_repeat=True).inserted == 0
    assert rows("SELECT count(*) FROM reading") == [(120,)]


def test_what_comes_late_into_a_compressed_chunk_is_stored_once_and_rolled_up(
    on_timescaledb,
) -> None:
    old = END - 10 * DAY
    store_readings(every(LATE_EVERY, span=3 * HOUR, end=old))
    store_readings(every(1000, span=MINUTE, end=END - MINUTE))
    roll_up()
    compressed = compress()
    assert chunks() == {chunk: chunk in compressed for chunk in chunks()}
    assert len(compressed) == 1
    assert compress() == []

    # More than a DELETE may decompress without being told: an INSERT must not be bound by it.
    rows("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1")
    shifted = [
        (one, at + 500, value) for one, at, value in every(LATE_EVERY, span=3 * HOUR, end=old)
    ]
    assert store_readings(shifted).inserted == len(shifted)
    assert store_readings([*shifted, (SERIES[0], old + 250, 7.0)]).inserted == 1
    assert store_readings(shifted, may_repeat=True).inserted == 0
    rows("RESET timescaledb.max_tuples_decompressed_per_dml_transaction")

    fresh = reader.window(EVERYTHING, SERIES, old - 4 * HOUR, old + HOUR, 100, now=NOW)
    roll_up()
    assert reader.window(EVERYTHING, SERIES, old - 4 * HOUR, old + HOUR, 100, now=NOW) == fresh
    counted = [row[2] for row in summaries()[2]]
    assert sum(counted) == 2 * 3 * HOUR // LATE_EVERY + 1 + 60
    assert compress() == []  # takes the late ones in
    assert rows("SELECT count(*) FROM ONLY " + compressed[0]) == [(0,)]
    assert rows("SELECT count(*) FROM reading") == [(sum(counted),)]


def test_old_readings_go_and_their_summaries_stay(
    on_timescaledb, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timescale, "CHUNKS_PER_DROP", 2)
    settings.RETENTION_DAYS, settings.ROLLUP_RETENTION_DAYS = 7, 40
    days = (1, 6, 9, 35, 60)
    store_readings([(SERIES[0], END - n * DAY, float(n)) for n in days])
    words = ((END - 9 * DAY + 1, "old"), (END, "new"))
    write(store.Batch(texts=[(SERIES[0], at * 1_000, word) for at, word in words]))

    assert retention.drop_readings(NOW) == []  # nothing is rolled up yet
    roll_up()
    before = summaries()
    assert len(retention.drop_readings(NOW)) == 3 + 1  # days of numbers, of texts
    assert retention.drop_minutes(NOW) == 1  # ten days of minutes

    assert rows("SELECT value FROM reading ORDER BY time DESC") == [(1.0,), (6.0,)]
    assert rows("SELECT value FROM text_reading") == [("new",)]
    minutes, hours, coarse = summaries()
    assert [row[3] for row in minutes] == [35.0, 9.0, 6.0, 1.0]
    assert [hours, coarse] == before[1:]


def test_a_reading_older_than_what_was_dropped_costs_no_summary(on_timescaledb, settings) -> None:
    settings.RETENTION_DAYS = 7
    store_readings(every(MINUTE, span=HOUR, end=END - 9 * DAY))
    store_readings(every(MINUTE, span=HOUR))
    roll_up()
    retention.drop_readings(NOW)
    before = summaries()
    assert backend().keeps_from(from_ms(0)) == from_ms(END // DAY * DAY - 8 * DAY)
    store_readings([(SERIES[0], END - 9 * DAY - HOUR, 77.0), (SERIES[0], END - 2 * DAY, 1234.5)])
    settings.RETENTION_DAYS = 90  # raised afterwards: what is gone stays gone
    roll_up()
    after = summaries()
    for table, rest in zip(before, after, strict=True):
        assert [row for row in rest if row[3] != 1234.5] == table
        assert len(rest) == len(table) + 1
    assert rows("SELECT count(*) FROM dirty_minute WHERE minute < %s", from_ms(END - DAY)) == [(0,)]


def test_a_run_that_dies_before_it_forgets_its_marks_is_done_again(
    on_timescaledb, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_readings(every(1000, span=HOUR, end=END - HOUR))

    def die(rollup: str, start: datetime, stop: datetime) -> None:
        raise RuntimeError

    monkeypatch.setattr(timescale, "refresh", die)
    with pytest.raises(RuntimeError):
        rollups.run(NOW)
    monkeypatch.undo()
    roll_up()
    assert sum(row[2] for row in summaries()[2]) == 3600


def test_a_reading_committed_while_a_run_goes_on_is_not_missed(
    on_timescaledb, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_readings([(SERIES[0], END - MINUTE, 1.0)])
    refresh = timescale.refresh

    def meanwhile(rollup: str, start: datetime, stop: datetime) -> None:
        refresh(rollup, start, stop)
        if rollup == "rollup_1d":
            store_readings([(SERIES[0], END - MINUTE + 1, 2.0)])
            monkeypatch.undo()

    monkeypatch.setattr(timescale, "refresh", meanwhile)
    assert rollups.run(NOW, seconds=0) == 1
    assert [row[2] for row in summaries()[2]] == [1]
    assert rollups.run(NOW) == 1
    assert [[row[2] for row in table] for table in summaries()] == [[2], [2], [2]]


def test_a_long_backlog_of_few_readings_takes_few_refreshes(
    on_timescaledb, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    refresh = timescale.refresh

    def counted(rollup: str, start: datetime, stop: datetime) -> None:
        done.append(rollup)
        refresh(rollup, start, stop)

    monkeypatch.setattr(timescale, "refresh", counted)
    store_readings(every(3 * HOUR, span=5 * DAY))
    roll_up()
    assert sorted(done) == ["rollup_1d", "rollup_1h", "rollup_1m"]
    # What lies between and did not change is not computed again where it is much.
    monkeypatch.setattr(timescale, "GAP_READINGS", 60)
    store_readings(every(MINUTE, span=HOUR, end=END - 30 * HOUR))
    roll_up()
    done.clear()
    store_readings([(SERIES[1], END - at * HOUR, 5.0) for at in (20, 25, 35)])
    roll_up()
    assert sorted(done) == ["rollup_1d", "rollup_1h", "rollup_1h", "rollup_1m", "rollup_1m"]
    assert sum(row[2] for row in summaries()[2]) == 40 + 60 + 3


# One session cannot wait for itself: the server answers as it does where another has a chunk.
HELD = """\
CREATE FUNCTION compress_unless_held(chunk regclass) RETURNS regclass LANGUAGE plpgsql AS $$
BEGIN
    IF chunk = '{held}'::regclass THEN
        RAISE lock_not_available;
    END IF;
    RETURN compress_chunk(chunk);
END $$
"""


def test_a_chunk_that_somebody_has_holds_up_no_other_and_is_named(
    on_timescaledb, monkeypatch: pytest.MonkeyPatch
) -> None:
    for back in (12, 11, 10):
        store_readings(every(MINUTE, span=HOUR, end=END - back * DAY))
    held, *others = sorted(chunks())
    rows(HELD.format(held=held))
    asked = "SELECT compress_unless_held(%(chunk)s::regclass)"
    with monkeypatch.context() as patch:
        patch.setitem(timescale._SQL, "compress_chunk", asked)
        with pytest.raises(partitions.StillRead, match=f"^{held} could not be compressed yet$"):
            compress()
    rows("DROP FUNCTION compress_unless_held(regclass)")
    assert chunks() == {held: False} | dict.fromkeys(others, True)
    assert compress() == [held]


def test_a_deleted_series_goes_from_every_table_compressed_or_not(
    on_timescaledb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timescale, "SERIES_PER_DELETE", 1)
    for one in SERIES:
        store_readings(every(1000, span=HOUR, end=END - 10 * DAY, one=one))
        store_readings(every(1000, span=MINUTE, one=one))
        write(store.Batch(texts=[(one, END * 1_000, "x")]))
    roll_up()
    compress()
    kept = [[row for row in table if row[0] == SERIES[2]] for table in summaries()]
    rows("SET timescaledb.max_tuples_decompressed_per_dml_transaction = 1")
    Series.objects.filter(id__in=SERIES[:2]).delete()

    assert retention.purge_deleted_series(NOW) >= 2 * (3600 + 60 + 1)

    rows("RESET timescaledb.max_tuples_decompressed_per_dml_transaction")
    for table in ("reading", "text_reading"):
        assert rows(f"SELECT DISTINCT series_id FROM {table}") == [(SERIES[2],)]
    assert summaries() == kept


def test_maintain_does_every_job(on_timescaledb, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    end = to_ms(now - timedelta(minutes=5)) // MINUTE * MINUTE  # no minute is of two days
    store_readings(every(1000, span=MINUTE, end=end))
    store_readings(every(1000, span=MINUTE, end=end - 20 * DAY))
    assert maintenance.do_everything() == []
    assert sorted(chunks().values()) == [False, True]
    assert sum(row[2] for row in summaries()[0]) == 120
    assert rows("SELECT count(*) FROM dirty_minute") == [(0,)]


def test_the_estimate_counts_compressed_readings(on_timescaledb) -> None:
    store_readings(every(1000, span=HOUR, end=END - 10 * DAY))
    store_readings(every(1000, span=MINUTE))
    compress()
    rows("VACUUM ANALYZE reading")
    assert backend().estimate_readings() == pytest.approx(3660, rel=0.2)  # by full batches


STILL_THE_SUPERUSERS = """
    SELECT oid::regclass::text FROM pg_class AS relation
    WHERE relowner = 10 AND oid >= 16384 AND relkind <> 'i'
        AND relnamespace <> 'pg_toast'::regnamespace AND NOT EXISTS (
            SELECT FROM pg_depend
            WHERE classid = 'pg_class'::regclass AND objid = relation.oid AND deptype = 'e'
        )
"""


# Of two commands the one that hands over what is there (docker-compose.yml runs it).
HAND_OVER = (ROOT / "embedded/servers/role.sql").read_text().split(";\n\n")[1]


def test_all_that_is_ours_goes_to_a_role_that_is_no_superuser_and_can_work_with_it(
    on_timescaledb,
) -> None:
    store_readings(every(MINUTE, span=2 * HOUR, end=END - 10 * DAY))
    store_readings(every(MINUTE, span=HOUR))
    roll_up()
    compress()
    rows("SELECT add_retention_policy('text_reading', INTERVAL '1 year')")
    rows("CREATE ROLE pulseboard")
    try:
        rows(HAND_OVER)
        assert rows(STILL_THE_SUPERUSERS) == []
        owned = "SELECT owner::text FROM timescaledb_information.jobs WHERE proc_name = %s"
        assert rows(owned, "policy_retention") == [("pulseboard",)]
        rows("SET ROLE pulseboard")
        rows("INSERT INTO reading VALUES (%s, %s, 7), (%s, %s, 8)",
             SERIES[1], from_ms(END - 10 * DAY), SERIES[1], from_ms(END - MINUTE))  # fmt: skip
        rows("INSERT INTO dirty_minute SELECT DISTINCT date_trunc('minute', time) FROM reading")
        roll_up()
        compress()
        assert sum(row[2] for row in summaries()[2]) == 182
        assert len(timescale.drop_before(["reading"], from_ms(END - DAY))) == 1
        rows("SELECT remove_retention_policy('text_reading')")
    finally:
        rows("RESET ROLE")
        rows("REASSIGN OWNED BY pulseboard TO postgres")
        rows("DROP ROLE pulseboard")
