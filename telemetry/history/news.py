"""What is new of many series at once, for who judges readings as they come.

Each series has an instant of its own from which on it is read, so that nothing is read twice and a
device whose clock is behind costs no more than another. Times are Unix microseconds; results are by
the place of a series in the lists given, and of one place by time.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.moments import from_us
from telemetry.sql import load
from telemetry.storage.copy_binary import POSTGRES_EPOCH_US

_SQL = load("news")
_READING = np.dtype([("place", ">i4"), ("time", ">i8"), ("value", ">f8")])  # of `fetch_news`

Places = NDArray[np.intp]
Times = NDArray[np.int64]


class Numbers(NamedTuple):
    """Columns of one length."""

    places: Places
    times_us: Times
    values: NDArray[np.float64]


_NONE = Numbers(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64), np.empty(0))


class LateSpans(NamedTuple):
    """Columns of one length: spans (since, until] of series, each with the transaction that wrote
    what is looked for (`Commit.xid`)."""

    series: NDArray[np.int32]
    since_us: Times
    until_us: Times
    xids: list[int | None]

    def wanted(self) -> dict[str, Any]:
        xids = ",".join("NULL" if xid is None else str(xid) for xid in self.xids)
        return _wanted(self.series, self.since_us, self.until_us) | {"xids": f"{{{xids}}}"}


def numbers(series: NDArray[np.int32], since_us: Times, until_us: Times) -> Numbers:
    """The numbers in (since, until] of each series."""
    return _copied("fetch_news", _wanted(series, since_us, until_us)) if len(series) else _NONE


def late_numbers(spans: LateSpans) -> Numbers:
    """The numbers in these spans that their transactions wrote, by the place of a span."""
    return _copied("fetch_late_news", spans.wanted()) if len(spans.series) else _NONE


def late_words(spans: LateSpans) -> dict[int, int]:
    """The same of texts and numbers: by place, when the first is."""
    if not len(spans.series):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SQL["find_late_words"], spans.wanted())
        return {place - 1: us for place, us in cursor.fetchall()}


def words(
    series: NDArray[np.int32], since_us: Times, until_us: Times
) -> dict[int, tuple[Times, list[float | str]]]:
    """What each series said in (since, until], texts and numbers."""
    found: dict[int, tuple[list[int], list[float | str]]] = {}
    if len(series):
        with connection.cursor() as cursor:
            cursor.execute(_SQL["fetch_news_in_words"], _wanted(series, since_us, until_us))
            for place, us, number, text in cursor.fetchall():
                times, values = found.setdefault(place - 1, ([], []))
                times.append(us)
                values.append(number if text is None else text)
    return {
        place: (np.array(times, dtype=np.int64), values) for place, (times, values) in found.items()
    }


def newest_by(series: NDArray[np.int32], until_us: Times) -> dict[int, int]:
    """When each was heard the last time by then."""
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL["fetch_newest_by"], {"series": _array(series), "until": _array(until_us)}
        )
        return {place - 1: us for place, us in cursor.fetchall()}


def mean(series_id: int, start_us: int, stop_us: int) -> float | None:
    """Of the past, which is summed up: the mean from one edge of a minute to another."""
    span: dict[str, Any] = {"series_id": series_id, "start": from_us(start_us)}
    span["stop"] = from_us(stop_us)
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_mean"], span)
        (found,) = cursor.fetchone()
    return found if found is None else float(found)


def _copied(name: str, wanted: dict[str, Any]) -> Numbers:
    statement = f"COPY ({_SQL[name]}) TO STDOUT (FORMAT BINARY)"
    # The driver's own cursor: with DEBUG Django's takes no parameters to COPY.
    with connection.cursor() as cursor, cursor.cursor.copy(statement, wanted) as copy:
        copy.set_types(["bytea"])
        ((data,),) = copy.rows()
    return _columns(np.frombuffer(data or b"", dtype=_READING))


def _wanted(series: NDArray[np.int32], since_us: Times, until_us: Times) -> dict[str, Any]:
    return {
        "series": _array(series),
        "since": _array(since_us),
        "until": _array(until_us),
        "start": from_us(int(since_us.min())),
        "stop": from_us(int(until_us.max())),
    }


def _array(numbers: NDArray[Any]) -> str:
    """As Postgres writes an array. The driver makes one by a call for each number, which was half
    of what it costs to judge readings."""
    return f"{{{str(numbers.tolist())[1:-1]}}}"


def _columns(rows: NDArray[Any]) -> Numbers:
    places = rows["place"].astype(np.intp) - 1
    times = rows["time"].astype(np.int64) + POSTGRES_EPOCH_US
    values = rows["value"].astype(np.float64)
    # As the index gives them they are in order, which nothing promises.
    steps = np.diff(places)
    if not ((steps > 0) | ((steps == 0) & (np.diff(times) > 0))).all():
        order = np.lexsort((times, places))
        places, times, values = places[order], times[order], values[order]
    return Numbers(places, times, values)
