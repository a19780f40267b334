"""Rows of a block as text: what stands between the values is the same in each row, so a block is
joined as whole columns and no row is looked at by Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from telemetry.export import times
from telemetry.export.options import Options
from telemetry.history.table import Block, Column, Table, Values, Words, length

Cells: TypeAlias = str | pa.Array  # one text for all rows, or one a row; no nulls
Quote = Callable[[str], str]

ROWS = 8_192  # joined at once: some MiB of text, however large a block is


def portions(table: Table) -> Iterator[Block]:
    """The blocks of a table, cut to `ROWS`."""
    for block in table.blocks:
        for start in range(0, length(block[0]), ROWS):
            yield [_cut(values, slice(start, start + ROWS)) for values in block]


def cells(
    column: Column, values: Values, options: Options, *, quote: Quote, time_quote: str, null: str
) -> Cells:
    """The texts of one column. A number is the shortest that reads back as the same double.

    `quote` makes a text stand for itself in the format; `null` stands for what is not there.
    """
    if isinstance(values, Words):
        return _of_words(values, quote, null)
    if isinstance(values, list):
        return pa.array([null if each is None else quote(each) for each in values], pa.string())
    if column.kind == "time":
        if options.time == "ms":
            return times.milliseconds(values)
        text = times.iso(values, options.zone)
        return text if not time_quote else joined([time_quote, text, time_quote])
    if column.kind == "number":
        # An infinity is no reading, and JSON has no word for one.
        array = pa.array(values, mask=~np.isfinite(values))
    else:
        mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
        array = pa.array(np.asarray(values), mask=mask)
    text = pc.cast(array, pa.string())
    if column.kind == "number" and (negative_zero := (values == 0) & np.signbit(values)).any():
        # As `-0` it would be read as a whole number, and those have no such zero.
        text = pc.if_else(pa.array(negative_zero), "-0.0", text)
    return pc.fill_null(text, null) if text.null_count else text


def joined(pieces: list[Cells]) -> pa.Array:
    """One text a row of these, one after the other; at least one of them differs by row."""
    merged: list[Cells] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        else:
            merged.append(piece)
    return pc.binary_join_element_wise(*merged, "")


def text_of(rows: pa.Array) -> memoryview:
    """The bytes of all rows: how Arrow keeps texts is one after the other."""
    offsets = np.frombuffer(rows.buffers()[1], np.int32)[rows.offset : rows.offset + len(rows) + 1]
    return memoryview(rows.buffers()[2])[int(offsets[0]) : int(offsets[-1])]


def writer(quote: Quote, *, time_quote: str, null: str) -> Callable[..., Cells]:
    """`cells` of one format."""
    return partial(cells, quote=quote, time_quote=time_quote, null=null)


def _cut(values: Values, rows: slice) -> Values:
    if isinstance(values, Words):
        return Words(values.codes[rows], values.words)
    return values[rows]


def _of_words(values: Words, quote: Quote, null: str) -> Cells:
    words = [quote(word) for word in values.words]
    codes = values.codes
    if len(codes) and (codes == codes[0]).all():
        return words[codes[0]] if codes[0] >= 0 else null
    # The last word stands for -1, as the last of a list does.
    return pa.array([*words, null], pa.string()).take(pa.array(codes % (len(words) + 1)))
