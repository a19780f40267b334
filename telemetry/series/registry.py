"""Which id each (device, metric) has: the cache between decoded metrics and stored readings.

One thread owns it, and others may look into `ids`. A metric seen for the first time becomes a
series here.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import NamedTuple

from django.db import connection

from telemetry.models import Series
from telemetry.sql import load

REFRESH_EVERY = 2.0  # seconds between two looks for deleted series
# Seconds looked back beyond the last look: a deletion is stamped when its transaction begins, and
# is seen when that commits.
OVERLAP = 60.0
MAX_SERIES_PER_DEVICE = 500  # series; a device that invents more is misconfigured or hostile

_SQL = load("series")


class NewSeries(NamedTuple):
    id: int
    device_id: int
    metric: str
    kind: str


class DeviceSeries(dict[str, int]):
    """Series ids by metric of one device. When its series are read anew it gets another one of
    these, so what is remembered here is never out of date; metrics are only added."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        super().__init__()
        self._last: tuple[tuple[str, ...], bytes] = ((), b"")

    def packed(self, metrics: tuple[str, ...]) -> bytes | None:
        """The ids of these metrics, int32 of this machine, or None when one is not known yet. Any
        thread may ask; a device names the same metrics again and again."""
        last = self._last
        if last[0] is metrics:
            return last[1]
        try:
            ids = array("i", [self[metric] for metric in metrics]).tobytes()
        except KeyError:
            return None
        self._last = (metrics, ids)
        return ids


class SeriesRegistry:
    """`ids[device_id][metric]` is the series id of everything loaded so far."""

    def __init__(self) -> None:
        self.ids: dict[int, DeviceSeries] = {}
        self.device_of: dict[int, int] = {}
        self._looked_at: float | None = None

    def load_all(self) -> None:
        """Read every series, in one query: at start, where device by device would take minutes."""
        self.ids.clear()
        self.device_of.clear()
        self._keep(Series.objects.values_list("device_id", "metric", "id").iterator(10_000))

    def of(self, device_id: int) -> dict[str, int]:
        """Series ids by metric of one device."""
        known = self.ids.get(device_id)
        if known is None:
            rows = Series.objects.filter(device_id=device_id)
            known = self.ids[device_id] = DeviceSeries()
            self._keep(rows.values_list("device_id", "metric", "id"))
        return known

    def load(self, device_ids: Iterable[int]) -> None:
        """Read the series of those devices that are not read yet, in one query for all: a new
        fleet that spoke at once would otherwise hold a batch up with a query each."""
        missing = {device_id for device_id in device_ids if device_id not in self.ids}
        if missing:
            rows = Series.objects.filter(device_id__in=missing)
            self.ids |= {device_id: DeviceSeries() for device_id in missing}
            self._keep(rows.values_list("device_id", "metric", "id"))

    def refresh(self, now: float) -> None:
        """At most each `REFRESH_EVERY` seconds, drop series that were deleted meanwhile, so that
        their metrics become new series. `now` is Unix seconds."""
        elapsed = 0.0 if self._looked_at is None else now - self._looked_at
        # A clock set back must not stop the refresh until it has caught up.
        if self._looked_at is not None and 0 <= elapsed < REFRESH_EVERY:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                _SQL["list_lately_deleted_series"], {"seconds": max(0.0, elapsed) + OVERLAP}
            )
            gone = (self.device_of.get(series_id) for (series_id,) in cursor.fetchall())
            self.forget({device_id for device_id in gone if device_id is not None})
        self._looked_at = now

    def _keep(self, rows: Iterable[tuple[int, str, int]]) -> None:
        for device_id, metric, series_id in rows:
            self.ids.setdefault(device_id, DeviceSeries())[metric] = series_id
            self.device_of[series_id] = device_id

    def create(self, wanted: dict[tuple[int, str], str]) -> list[NewSeries]:
        """Make series for (device, metric) -> kind where a device has room; what was new."""
        rows = self._within_limits(wanted)
        if not rows:
            return []
        made = []
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO telemetry_series (device_id, metric, unit, kind, created_at)"
                " SELECT w.device_id, w.metric, '', w.kind, now()"
                " FROM unnest(%s::int[], %s::text[], %s::text[])"
                " WITH ORDINALITY AS w (device_id, metric, kind, place)"
                " JOIN devices_device AS device ON device.id = w.device_id"
                " ORDER BY w.place"
                " ON CONFLICT (device_id, metric) DO NOTHING"
                " RETURNING id, device_id, metric, kind",
                [list(column) for column in zip(*rows, strict=True)],
            )
            made = [NewSeries(*row) for row in cursor.fetchall()]
        # Another worker, or REST, may have made some of them: read them all anew.
        devices = {device_id for device_id, _, _ in rows}
        self.forget(devices)
        self.load(devices)
        return made

    def forget(self, device_ids: Iterable[int]) -> None:
        """Read these devices' series anew when they are next needed."""
        for device_id in device_ids:
            for series_id in self.ids.pop(device_id, DeviceSeries()).values():
                self.device_of.pop(series_id, None)

    def _within_limits(self, wanted: dict[tuple[int, str], str]) -> list[tuple[int, str, str]]:
        room: dict[int, int] = {}
        rows = []
        for (device_id, metric), kind in wanted.items():
            left = room.setdefault(device_id, MAX_SERIES_PER_DEVICE - len(self.of(device_id)))
            if left > 0:
                rows.append((device_id, metric, kind))
                room[device_id] = left - 1
        return rows
