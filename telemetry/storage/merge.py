"""Insert readings of which some may be stored: the first value of a series and instant stays.

Everywhere the same one: of a batch the earliest, of two batches the one committed first, and a
number before a text. Arrays and no temporary table, which not every role may make.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from django.db.backends.utils import CursorWrapper

from telemetry.sql import load

Key = tuple[int, int]  # series, Unix microseconds
V = TypeVar("V", float, str)

_SQL = load("merge")


class Merged(NamedTuple):
    """What became of rows that were to be inserted."""

    inserted: int
    repeated: set[Key]  # stored before
    conflicts: list[int]  # rows, from 0, of a value that is not the one stored


def numbers(cursor: CursorWrapper, keys: Sequence[Key], values: Sequence[float]) -> Merged:
    """Insert the numbers of these keys."""
    first = _first(keys, values)
    cursor.execute(_SQL["insert_numbers"], _columns(first) | {"values": list(first.values())})
    inserted = set(cursor.fetchall())
    repeated = first.keys() - inserted
    there = _stored(cursor, "fetch_numbers", repeated)
    return Merged(len(inserted), repeated, _differing(keys, values, first | there))


def texts(cursor: CursorWrapper, rows: Sequence[tuple[int, int, str]], taken: set[Key]) -> Merged:
    """Insert texts, except where a number is stored; `taken` are numbers of the same batch."""
    keys = [(series_id, at) for series_id, at, _ in rows]
    values = [value for _, _, value in rows]
    first = _first(keys, values)
    wanted = {key: value for key, value in first.items() if key not in taken}
    inserted: set[Key] = set()
    if wanted:
        columns = _columns(wanted) | {"values": list(wanted.values())}
        cursor.execute(_SQL["insert_texts"], columns)
        inserted = set(cursor.fetchall())
    there = _stored(cursor, "fetch_texts", first.keys() - inserted)
    stays = {key: there.get(key) for key in first.keys() - inserted}  # None: a number
    differing = _differing(keys, values, {**first, **stays})
    return Merged(len(inserted), wanted.keys() - inserted, differing)


def _first(keys: Iterable[Key], values: Iterable[V]) -> dict[Key, V]:
    found: dict[Key, V] = {}
    for key, value in zip(keys, values, strict=True):
        found.setdefault(key, value)
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
