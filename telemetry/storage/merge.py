"""Insert readings of which some may be stored: the first value of a series and instant stays.

Everywhere the same one, number or text: of a batch that of the earliest message, of two batches
the one committed first. Arrays and no temporary table, which not every role may make.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.backends.utils import CursorWrapper

from telemetry.sql import load
from telemetry.storage import pack_rows
from telemetry.storage.packs import DAY_US

Key = tuple[int, int]  # series, Unix microseconds

_SQL = load("merge") | load("packs")


class Rows(NamedTuple):
    """What is to be inserted, column by column."""

    keys: Sequence[Key]  # of the numbers
    values: Sequence[float]
    texts: Sequence[tuple[int, int, str]]  # series, Unix microseconds, text
    with_texts: Collection[int]  # series that have texts, in the store or here


class Order(NamedTuple):
    """Of each row which message it is of, counted as they came."""

    numbers: Sequence[int]
    texts: Sequence[int]


class Merged(NamedTuple):
    """What became of rows that were to be inserted."""

    inserted: int
    repeated: set[Key]  # stored before
    numbers: list[int]  # rows, from 0, of numbers that have another value in their place
    texts: list[int]  # likewise


def merge(
    cursor: CursorWrapper,
    rows: Rows,
    order: Order | None = None,
    packed: Collection[int] = frozenset(),
) -> Merged:
    """Insert them. Without an order the numbers came before the texts.

    Those of packed days, which come as numbers since 1970, go where late readings do; the caller
    keeps the packs as they are.
    """
    text_keys = [(series_id, at) for series_id, at, _ in rows.texts]
    text_values = [value for _, _, value in rows.texts]
    first = _first(rows, text_keys, text_values, order)
    numbers = {key: value for key, value in first.items() if type(value) is not str}
    texts = {key: value for key, value in first.items() if type(value) is str}
    beside = [key for key in numbers if key[0] in rows.with_texts]
    taken = _stored(cursor, "fetch_texts", beside)
    late = {key for key in first if key[1] // DAY_US in packed} - taken.keys()
    if late:
        taken |= _stored(cursor, "fetch_texts", late) | _stored(cursor, "fetch_packed_texts", late)
        taken |= _stored(cursor, "fetch_numbers", late) | _packed(cursor, late)
    inserted: set[Key] = set()
    for wanted, rows_of, late_of in (
        (numbers, "insert_numbers", "insert_late_numbers"),
        (texts, "insert_texts", "insert_late_texts"),
    ):
        free = {key: value for key, value in wanted.items() if key not in taken}
        now = {key: value for key, value in free.items() if key not in late}
        then = {key: value for key, value in free.items() if key in late}
        inserted |= _insert(cursor, rows_of, now)
        inserted |= _insert(cursor, late_of, then)
    there = taken | _stored(cursor, "fetch_numbers", first.keys() - inserted - taken.keys())
    there |= _stored(cursor, "fetch_texts", texts.keys() - inserted - there.keys())
    stays = first | there
    return Merged(
        len(inserted),
        first.keys() - inserted,
        _differing(rows.keys, rows.values, stays),
        _differing(text_keys, text_values, stays),
    )


def _first(
    rows: Rows, text_keys: list[Key], text_values: list[str], order: Order | None
) -> dict[Key, object]:
    """The earliest value of each key."""
    given = [*zip(rows.keys, rows.values, strict=True), *zip(text_keys, text_values, strict=True)]
    if order is not None:
        places = [*order.numbers, *order.texts]
        given = [given[row] for row in sorted(range(len(given)), key=places.__getitem__)]
    found: dict[Key, object] = {}
    for key, value in given:
        found.setdefault(key, value)
    return found


def _insert(cursor: CursorWrapper, name: str, free: Mapping[Key, object]) -> set[Key]:
    """Those of the keys that were not in the table."""
    if not free:
        return set()
    cursor.execute(_SQL[name], _columns(free) | {"values": list(free.values())})
    return set(cursor.fetchall())


def _packed(cursor: CursorWrapper, keys: Collection[Key]) -> dict[Key, float]:
    """The numbers in packs of those of the keys that have one."""
    cursor.execute(_SQL["fetch_touched_packs"], _columns(keys))
    found: dict[Key, float] = {}
    for (data,) in cursor.fetchall():
        pack = pack_rows.unpack(bytes(data))
        series_id = int(pack.series_ids[0])
        pairs = zip(pack.times_us.tolist(), pack.values.tolist(), strict=True)
        found |= {(series_id, at): value for at, value in pairs if (series_id, at) in keys}
    return found


def _differing(
    keys: Iterable[Key], values: Iterable[object], stays: Mapping[Key, object]
) -> list[int]:
    pairs = enumerate(zip(keys, values, strict=True))
    return [row for row, (key, value) in pairs if stays[key] != value]


def _stored(cursor: CursorWrapper, name: str, keys: Collection[Key]) -> dict[Key, object]:
    """The values of those of the keys that are in the table."""
    if not keys:
        return {}
    cursor.execute(_SQL[name], _columns(keys))
    return {(series_id, at): value for series_id, at, value in cursor.fetchall()}


def _columns(keys: Iterable[Key]) -> dict[str, list[Any]]:
    series_ids, times_us = zip(*keys, strict=True)
    return {"series": list(series_ids), "times": list(times_us)}
