"""What there is to judge, as it stood a moment ago: devices, their series, the enabled rules.

Read whole and replaced whole when something has changed, which three small queries tell. Rules are
fitted to devices here in memory: ten thousand queries of `alerts.targets` would take a minute.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Count, Max

from alerts.conditions import Condition, InvalidCondition, Subject, read
from alerts.models import AlertRule
from alerts.targets import written_as
from devices.models import Device as DeviceRow
from devices.models import Presence
from telemetry.models import Series as SeriesRow

logger = logging.getLogger(__name__)


class Device(NamedTuple):
    id: int
    uid: str
    name: str
    site_id: int | None
    site: str
    kind: str
    tags: tuple[str, ...]
    interval: float  # seconds between two of its messages


class Series(NamedTuple):
    id: int
    device_id: int
    metric: str
    unit: str
    precision: int | None
    label: str
    is_boolean: bool
    is_text: bool


@dataclass(frozen=True, slots=True)
class Rule:
    row: AlertRule
    condition: Condition

    @property
    def id(self) -> int:
        return int(self.row.pk)


class Place(NamedTuple):
    """A rule at one device, and of that at one series or as a whole."""

    rule: Rule
    device: Device
    series: Series | None

    @property
    def key(self) -> tuple[int, int, int]:
        return self.rule.id, self.device.id, self.series.id if self.series else 0


@dataclass(slots=True)
class Fleet:
    """Devices that are enabled, their series, and the rules that are enabled and can be read."""

    mark: Any = None  # of what it was read from
    generation: int = 0  # counts how often it was read
    devices: dict[int, Device] = field(default_factory=dict)
    series: dict[int, dict[str, Series]] = field(default_factory=dict)  # by device and metric
    rules: list[Rule] = field(default_factory=list)

    def refresh(self) -> None:
        """Read again if something has changed."""
        mark = _mark()
        if mark == self.mark:
            return
        self.devices = {each.id: each for each in _devices()}
        self.series = defaultdict(dict)
        for each in _series():
            self.series[each.device_id][each.metric] = each
        self.rules = list(_rules())
        self.mark = mark
        self.generation += 1

    def series_of(self, chosen: Callable[[int], bool]) -> set[int]:
        """The ids of the series of the devices that are chosen by their id."""
        devices = [its for device, its in self.series.items() if chosen(device)]
        return {series.id for its in devices for series in its.values()}

    def places(self, chosen: Callable[[int], bool]) -> Iterator[Place]:
        """Every target of every rule at the devices that are chosen by their id."""
        devices = [each for each in self.devices.values() if chosen(each.id)]
        for rule in self.rules:
            one = rule.row.device_id
            if one is not None:
                there = self.devices.get(one)
                among = [there] if there is not None and chosen(one) else []
            else:
                among = devices
            fits = _fits(rule.row)
            metrics = written_as(rule.row.metric)
            for device in among:
                if not fits(device):
                    continue
                if not rule.row.metric or rule.condition.subject in WHOLE:
                    yield Place(rule, device, None)
                    continue
                its = self.series.get(device.id, {})
                if "*" not in rule.row.metric:
                    found = its.get(rule.row.metric)
                    if found is not None:
                        yield Place(rule, device, found)
                    continue
                for series in its.values():
                    if metrics(series.metric):
                        yield Place(rule, device, series)


WHOLE = (Subject.DEVICE, Subject.SEVERAL)  # these are about a device, whatever metric is named


def leads_us() -> dict[int, int]:
    """How far the clock of each device is ahead of ours, in microseconds, where that is known."""
    found = Presence.objects.filter(clock_lead__isnull=False)
    rows = found.values_list("device_id", "clock_lead")
    return {device: 1_000 * (lead or 0) for device, lead in rows}


def _mark() -> Any:
    return (
        AlertRule.objects.aggregate(Count("id"), Max("updated_at"), Max("id")),
        DeviceRow.objects.aggregate(Count("id"), Max("updated_at"), Max("id")),
        SeriesRow.objects.aggregate(Count("id"), Max("id")),
    )


def _devices() -> Iterator[Device]:
    rows = DeviceRow.objects.filter(enabled=True).select_related("site").order_by("id")
    for row in rows.iterator():
        site = row.site.name if row.site is not None else ""
        yield Device(
            row.pk, row.uid, row.name, row.site_id, site, row.kind, tuple(row.tags),
            row.expected_interval,
        )  # fmt: skip


def _series() -> Iterator[Series]:
    facts = ("id", "device_id", "metric", "unit", "precision", "label", "kind")
    for row in SeriesRow.objects.order_by("id").values_list(*facts).iterator():
        id_, device, metric, unit, precision, label, kind = row
        is_boolean, is_text = kind == SeriesRow.Kind.BOOLEAN, kind == SeriesRow.Kind.TEXT
        yield Series(id_, device, metric, unit, precision, label, is_boolean, is_text)


def _rules() -> Iterator[Rule]:
    for row in AlertRule.objects.filter(enabled=True).order_by("id"):
        try:
            yield Rule(row, read(row.condition, row.schedule))
        except InvalidCondition as exc:
            logger.warning(
                "the rule %r cannot be judged: %s", row.name, exc,
                extra={"action": "rule_unreadable"},
            )  # fmt: skip


def _fits(rule: AlertRule) -> Callable[[Device], bool]:
    uid = written_as(rule.uid_pattern)

    def fits(device: Device) -> bool:
        return (
            (rule.site_id is None or rule.site_id == device.site_id)
            and (rule.device_id is None or rule.device_id == device.id)
            and (not rule.kind or rule.kind == device.kind)
            and (not rule.tag or rule.tag in device.tags)
            and uid(device.uid)
        )

    return fits
