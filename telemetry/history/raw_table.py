"""Raw readings as a table in the long form: one row a reading, and what it is of beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.history import blocks, table
from telemetry.history.table import Column, Table, Words
from telemetry.history.texts import has_texts
from telemetry.models import Series

Rows = blocks.Block | blocks.TextBlock

BLOCK = 8_192  # rows at once: with larger ones a process that writes a file needs up to 30 MiB more
# Rows of one statement: each has round trips of its own, and reads the packs anew in which the one
# before it ended.
READ = 2 * BLOCK


class Place(NamedTuple):
    """The last row of a page: what comes after it is the next, whatever was written meanwhile."""

    is_text: bool
    series_id: int
    us: int


def rows(
    series: Sequence[Series],
    start_us: int,
    stop_us: int,
    *,
    after: Place | None = None,
    limit: int | None = None,
    on_more: Callable[[Place], None] = lambda _: None,
) -> Iterator[Rows]:
    """The numbers of [start, stop) by series, in their order, oldest first; then the texts
    likewise. At most `limit` rows: `on_more` is told the last of them if there are more. Series
    are in the order of their ids where `after` is given: one that is deleted meanwhile is passed.
    """
    left = limit
    last: Place | None = None
    for block in _blocks(series, start_us, stop_us, after, limit):
        if left is None:
            for at in range(0, len(block.values), BLOCK):
                yield _cut(block, at, at + BLOCK)
            continue
        if left == 0:
            if last is not None:
                on_more(last)
            return
        cut = _cut(block, 0, left)
        taken = len(cut.values)
        left -= taken
        is_text = isinstance(cut, blocks.TextBlock)
        last = Place(is_text, int(cut.series_ids[-1]), int(cut.times_us[-1]))
        yield cut
        if taken < len(block.values):
            on_more(last)
            return


def _cut(block: Rows, begin: int, end: int) -> Rows:
    ids, times, values = (column[begin:end] for column in block)
    return type(block)(ids, times, values)  # type: ignore[arg-type]


def _blocks(
    series: Sequence[Series],
    start_us: int,
    stop_us: int,
    after: Place | None,
    limit: int | None,
) -> Iterator[Rows]:
    size = READ if limit is None else min(limit + 1, BLOCK)
    numbers = [one.pk for one in series]
    texts = [one.pk for one in series if has_texts(one)]
    if after is None or not after.is_text:
        ids, place = _behind(numbers, after)
        yield from blocks.read(ids, start_us, stop_us, after=place, rows=size)
        after = None
    ids, place = _behind(texts, after)
    yield from blocks.texts(ids, start_us, stop_us, after=place, rows=size)


def _behind(ids: list[int], after: Place | None) -> tuple[list[int], blocks.Place | None]:
    if after is None:
        return ids, None
    left = [each for each in ids if each >= after.series_id]
    return left, (after.series_id, after.us) if after.series_id in left else None


def long_form(series: Sequence[Series], found: Iterator[Rows], about: dict[str, Any]) -> Table:
    """These rows: each has a number, or where one of the series has texts a text."""
    with_texts = any(map(has_texts, series))
    columns = [
        Column("time", "time"),
        *Facts.COLUMNS,
        Column("value", "number"),
        *([Column("text", "text")] if with_texts else []),
    ]
    return Table(columns, _long(series, found, with_texts), about)


def _long(
    series: Sequence[Series], found: Iterator[Rows], with_texts: bool
) -> Iterator[table.Block]:
    facts = Facts(series)
    for block in found:
        what = facts.of(block.series_ids)
        if isinstance(block, blocks.TextBlock):
            values: table.Block = [np.full(len(block.values), np.nan), list(block.values)]
        else:
            nothing = Words(np.full(len(block.values), -1, np.int32), [])
            values = [block.values, *([nothing] if with_texts else [])]
        yield [block.times_us, *what, *values]


class Facts:
    """Site, device, metric and unit of rows, by the ids of their series."""

    COLUMNS = tuple(Column(name, "text") for name in ("site", "device", "metric", "unit"))

    def __init__(self, series: Sequence[Series]) -> None:
        self._ids = np.array([one.pk for one in series], np.int64)
        self._order = np.argsort(self._ids)
        names = [
            [one.device.site.slug if one.device.site else "" for one in series],
            [one.device.uid for one in series],
            [one.metric for one in series],
            [one.unit for one in series],
        ]
        self._words = []
        for each in names:
            words = list(dict.fromkeys(each))
            place = {word: code for code, word in enumerate(words)}
            self._words.append((np.array([place[word] for word in each], np.int32), words))

    def of(self, series_ids: NDArray[np.integer]) -> list[Words]:
        at = self._order[np.searchsorted(self._ids, series_ids, sorter=self._order)]
        return [Words(codes[at], words) for codes, words in self._words]
