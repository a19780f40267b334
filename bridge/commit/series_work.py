"""What a batch needs of the series: new ones, another kind, a unit. Carried out before its rows."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.decode import named_units
from bridge.decode.items import Described, Telemetry
from telemetry.series.facts import NOTHING_TOLD, Told, kind_of
from telemetry.series.registry import MAX_SERIES_PER_DEVICE, SeriesRegistry

TEXT, BOOLEAN = kind_of(""), kind_of(True)

Place = tuple[int, str]  # device, metric


@dataclass(slots=True)
class SeriesWork:
    """Collected item by item."""

    registry: SeriesRegistry
    wanted: dict[Place, str] = field(default_factory=dict)  # kind of new series
    kinds: dict[int, str] = field(default_factory=dict)  # by series: its kind from now on
    described: dict[Place, Described] = field(default_factory=dict)

    def add(self, device_id: int, item: Telemetry | Described) -> None:
        if isinstance(item, Telemetry):
            self._add_telemetry(device_id, item)
        elif item.metric:
            self.described[device_id, item.metric] = item
            if item.metric not in self.registry.of(device_id):
                self.wanted.setdefault((device_id, item.metric), kind_of(0.0))

    def _add_telemetry(self, device_id: int, item: Telemetry) -> None:
        series = self.registry.of(device_id)
        is_full = len(series) >= MAX_SERIES_PER_DEVICE
        for sample in item.samples:
            if series.holds(sample.values):
                continue
            # In the device's own order, which its charts then have too.
            for metric, value in sample.values.items():
                if metric in series:
                    if metric in series.words and type(value) is not str:
                        self.kinds.setdefault(series[metric], kind_of(value))
                elif is_full:
                    continue
                elif self.wanted.setdefault((device_id, metric), kind_of(value)) == TEXT:
                    # A number that follows in the same batch counts.
                    self.wanted[device_id, metric] = kind_of(value)

    def carry_out(self) -> None:
        """Raises what the database raises."""
        self.registry.create(self.wanted, self._named)
        self.registry.follow(self.kinds)
        self.registry.describe({place: told_of(each) for place, each in self.described.items()})

    def _named(self, device_id: int, metric: str) -> Told:
        """What the name of a new series tells of it, where its device says neither its unit nor
        what it measures: many a dialect has no words for that."""
        place = device_id, metric
        said = self.described.get(place)
        if self.wanted.get(place) == TEXT or (said and (said.unit or said.quantity)):
            return NOTHING_TOLD
        found = named_units.described("", metric)
        if found is None:
            return NOTHING_TOLD
        unit = "" if self.wanted.get(place) == BOOLEAN else found.unit
        return Told(unit, quantity=found.quantity)


def told_of(item: Described) -> Told:
    """What the item says of its series."""
    return Told(item.unit, item.kind, item.label, item.quantity, item.precision)
