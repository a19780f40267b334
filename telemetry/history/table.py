"""An answer as a table: named columns, and rows in blocks, so that every format can stream it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Kind = Literal["time", "number", "integer", "text", "boolean"]


@dataclass(frozen=True, slots=True)
class Column:
    """`about` says more of it: the series it is of, how it was aggregated."""

    name: str
    kind: Kind
    unit: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)


class Words(NamedTuple):
    """A column of few different texts: row `i` is `words[codes[i]]`, and null where that is -1."""

    codes: NDArray[np.int32]
    words: list[str]


# One column of one block:
# time     int64, Unix microseconds; never null
# number   float64; NaN is null, for no reading is one
# integer  int64; a masked array (`numpy.ma`) where some are null
# boolean  bool; a masked array where some are null
# text     a list of `str | None`, or `Words`
Values = NDArray[Any] | list[str | None] | Words
Block = list[Values]  # one a column, of equal length


@dataclass(slots=True)
class Table:
    """`blocks` is read once, and reads from the database as it goes. `about` is of the whole
    answer: the window, the time zone, what was read."""

    columns: list[Column]
    blocks: Iterator[Block]
    about: dict[str, Any] = field(default_factory=dict)


def length(values: Values) -> int:
    """The rows of a column of a block."""
    return len(values.codes if isinstance(values, Words) else values)
