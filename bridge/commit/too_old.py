"""Find readings that retention would remove at once: stored without a word, they would vanish."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bridge.commit.batch_rows import Rows
from bridge.commit.conflicts import Lost
from bridge.decode.items import Problem, Reason
from bridge.intake.batch import Columns
from telemetry.moments import from_us
from telemetry.storage.kept import AcceptsFrom


class Kept(NamedTuple):
    """What is left without them, and where: see `Rows`."""

    columns: Columns
    counts: list[int]
    spans: dict[int, tuple[slice, slice]]
    lost: dict[int, list[int]]  # by message: the series of its readings that are too old


def without_too_old(rows: Rows, columns: Columns, limits: AcceptsFrom) -> Kept:
    """The readings from the limit of their series on. Raises what the database raises."""
    young = ~limits.too_old(columns.series_ids, columns.times_us)
    of_texts = np.array([text[:2] for text in columns.texts], np.int64).reshape(-1, 2)
    young_texts = ~limits.too_old(of_texts[:, 0], of_texts[:, 1])
    if young.all() and young_texts.all():
        return Kept(columns, rows.counts, rows.spans, {})
    place = np.concatenate(([0], np.cumsum(young))).tolist()  # where each row is now
    text_place = np.concatenate(([0], np.cumsum(young_texts))).tolist()
    counts, spans, lost, first = [], {}, {}, 0
    for index, count in enumerate(rows.counts, rows.start):
        numbers, texts = rows.spans.get(index, (slice(first, first + count), slice(0, 0)))
        first += count
        gone = columns.series_ids[numbers][~young[numbers]].tolist()
        gone += of_texts[texts, 0][~young_texts[texts]].tolist()
        if gone:
            lost[index] = gone
        here = slice(place[numbers.start], place[numbers.stop])
        counts.append(0 if index in rows.spans else here.stop - here.start)
        if index in rows.spans:
            spans[index] = (here, slice(text_place[texts.start], text_place[texts.stop]))
    kept_texts = [text for text, kept in zip(columns.texts, young_texts, strict=True) if kept]
    numbers_kept = (columns.series_ids[young], columns.times_us[young], columns.values[young])
    return Kept(Columns(*numbers_kept, kept_texts), counts, spans, lost)


def complaint(lost: Lost, limit_us: int) -> Problem:
    """What is said of what one device lost of one message."""
    more = f"; so have {len(lost.metrics) - 1} more" if len(lost.metrics) > 1 else ""
    return Problem(
        Reason.TOO_OLD,
        f"{lost.metrics[0]!a} has a reading older than {from_us(limit_us):%Y-%m-%d %H:%M} UTC,"
        f" the oldest that is kept{more}",
    )
