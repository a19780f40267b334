"""What is read from TimescaleDB is what is read from the plain tables, by the same queries."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from access.scope import EVERYTHING
from telemetry import sql
from telemetry.history import reader
from telemetry.tests.test_sql import NAMED, SAMPLES
from telemetry.tests.timescaledb import (
    DAY,
    END,
    HOUR,
    MINUTE,
    NOW,
    SERIES,
    Reading,
    chunks,
    every,
    make_series,
    roll_up,
    store_readings,
    summaries,
    turned_to,
)
from telemetry.tests.written import write as write_plain

# They write the plain rollup tables; `refresh_rollup` stands for them.
PLAIN_ONLY = {
    *("roll_up_minutes", "roll_up_hours", "roll_up_days"),
    *("keep_bases", "merge_minutes", "end_bases", "mark_whole"),
}
# Parameters of the queries of timescale.sql.
HERE = {
    "ids": [1],
    "starts": [datetime(2026, 3, 1, tzinfo=UTC)],
    "stops": [datetime(2026, 3, 2, tzinfo=UTC)],
    "rollup": "rollup_1m",
    "table": "reading",
    "tables": ["reading", "rollup_1m"],
    "cutoff": datetime(2000, 1, 1, tzinfo=UTC),
}


def answers() -> list[object]:
    """Windows that are answered from every level, and the newest readings."""
    found: list[object] = [
        reader.window(EVERYTHING, SERIES, END - span, END, points, now=NOW)
        for span, points in (
            (HOUR, 5000),
            (HOUR, 100),
            (5 * HOUR, 50),
            (3 * DAY, 90),
            (60 * DAY, 40),
        )
    ]
    return [*found, reader.latest(EVERYTHING, SERIES, now=NOW)]


def scattered(seed: int) -> list[Reading]:
    """Values whose sums do not depend on the order of adding."""
    dice = random.Random(seed)
    times = {END - dice.randrange(3 * DAY) for _ in range(150)}
    times |= {END - HOUR + n * 4000 for n in range(600)}
    found = [
        (dice.choice(SERIES), at, dice.choice((-0.0, dice.randrange(-500, 500) / 8)))
        for at in sorted(times, key=lambda _: dice.random())
    ]
    return [*found, (SERIES[0], END - DAY, 1e300)]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2])
def test_rollups_and_answers_are_those_of_the_plain_tables(timescaledb: int, seed: int) -> None:
    late = [(SERIES[0], END - 2 * DAY + n * 777, float(n)) for n in range(40)]

    def measured(put: Callable[[list[Reading]], object]) -> list[object]:
        found: list[object] = []
        for part in (scattered(seed), late):
            put(part)
            found += answers()  # with what is not rolled up yet
            roll_up()
            found += answers()
        return [*found, *summaries()]

    def put_plain(part: list[Reading]) -> None:
        for number in SERIES:
            write_plain(number, [(at, value) for one, at, value in part if one == number])

    make_series()
    plain = measured(put_plain)
    with turned_to(timescaledb):
        found = measured(store_readings)
    for ours, theirs in zip(found, plain, strict=True):
        assert ours == theirs
    assert all(plain)


@pytest.mark.parametrize(("file", "name"), [one for one in NAMED if one[1] not in PLAIN_ONLY])
def test_each_named_query_runs_here_too(on_timescaledb, file: str, name: str) -> None:
    statement = sql.load(file)[name]
    store_readings(every(1000, span=MINUTE))
    sample = {**SAMPLES, **HERE, "chunk": min(chunks())}
    if "\nCALL " in f"\n{statement}":  # which goes in no transaction
        with connection.cursor() as cursor:
            cursor.execute(statement, sample)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", sample)
        assert cursor.fetchall()
        if name != "cut_connections":
            cursor.execute(statement, sample)
        transaction.set_rollback(True)
