"""Which id each (device, metric) has: the cache between decoded metrics and stored readings.

One thread owns it, and others may look into `ids`. A metric seen for the first time becomes a
series here. Its kind follows what its device sends: a series that began with a word becomes one of
numbers with the first number, a boolean that sends 21.5 a gauge. Never the other way, where a
sensor says "unavailable" now and then, and never against what an operator chose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from telemetry.models import Series
from telemetry.series.device_series import DeviceSeries
from telemetry.series.facts import (
    MAX_LABEL,
    MAX_PRECISION,
    MAX_UNIT,
    NOTHING_TOLD,
    SeriesRow,
    Told,
)
from telemetry.series.marks import SeriesMarks
from telemetry.sql import load

REFRESH_EVERY = 2.0  # seconds between two looks for deleted series
# Seconds looked back beyond the last look: a deletion is stamped when its transaction begins, and
# is seen when that commits.
OVERLAP = 60.0
TOLD_FOR = 60.0  # seconds in which a device that says the same of a series again is not asked about
MAX_TOLD = 50_000  # series of which it is remembered what was said
MAX_SERIES_PER_DEVICE = 500  # series; a device that invents more is misconfigured or hostile

_SQL = load("series")


_FACTS = ("device_id", "metric", "id", "kind", "chosen", "texts_since")  # read of each series


class SeriesRegistry:
    """`ids[device_id][metric]` is the series id of everything loaded so far."""

    def __init__(self) -> None:
        self.ids: dict[int, DeviceSeries] = {}
        self.version = 0  # another one when what was known of a device is so no more
        self.device_of: dict[int, int] = {}
        self._booleans = SeriesMarks()  # booleans that may change
        self._texts = SeriesMarks()  # those that have texts
        self._looked_at: float | None = None
        self._changed: list[SeriesRow] = []
        self._told: dict[tuple[int, str], Told] = {}  # what devices said lately
        self._told_since = 0.0  # Unix seconds

    def load_all(self) -> None:
        """Read every series, in one query: at start, where device by device would take minutes."""
        self.ids.clear()
        self.device_of.clear()
        self.version += 1
        self._keep(Series.with_removed.order_by().values_list(*_FACTS).iterator(10_000))

    def of(self, device_id: int) -> DeviceSeries:
        """Series ids by metric of one device."""
        known = self.ids.get(device_id)
        if known is None:
            rows = Series.with_removed.filter(device_id=device_id)
            known = self.ids[device_id] = DeviceSeries()
            self._keep(rows.values_list(*_FACTS))
        return known

    def load(self, device_ids: Iterable[int]) -> None:
        """Read the series of those devices that are not read yet, in one query for all: a new
        fleet that spoke at once would otherwise hold a batch up with a query each."""
        missing = {device_id for device_id in device_ids if device_id not in self.ids}
        if missing:
            rows = Series.with_removed.filter(device_id__in=missing)
            self.ids |= {device_id: DeviceSeries() for device_id in missing}
            self._keep(rows.values_list(*_FACTS))

    def refresh(self, now: float) -> None:
        """At most each `REFRESH_EVERY` seconds, drop series that were deleted meanwhile, so that
        their metrics become new series, and learn which got texts. `now` is Unix seconds."""
        elapsed = 0.0 if self._looked_at is None else now - self._looked_at
        # A clock set back must not stop the refresh until it has caught up.
        if self._looked_at is not None and 0 <= elapsed < REFRESH_EVERY:
            return
        with connection.cursor() as cursor:
            lately = {"seconds": max(0.0, elapsed) + OVERLAP}
            cursor.execute(_SQL["list_lately_with_texts"], lately)
            for (series_id,) in cursor.fetchall():
                self._texts.set(series_id, True)
            cursor.execute(_SQL["list_lately_deleted_series"], lately)
            gone = {self.device_of.get(series_id) for (series_id,) in cursor.fetchall()}
        if gone := gone - {None}:
            self.forget(device_id for device_id in gone if device_id is not None)
            self._told.clear()  # what comes again is another series
        self._looked_at = now
        if not 0 <= now - self._told_since < TOLD_FOR:
            self._told.clear()
            self._told_since = now

    def _keep(self, rows: Iterable[tuple[int, str, int, str, list[str], datetime | None]]) -> None:
        for device_id, metric, series_id, kind, chosen, texts_since in rows:
            of_device = self.ids.setdefault(device_id, DeviceSeries())
            follows = "kind" not in chosen
            if follows and kind == Series.Kind.TEXT:
                of_device.words.add(metric)
            self._booleans.set(series_id, follows and kind == Series.Kind.BOOLEAN)
            self._texts.set(series_id, texts_since is not None)
            of_device[metric] = series_id
            self.device_of[series_id] = device_id

    def outgrown(self, series_ids: NDArray[np.int32], values: NDArray[np.float64]) -> set[int]:
        """Boolean series among these that got a number which is neither 0 nor 1."""
        numbers = series_ids[(values != 0) & (values != 1)]
        return set(numbers[self._booleans.of(numbers)].tolist())

    def with_texts(self, series_ids: NDArray[np.int32]) -> set[int]:
        """Those of these that have texts, beside their numbers or alone."""
        return set(series_ids[self._texts.of(series_ids)].tolist())

    def note_texts(self, series_ids: set[int]) -> None:
        """A text of each of these is to be stored. Raises what the database raises."""
        new = series_ids - self.with_texts(np.array(sorted(series_ids), dtype=np.int32))
        if new:
            with connection.cursor() as cursor:
                cursor.execute(_SQL["note_texts"], {"series": sorted(new)})
            for series_id in new:
                self._texts.set(series_id, True)

    def take_changed(self) -> list[SeriesRow]:
        """What was made or changed since this was asked last. Ask after a commit: the batch that
        brought it about may have failed and be tried again, and then finds it done already."""
        changed, self._changed = self._changed, []
        return changed

    def create(
        self,
        wanted: Mapping[tuple[int, str], str],
        named: Callable[[int, str], Told] = lambda _device, _metric: NOTHING_TOLD,
    ) -> None:
        """Make series for (device, metric) -> kind where a device has room. `named` has the unit
        and the quantity that a name tells, until the device says another."""
        rows = self._within_limits(wanted)
        if not rows:
            return
        device_ids, metrics, kinds = (list(column) for column in zip(*rows, strict=True))
        told = [named(device_id, metric) for device_id, metric, _ in rows]
        facts = {
            "devices": device_ids,
            "metrics": metrics,
            "kinds": kinds,
            "units": [each.unit[:MAX_UNIT] for each in told],
            "quantities": [each.quantity[:MAX_UNIT] for each in told],
        }
        self._change("create_series", facts, set(device_ids))

    def follow(self, kinds: Mapping[int, str]) -> None:
        """Give series, by id, the kind of what their devices send. Those whose kind an operator
        chose stay as they are."""
        if not kinds:
            return
        devices = {self.device_of[series_id] for series_id in kinds if series_id in self.device_of}
        facts: dict[str, list[Any]] = {"series": list(kinds), "kinds": list(kinds.values())}
        self._change("follow_kinds", facts, devices)

    def describe(self, said: Mapping[tuple[int, str], Told]) -> None:
        """Give series, by device and metric, what their devices say of them. What an operator chose
        stays, and so does what is not said, and a kind that is none."""
        facts: dict[str, list[Any]] = {"series": [], **{name: [] for name in Told._fields}}
        news = {place: told for place, told in said.items() if not self.was_told(place, told)}
        for (device_id, metric), told in news.items():
            if (series_id := self.of(device_id).get(metric)) is not None:
                facts["series"].append(series_id)
                facts["unit"].append(told.unit[:MAX_UNIT])
                facts["kind"].append(told.kind if told.kind in Series.Kind.values else "")
                facts["label"].append(told.label[:MAX_LABEL])
                facts["quantity"].append(told.quantity[:MAX_UNIT])
                decimals = told.precision
                shown = decimals is not None and 0 <= decimals <= MAX_PRECISION
                facts["precision"].append(decimals if shown else None)
        if facts["series"]:
            self._change("describe_series", facts, {device_id for device_id, _ in news})
        if len(self._told) + len(news) > MAX_TOLD:
            self._told.clear()
        self._told |= news

    def was_told(self, place: tuple[int, str], told: Told) -> bool:
        """Whether the device said just this of its metric a short time ago."""
        return self._told.get(place) == told

    def _change(self, name: str, facts: dict[str, list[Any]], devices: set[int]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SQL[name], facts)
            self._changed += [SeriesRow(*row) for row in cursor.fetchall()]
        # Another worker, or REST, may have made or changed some of them: read them all anew.
        self.forget(devices)
        self.load(devices)

    def forget(self, device_ids: Iterable[int]) -> None:
        """Read these devices' series anew when they are next needed."""
        for device_id in device_ids:
            for series_id in self.ids.pop(device_id, DeviceSeries()).values():
                self.device_of.pop(series_id, None)
        self.version += 1

    def _within_limits(self, wanted: Mapping[tuple[int, str], str]) -> list[tuple[int, str, str]]:
        room: dict[int, int] = {}
        rows = []
        for (device_id, metric), kind in wanted.items():
            left = room.setdefault(device_id, MAX_SERIES_PER_DEVICE - len(self.of(device_id)))
            if left > 0:
                rows.append((device_id, metric, kind))
                room[device_id] = left - 1
        return rows
