"""Readings on plain Postgres: daily partitions, and summaries that are recomputed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from django.db import connection, transaction

from telemetry.sql import load
from telemetry.storage import packing, partitions, summary_packs
from telemetry.storage.deletion import delete_where, deletion
from telemetry.storage.summaries import LEVELS, TABLES, ranges

TURN_KEY = 0x50554C52  # advisory lock: one run at a time, or an older one could overwrite a newer
PACKS = ("reading_pack", "text_pack")
LATE = ("late_reading", "late_text_reading")
ROLL_UP = ("roll_up_minutes", "roll_up_hours", "roll_up_days")

_SQL = load("rollups") | load("retention") | load("plain") | load("replace") | load("packs")


class Plain:
    """See `telemetry.storage.backend.Backend`."""

    trims = True
    minutes_per_step = 120  # what one transaction computes, and keeps locked

    def make_days(self, days: Iterable[date]) -> list[str]:
        return partitions.make(days)

    @contextmanager
    def turn(self) -> Iterator[bool]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["take_turn"], {"key": TURN_KEY})
            yield cursor.fetchone() == (True,)

    def roll_up(self, whole: list[datetime], lost: list[datetime]) -> None:
        with connection.cursor() as cursor:
            for start, stop in ranges(lost, LEVELS[0][1]):
                for name in ("keep_bases", "merge_minutes"):
                    cursor.execute(_SQL[name], {"start": start, "stop": stop})
            cursor.execute(_SQL["forget_rewritten"], {"minutes": whole})
            for name, (_, width) in zip(ROLL_UP, LEVELS, strict=True):
                minutes = whole if name == ROLL_UP[0] else [*whole, *lost]
                # One statement a range: the planner sees its edges, so it opens the right
                # partitions.
                for start, stop in ranges(minutes, width):
                    cursor.execute(_SQL[name], {"start": start, "stop": stop})

    def delete_readings(self, series_id: int, moments: list[datetime]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            packing.take_out(cursor, series_id, moments)
            cursor.execute(_SQL["delete_numbers"], deletion(series_id, moments))
            cursor.execute(_SQL["delete_late_numbers"], deletion(series_id, moments))
            minutes = {each.replace(second=0, microsecond=0) for each in moments}
            cursor.execute(
                _SQL["note_rewritten"], {"series_id": series_id, "minutes": sorted(minutes)}
            )

    def delete_texts(self, series_id: int, moments: list[datetime]) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            packing.take_out(cursor, series_id, moments)
            cursor.execute(_SQL["delete_texts"], deletion(series_id, moments))
            cursor.execute(_SQL["delete_late_texts"], deletion(series_id, moments))

    def drop_readings(self, cutoff: datetime) -> list[str]:
        """Raises `partitions.StillRead` when some could not go yet: call it again.

        While partitions go, their minutes are not rolled up: neither from readings that just
        became invisible, nor added to a summary that has them in it.
        """
        day = cutoff.astimezone(UTC).date()
        parts = partitions.before(day)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["wait_for_turn"], {"key": TURN_KEY})
            for name in ("hold_readings", "end_bases", "mark_whole"):
                cursor.execute(_SQL[name], {"cutoff": cutoff})
            for part in parts:
                if part.attached and not part.leaving:
                    cursor.execute(_SQL[f"keep_last_{part.table}"], partitions.bounds(part.day))
            for name in ("keep_last_packed", "keep_last_packed_text"):
                cursor.execute(_SQL[name], {"cutoff": cutoff})
        packed = _drop_packs(day)
        try:
            return [*partitions.drop(parts), *packed]
        finally:
            if all(part.leaving or not part.attached for part in partitions.before(day)):
                with connection.cursor() as cursor:
                    cursor.execute(_SQL["raise_raw_floor"])

    def drop_minutes(self, cutoff: datetime) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["raise_minute_floor"], {"cutoff": cutoff})
        return delete_where("rollup_1m", "bucket < %s", [cutoff])

    def delete_series(self, ids: list[int]) -> int:
        # Packs last: what is in rows now may be in packs meanwhile.
        tables = [*partitions.names(), *TABLES, "rollup_base", "rewritten_minute", *LATE]
        removed = sum(delete_where(table, "series_id = ANY (%s::int[])", [ids]) for table in tables)
        with connection.cursor() as cursor:
            for series_id in ids:
                cursor.execute(_SQL["delete_packs"], {"series_id": series_id, "stop": "infinity"})
                removed += cursor.fetchone()[0]
        return removed

    def pack(self, now: datetime, oldest: datetime) -> list[str]:
        done = packing.run(now, oldest.astimezone(UTC).date())
        summaries = summary_packs.run(now)
        spans = f"the summaries of {summaries} hours and days"
        return [*done, spans] if summaries else done

    def tend(self, now: datetime) -> list[str]:
        return partitions.freeze(now)

    def estimate_readings(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(_SQL["estimate_readings"])
            (total,) = cursor.fetchone()
        return int(total)

    def keeps_from(self, cutoff: datetime) -> datetime:
        """An hour is made of its minutes: where these are gone, a late reading would replace it."""
        with connection.cursor() as cursor:
            cursor.execute(_SQL["fetch_floors"])
            _, minute_floor = cursor.fetchone()
        return max(cutoff, minute_floor)


def _drop_packs(day: date) -> list[str]:
    """Delete what is packed of the days before one, and what came late for them."""
    start = partitions.bounds(day)["start"]
    for table in PACKS:
        delete_where(table, "start < %s", [start])
    for table in LATE:
        delete_where(table, "time < %s", [start])
    with connection.cursor() as cursor:
        cursor.execute(_SQL["forget_packed_days"], {"day": day})
        return [f"the packs of {gone}" for (gone,) in cursor.fetchall()]
