"""Instants of a column: counts since 1970, or times as people and programs write them."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.imports.errors import NotImported
from telemetry.imports.layout import TIME_UNITS_US
from telemetry.moments import to_us

if TYPE_CHECKING:
    import pyarrow as pa

EARLIEST_US = to_us(datetime(1900, 1, 1, tzinfo=UTC))
LATEST_AHEAD_US = 86_400_000_000  # a day: what is further ahead cannot have been measured
# The size of a count tells its unit, of any time between 1973 and 5138.
SIZES = ((1e11, "s"), (1e14, "ms"), (1e17, "us"), (float("inf"), "ns"))
WRITTEN = (
    "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
    "%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S",
)  # fmt: skip
DATE_DIGITS = 8  # 20260131
LEAST_COUNT = 1e8  # seconds, 1973: a smaller number may be a year, or a number of the row
NONE_US = np.iinfo(np.int64).min  # no time: empty, or not to be read


class Instants(NamedTuple):
    """Of each row, Unix microseconds."""

    times_us: NDArray[np.int64]  # NONE_US where there is none
    # Where a local hour came twice, the second meaning; otherwise the same.
    later_us: NDArray[np.int64]


class Clock:
    """Reads the times of one file, always in the same way."""

    def __init__(self, tz: str, unit: str) -> None:
        """Raises `NotImported`."""
        if tz and tz not in zoneinfo.available_timezones():
            raise NotImported(f"{tz!r} is no time zone: Europe/Berlin is (--tz).")
        if unit and unit not in TIME_UNITS_US:
            raise NotImported(f"A time unit is one of {', '.join(TIME_UNITS_US)}, not {unit!r}.")
        self._tz = tz or "UTC"
        self.unit = unit

    def read(self, column: pa.ChunkedArray) -> Instants:
        import pyarrow as pa  # noqa: PLC0415

        kind = column.type
        if pa.types.is_dictionary(kind):
            column = column.cast(kind.value_type)
            kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            return _once(self._counted(column))
        if pa.types.is_date(kind):
            return self._local(column.cast(pa.timestamp("s")))
        if pa.types.is_timestamp(kind):
            micro = column.cast(pa.timestamp("us", kind.tz), safe=False)
            return self._local(micro) if kind.tz is None else _once(_ints(micro))
        if pa.types.is_null(kind):
            return _once(np.full(len(column), NONE_US))
        return self._texts(column.cast(pa.string()))

    def _counted(self, column: Any) -> NDArray[np.int64]:
        import pyarrow as pa  # noqa: PLC0415

        if pa.types.is_integer(column.type) and pa.types.is_signed_integer(column.type):
            counts = column.fill_null(0).to_numpy()
        else:
            counts = column.cast(pa.float64(), safe=False).fill_null(float("nan")).to_numpy()
        empty = column.is_null().to_numpy() | ~np.isfinite(counts.astype(np.float64))
        if not self.unit and not empty.all():
            most = float(np.abs(counts[~empty].astype(np.float64)).max())
            if most < LEAST_COUNT:
                return np.full(len(counts), NONE_US)
            self.unit = next(unit for limit, unit in SIZES if most < limit)
        return _scaled(counts, empty, self.unit)

    def _texts(self, column: Any) -> Instants:
        """By the first way that reads a row; most files have one for all."""
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        column = pc.utf8_trim_whitespace(column)
        empty = pc.fill_null(pc.equal(column, ""), True)
        column = pc.if_else(empty, pa.scalar(None, pa.string()), column)
        for read in (self._zoned, self._iso, self._compact, self._digits):
            try:
                return read(column)
            except (pa.ArrowInvalid, ValueError):
                continue
        for written in WRITTEN:
            try:
                return self._local(pc.strptime(column, format=written, unit="us"))
            except pa.ArrowInvalid:
                continue
        return self._each(column)

    def _zoned(self, column: Any) -> Instants:
        import pyarrow as pa  # noqa: PLC0415

        return _once(_ints(column.cast(pa.timestamp("us", "UTC"))))

    def _iso(self, column: Any) -> Instants:
        import pyarrow as pa  # noqa: PLC0415

        return self._local(column.cast(pa.timestamp("us")))

    def _compact(self, column: Any) -> Instants:
        """Dates in digits alone."""
        import pyarrow.compute as pc  # noqa: PLC0415

        if pc.min_max(pc.utf8_length(column)).as_py() != {"min": DATE_DIGITS, "max": DATE_DIGITS}:
            raise ValueError
        return self._local(pc.strptime(column, format="%Y%m%d", unit="us"))

    def _digits(self, column: Any) -> Instants:
        import pyarrow as pa  # noqa: PLC0415

        try:
            return _once(self._counted(column.cast(pa.int64())))
        except pa.ArrowInvalid:
            return _once(self._counted(column.cast(pa.float64())))

    def _each(self, column: Any) -> Instants:
        """Row by row, where they differ or some cannot be read."""
        import pyarrow as pa  # noqa: PLC0415

        zone = zoneinfo.ZoneInfo(self._tz)
        first = np.full(len(column), NONE_US)
        later = first.copy()
        for row, text in enumerate(column.to_pylist()):
            if text is None:
                continue
            is_count = text.isdecimal() and len(text) != DATE_DIGITS  # 1712010112123 is no 1712
            found = None if is_count else _parsed(text)
            if found is None:
                try:
                    one = self._counted(pa.chunked_array([[float(text)]]))
                    first[row] = later[row] = one[0]
                except ValueError:
                    continue
            elif found is not None and found.tzinfo is not None:
                first[row] = later[row] = to_us(found)
            elif found is not None:
                both = [found.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
                if both[0].astimezone(UTC).astimezone(zone).replace(tzinfo=None) == found:
                    first[row], later[row] = (to_us(each.astimezone(UTC)) for each in both)
        return Instants(first, later)

    def _local(self, column: Any) -> Instants:
        """Of times that name no zone."""
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.compute as pc  # noqa: PLC0415

        column = column.cast(pa.timestamp("us"))
        if self._tz == "UTC":
            return _once(_ints(column))
        # An hour that the clocks leave out: what is not the same on the way back is no time.
        ways = [
            pc.assume_timezone(column, self._tz, ambiguous=which, nonexistent="earliest")
            for which in ("earliest", "latest")
        ]
        back = pc.local_timestamp(ways[0]).cast(pa.timestamp("us"))
        is_time = pc.fill_null(pc.equal(back, column), False).to_numpy()
        first, later = (np.where(is_time, _ints(way), NONE_US) for way in ways)
        return Instants(first, later)


def _scaled(counts: NDArray[Any], empty: NDArray[np.bool_], unit: str) -> NDArray[np.int64]:
    """Whole counts exactly."""
    found = np.full(len(counts), NONE_US)
    if not unit:
        return found
    scale = TIME_UNITS_US[unit]
    wide = np.abs(counts.astype(np.float64)) * scale > 2.0**62
    good = ~empty & ~wide
    if counts.dtype.kind == "i":
        whole = counts[good].astype(np.int64)
        found[good] = whole // 1_000 if unit == "ns" else whole * int(scale)
    else:
        found[good] = np.rint(counts[good] * scale).astype(np.int64)
    return found


def _ints(column: Any) -> NDArray[np.int64]:
    import pyarrow as pa  # noqa: PLC0415

    found: NDArray[np.int64] = column.cast(pa.int64()).fill_null(NONE_US).to_numpy()
    return found


def _once(times_us: NDArray[np.int64]) -> Instants:
    return Instants(times_us, times_us)


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    for written in WRITTEN:
        try:
            return datetime.strptime(text, written)  # noqa: DTZ007  (the zone comes later)
        except ValueError:
            continue
    return None
