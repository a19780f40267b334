"""Raw readings as a table in the long form: one row a reading, and what it is of beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from access.scope import Scope
from telemetry.history import blocks
from telemetry.history.table import Block, Column, Table, Words
from telemetry.models import Series

ROWS = 16_384  # of a block: an export keeps a few MiB


def long_form(scope: Scope, series_ids: Sequence[int], start_us: int, stop_us: int) -> Table:
    """Numbers of [start, stop) by series, oldest first; then the texts likewise, where one of the
    series has some: then each row has a number or a text. Series out of sight have no rows."""
    seen = Series.objects.visible_to(scope).select_related("device__site")
    found = seen.in_bulk(list(series_ids))
    series = [found[each] for each in dict.fromkeys(series_ids) if each in found]
    said = [each.pk for each in series if each.texts_since is not None]
    columns = [
        Column("time", "time"),
        Column("site", "text"),
        Column("device", "text"),
        Column("metric", "text"),
        Column("unit", "text"),
        Column("value", "number"),
        *([Column("text", "text")] if said else []),
    ]
    return Table(columns, _blocks(series, said, start_us, stop_us))


def _blocks(series: list[Series], said: list[int], start_us: int, stop_us: int) -> Iterator[Block]:
    names = [
        [each.device.site.slug if each.device.site else "" for each in series],
        [each.device.uid for each in series],
        [each.metric for each in series],
        [each.unit for each in series],
    ]
    ids = np.array([each.pk for each in series], np.int64)
    order = np.argsort(ids)

    def of(series_ids: NDArray[np.int32]) -> list[Words]:
        codes = order[np.searchsorted(ids, series_ids, sorter=order)].astype(np.int32)
        return [Words(codes, words) for words in names]

    for numbers in blocks.read([each.pk for each in series], start_us, stop_us, rows=ROWS):
        no_text = [Words(np.full(len(numbers.values), -1, np.int32), [])] if said else []
        yield [numbers.times_us, *of(numbers.series_ids), numbers.values, *no_text]
    for texts in blocks.texts(said, start_us, stop_us, rows=ROWS):
        nothing = np.full(len(texts.values), np.nan)
        yield [texts.times_us, *of(texts.series_ids), nothing, list(texts.values)]
