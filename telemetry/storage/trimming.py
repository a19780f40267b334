"""Remove what single series keep for a shorter time than others, on plain Postgres.

Whole days go when no series keeps them (`retention.drop_readings`). What rules keep shorter is
deleted series by series: first the floor of a series is raised, below which nothing is taken in any
more, then what lies below goes, some rows in a transaction. A run that was killed goes on where it
was.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from telemetry.sql import load
from telemetry.storage import kept, packed_days, partitions, retention
from telemetry.storage.backend import backend
from telemetry.storage.deletion import DELETE_CHUNK, delete_where
from telemetry.storage.kept import Days, Kept, Owner

SERIES_PER_STEP = 100
RUN_SECONDS = 60.0  # of one run; the next one goes on

_SQL = load("trimming") | load("packs")
_TRIM = {"reading": _SQL["trim_numbers"], "text_reading": _SQL["trim_texts"]}


def run(now: datetime, *, seconds: float = RUN_SECONDS) -> int:
    """Remove what is too old by the rules that held for `retention.GRACE`; how many rows and packed
    readings. In no transaction.

    Raises `retention.ClockDoubted`, after what is beyond doubt, where by the clock nothing that was
    measured would be left of a series.
    """
    if not backend().trims or retention.rests(now):
        return 0
    until = time.monotonic() + seconds
    newest = retention.newest_day()
    doubted: retention.ClockDoubted | None = None
    removed = 0
    for ids, limits in _shorter(now - retention.GRACE):
        try:
            retention.check_cut(now, newest or limits.raw, limits.raw)
        except retention.ClockDoubted as exc:
            doubted = exc
            continue
        for at in range(0, len(ids), SERIES_PER_STEP):
            if time.monotonic() < until:
                removed += trim(ids[at : at + SERIES_PER_STEP], limits)
    if doubted is not None:
        raise doubted
    return removed


def _shorter(before: datetime) -> Iterator[tuple[list[int], Kept]]:
    """The series that keep something for a shorter time than whole days stay, by what they keep."""
    rules = kept.Rules.stored()
    longest = rules.longest()
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_owners"], {"changed_before": before})
        owners = cursor.fetchall()
    alike: dict[Days, list[int]] = defaultdict(list)
    for series_id, site, kind, device in owners:
        alike[rules.days(Owner(site, kind, device, series_id))].append(series_id)
    for wanted, ids in alike.items():
        if any(ours < most for ours, most in zip(wanted, longest, strict=True)):
            yield ids, kept.since(wanted, before)


def trim(ids: Sequence[int], limits: Kept) -> int:
    """Remove what these series have before the limits, as far as it is rolled up."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["hold_state"])
        if oldest := retention.oldest_not_rolled_up():
            midnight = retention.midnight(oldest)
            limits = Kept(*(min(each, midnight) for each in limits))
        cuts = {
            "raw": limits.raw,
            "minutes_from": limits.minutes,
            "hours": limits.hours,
            "days_from": limits.days,
        }
        cursor.execute(_SQL["raise_series_floors"], cuts | {"series": list(ids)})
        ids = [series_id for (series_id,) in cursor.fetchall()]
        for name in ("keep_last_numbers", "keep_last_texts"):
            cursor.execute(_SQL[name], {"series": ids, "cutoff": limits.raw})
    return _delete(ids, limits) if ids else 0


def _delete(ids: list[int], limits: Kept) -> int:
    """Rows before packs: what is in rows now may be in packs meanwhile."""
    of_series = "series_id = ANY (%s::int[])"
    removed = 0
    days = {part.day for part in partitions.listed() if part.attached}
    for day in sorted(day for day in days if day < limits.raw.astimezone(UTC).date()):
        for table in partitions.TABLES:
            removed += _delete_rows(table, {"series": ids, **partitions.bounds(day)})
    for table in ("late_reading", "late_text_reading"):
        removed += delete_where(table, of_series + " AND time < %s", [ids, limits.raw])
    for series_id in ids:
        with _packs_held() as cursor:
            cursor.execute(_SQL["delete_packs"], {"series_id": series_id, "stop": limits.raw})
            removed += cursor.fetchone()[0]
    for table, limit in (
        ("rollup_base", limits.raw),
        ("rollup_1m", limits.minutes),
        ("rollup_1h", limits.hours),
        ("rollup_1d", limits.days),
    ):
        removed += delete_where(table, of_series + " AND bucket < %s", [ids, limit])
    return removed


def _delete_rows(table: str, within: dict[str, Any]) -> int:
    removed = 0
    while True:
        with _packs_held() as cursor:
            cursor.execute(_TRIM[table], within | {"limit": DELETE_CHUNK})
            removed += cursor.rowcount
            if cursor.rowcount < DELETE_CHUNK:
                return removed


@contextmanager
def _packs_held() -> Iterator[CursorWrapper]:
    """A transaction beside which nobody moves readings between rows and packs."""
    with transaction.atomic(), connection.cursor() as cursor:
        packed_days.hold(cursor)
        yield cursor
