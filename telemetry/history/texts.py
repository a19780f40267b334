"""What a series said in words: runs of equal texts, so that a state is whole in any window.

One reading a second is two and a half million in a month; what was said in them are a few changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection

from devices.presence import silent_after
from telemetry.models import Series
from telemetry.moments import in_ms, to_us
from telemetry.sql import load

MAX_READ = (
    2_000_000  # text readings one answer goes through; Postgres does about a million a second
)
MAX_TOTAL_RUNS = 20_000  # runs of one answer; each may be long

Run = tuple[float, float, str, int]  # first ms, last ms, text, readings

_FETCH = load("history")["fetch_text_runs"]


@dataclass
class Texts:
    """The newest runs of one series, oldest first; `since` (ms) is where they begin if older ones
    of the window are left out."""

    runs: list[Run] = field(default_factory=list)
    since: float | None = None


def has_texts(series: Series) -> bool:
    """Whether it may have said something in words: who writes a text notes it beforehand."""
    return series.texts_since is not None or series.kind == Series.Kind.TEXT


def runs(
    series: Sequence[Series], start: datetime, stop: datetime, points: int
) -> defaultdict[int, Texts]:
    """At most `points` runs of each series in [start, stop). Of those that have said nothing in
    words yet, nothing is asked.

    Equal neighbours are one run unless their device may have been away between them: silent, by
    its expected interval or the rhythm of the series, and for longer than a point of the window.
    """
    found: defaultdict[int, Texts] = defaultdict(Texts)
    series = [one for one in series if has_texts(one)]
    if not series:
        return found
    width = (stop - start) / points
    talkative = sum(one.kind == Series.Kind.TEXT for one in series)
    rows = MAX_READ // max(talkative, 1)
    limit = min(points, MAX_TOTAL_RUNS // len(series))
    silences = [
        timedelta(milliseconds=silent_after(one.device.expected_interval)) for one in series
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _FETCH,
            {
                "series": [one.id for one in series],
                "gaps": [max(silence, width) for silence in silences],
                "start": start,
                "stop": stop,
                "rows": rows,
                "limit": limit + 1,
            },
        )
        for series_id, first, last, text, count, read in cursor:
            texts = found[series_id]
            texts.runs.append((in_ms(to_us(first)), in_ms(to_us(last)), text, count))
            if read >= rows:
                texts.since = 0
    for texts in found.values():
        if len(texts.runs) > limit:
            del texts.runs[limit:]
            texts.since = 0
        texts.runs.reverse()
        if texts.since is not None:
            texts.since = texts.runs[0][0]
    return found
