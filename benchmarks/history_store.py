"""A store of a year for `benchmarks.history`: N readings as `maintain` would have left them.

Each number of rows has a database of its own on the server, so a store is built once and asked
again. Most readings are of 20 series that hold the whole year; 980 other devices came in the last
month, as a fleet grows. Values and times are what sensors say: a day's curve, noise, two decimals,
some milliseconds beside the pace.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, LiteralString
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import psycopg
from django.conf import settings
from django.db import connection as ours
from django.db import transaction
from psycopg import sql

from telemetry.moments import from_us, to_us
from telemetry.storage import copy_binary, pack_rows
from telemetry.storage.pack_rows import Columns

DAYS = 365
MONTH = 30  # days that the devices which came later hold
LONG, LATER = 20, 980  # series, each of a device of its own
LONG_SHARE = 0.8  # of all readings that the long series hold
JITTER_MS = 40  # at most so much later than the pace
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
METRICS = ("temperature", "humidity", "power", "pressure")
PLAIN = "plain_reading"  # the first series once more, as a table anybody would make


@dataclass(frozen=True, slots=True)
class Store:
    """What there is to be asked."""

    long_ids: list[int]
    days: int
    start: datetime
    stop: datetime
    built_seconds: float | None  # None: it was there


@contextlib.contextmanager
def session(url: str) -> Iterator[psycopg.Connection]:
    """One that is no part of Django's."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def database(server: str, rows: int, days: int) -> str:
    """The address of the database for such a store, made where it is missing."""
    name = f"history_{rows}_{days}"
    with session(server) as connection:
        there = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
        if there.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def built(url: str, rows: int, days: int) -> Store:
    """The store, built where it is not there whole. One that was left half is built anew."""
    from devices.models import Device  # noqa: PLC0415 (needs the settings)
    from telemetry.models import Series  # noqa: PLC0415

    with session(url) as connection:
        (told,) = _one(connection, "SELECT obj_description(to_regclass(%s))", PLAIN)
    began = time.monotonic()
    stop = datetime.fromisoformat(told) if told else datetime.now(UTC).replace(microsecond=0)
    start = datetime.combine(stop.date() - timedelta(days=days), datetime.min.time(), UTC)
    if told is None:
        Device.objects.filter(uid__startswith="bench-").delete()
        names = [f"bench-{n:04}" for n in range(LONG + LATER)]
        devices = Device.objects.bulk_create(Device(uid=name, name=name) for name in names)
        Series.objects.bulk_create(
            Series(device=device, metric=METRICS[n % 4]) for n, device in enumerate(devices)
        )
    of_bench = Series.objects.filter(device__uid__startswith="bench-").order_by("device__uid")
    ids = list(of_bench.values_list("id", flat=True))
    if told is None:
        with session(url) as connection:
            _fill(connection, ids, rows, start, stop)
    _pack_summaries(stop)
    _say_something(ids)
    seconds = None if told else round(time.monotonic() - began, 1)
    return Store(ids[:LONG], days, start, stop, seconds)


def sizes(url: str) -> dict[str, float]:
    """Bytes a reading takes with all its indexes: in rows, in packs; and its summaries."""
    with session(url) as connection:
        rows, row_bytes = _one(
            connection,
            "SELECT (SELECT count(*) FROM reading), sum(pg_total_relation_size(inhrelid))"
            " FROM pg_inherits WHERE inhparent = 'reading'::regclass",
        )
        packed, pack_bytes = _one(
            connection,
            "SELECT sum(count), pg_total_relation_size('reading_pack') FROM reading_pack",
        )
        (summary_bytes,) = _one(
            connection,
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relname IN ('rollup_1m', 'rollup_1h', 'rollup_1d', 'minute_pack', 'hour_pack')",
        )
    found = {"rows": (row_bytes, rows), "packed": (pack_bytes, packed)}
    each = {name: round(float(size / count), 2) for name, (size, count) in found.items() if count}
    return each | {"summaries": round(float(summary_bytes) / (rows + int(packed or 0)), 2)}


def _fill(
    connection: psycopg.Connection, ids: list[int], rows: int, start: datetime, stop: datetime
) -> None:
    """Day by day: written, rolled up, packed once it is over for long enough."""
    from telemetry.storage.backend import backend  # noqa: PLC0415 (needs the settings)

    connection.execute(f"DROP TABLE IF EXISTS {PLAIN}")
    with ours.cursor() as cursor:  # what a run that was ended has left
        cursor.execute(
            "TRUNCATE reading_pack, packed_day, reading, late_reading, rollup_1m, rollup_1h,"
            " rollup_1d"
        )
    connection.execute(
        f"CREATE TABLE {PLAIN} (series_id int, time timestamptz, value float8,"
        " PRIMARY KEY (series_id, time))"
    )
    random = np.random.default_rng(8)
    days = (stop - start).days
    long_pace = days * DAY_US * LONG / (rows * LONG_SHARE)
    later_pace = min(days, MONTH) * DAY_US * LATER / (rows * (1 - LONG_SHARE))
    day = start.date()
    while day <= stop.date():
        first_us = to_us(datetime.combine(day, datetime.min.time(), UTC))
        until_us = min(first_us + DAY_US, to_us(stop))
        long = _day(random, ids[:LONG], first_us, until_us, long_pace)
        later = _day(random, ids[LONG:], first_us, until_us, later_pace)
        is_later = (stop.date() - day).days < MONTH
        said = Columns(*map(np.concatenate, zip(long, later, strict=True))) if is_later else long
        if (stop.date() - day).days > settings.PACK_AFTER_DAYS:
            _pack(said, day)
        else:
            backend().make_days([day])
            _copy(connection, "reading", said)
        one = long.series_ids == ids[0]
        _copy(connection, PLAIN, Columns(*(column[one] for column in long)))
        first, minutes = from_us(first_us), (until_us - first_us) // MINUTE_US
        backend().roll_up([first + timedelta(minutes=n) for n in range(minutes)], [])
        day += timedelta(days=1)
    tables = "reading, reading_pack, packed_day, rollup_1m, rollup_1h, rollup_1d"
    connection.execute(f"VACUUM ANALYZE {tables}, {PLAIN}")
    # Last: with this note the store is whole.
    note = sql.Literal(stop.isoformat())
    connection.execute(sql.SQL(f"COMMENT ON TABLE {PLAIN} IS {{}}").format(note))


def _day(
    random: np.random.Generator, ids: list[int], first_us: int, until_us: int, pace: float
) -> Columns:
    """What some series say in [first, until), by series and time."""
    phase = random.random(len(ids)) * min(pace, DAY_US)  # each begins elsewhere
    counts = np.maximum(np.ceil((until_us - first_us - phase) / pace).astype(int), 0)
    of = np.repeat(np.array(ids, np.int32), counts)
    steps = np.concatenate([np.arange(count) for count in counts])
    times = first_us + (np.repeat(phase, counts) + steps * pace) // 1000 * 1000
    times_us = times.astype(np.int64) + random.integers(0, JITTER_MS, len(of)) * 1000
    curve = 20 + of % 7 + 5 * np.sin(times_us / DAY_US * 2 * np.pi + of)
    values = np.round(curve + random.normal(0, 0.2, len(of)), 2)
    inside = times_us < until_us
    return Columns(of[inside], times_us[inside], values[inside])


def _pack(said: Columns, day: date) -> None:
    """As the packer would, without the rows that it takes away."""
    with transaction.atomic(), ours.cursor() as cursor:
        pack_rows.write_numbers(cursor, said, by_hour=False)
        cursor.execute("INSERT INTO packed_day VALUES (%s, %s)", [day, len(said.times_us)])


def _pack_summaries(stop: datetime) -> None:
    """As `maintain` would have until the store ends; what is packed already stays."""
    from telemetry.storage import summary_packs  # noqa: PLC0415 (needs the settings)

    while summary_packs.run(stop + summary_packs.QUIET):
        pass
    with ours.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE minute_pack, hour_pack")


def _copy(connection: psycopg.Connection, table: str, said: Columns) -> None:
    statement = sql.SQL("COPY {} (series_id, time, value) FROM STDIN (FORMAT BINARY)")
    with connection.cursor().copy(statement.format(sql.Identifier(table))) as copy:
        copy.write(copy_binary.readings(*said))


def _say_something(ids: list[int]) -> None:
    """A reading of each device now: a store of last week is asked by a fleet that is awake."""
    from telemetry.storage import store, upkeep  # noqa: PLC0415 (needs the settings)

    upkeep.make_days(upkeep.database_now())
    now_us = int(upkeep.database_now().timestamp() * 1e6)
    store.write(store.Batch(ids, [now_us] * len(ids), [21.5] * len(ids)), "bench")


def _one(connection: psycopg.Connection, query: LiteralString, *asked: object) -> tuple[Any, ...]:
    found = connection.execute(query, asked).fetchone()
    return found or ()
