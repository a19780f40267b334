"""The newest reading of each of some series before a moment, and how often it comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from devices.presence import MAX_AHEAD, RHYTHM
from telemetry.moments import EPOCH, in_ms, to_us
from telemetry.sql import load
from telemetry.storage import pack_rows

RECENT = timedelta(days=1)  # where a newest reading is looked for first
FAR = datetime(9999, 1, 1, tzinfo=UTC)

Point = list[Any]  # [ms, value]

_SQL = load("history")


class Recent(NamedTuple):
    """The newest reading of a series, and the times in ms of its newest numbers, newest first."""

    point: Point
    times: list[float]


def recent(
    series_ids: list[int], *, before: datetime = FAR, now: datetime, fewest: int = 1
) -> dict[int, Recent]:
    """Optionally only those before a moment.

    Looks at the last day first: most series are found there, in few partitions, and only the rest
    makes Postgres open every partition: those silent, and those with numbers of fewer than the
    `fewest` times that are wanted.
    """
    floor = min(before, now) - RECENT
    found = newest(series_ids, floor=floor, before=before, now=now)
    rest = [each for each in series_ids if each not in found or 0 < len(found[each].times) < fewest]
    return found | newest(rest, floor=EPOCH, before=before, now=now)


def newest(
    ids: list[int],
    *,
    floor: datetime,
    before: datetime,
    now: datetime,
    ahead: timedelta = timedelta(milliseconds=MAX_AHEAD),
) -> dict[int, Recent]:
    found: dict[int, Recent] = {}
    within: dict[str, Any] = {
        "floor": floor,
        "before": before,
        "now": now,
        "ahead": ahead,
        "newest": RHYTHM,
    }
    if not ids:
        return found
    said: dict[int, tuple[int, Any]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_latest"], {"series": ids, **within})
        rows = cursor.fetchall()
        if with_words := [series_id for series_id, *_, words in rows if words]:
            cursor.execute(_SQL["fetch_latest_words"], {"series": with_words, **within})
            said = {series_id: (us, text) for series_id, us, text in cursor.fetchall()}
    for series_id, numbers_us, value, *of_kept, pack, before_us, _ in rows:
        kept_us, kept_number, kept_text = of_kept
        times, number = numbers(numbers_us or [], value, pack, before_us, to_us(floor))
        # Of a number and a text of one instant, the number.
        candidates = [
            *([(times[0], number)] if times else []),
            *([said[series_id]] if series_id in said else []),
        ]
        if kept_us is not None:
            candidates.append((kept_us, kept_number if kept_text is None else kept_text))
        if candidates:
            us, newest_value = max(candidates, key=itemgetter(0))
            found[series_id] = Recent([in_ms(us), newest_value], [in_ms(each) for each in times])
    return found


def numbers(
    times_us: list[int],
    value: float | None,
    pack: bytes | None,
    before_us: int,
    floor_us: int,
    many: int = RHYTHM,
) -> tuple[list[int], float | None]:
    """The newest times, newest first, and the value of the first: of these, and of a pack in
    [floor, before)."""
    if pack is None:
        return times_us, value
    _, found_us, values = pack_rows.unpack(pack)
    start, stop = np.searchsorted(found_us, (floor_us, before_us)).tolist()
    if start >= stop:
        return times_us, value
    if not times_us or found_us[stop - 1] > times_us[0]:
        value = values[stop - 1].item()
    inside = found_us[max(start, stop - many) : stop].tolist()
    return sorted([*times_us, *inside], reverse=True)[:many], value
