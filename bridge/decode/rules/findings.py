"""What a message says under a rule: its items. Pure.

Every record of its document has its device, its time and its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.decode.descriptions import said
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import (
    Described,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
    Sample,
    Telemetry,
    Value,
)
from bridge.decode.json_values import MAX_DEPTH
from bridge.decode.quantities import quantity_of
from bridge.decode.reading import MAX_PROBLEMS, MAX_VALUES
from bridge.decode.rules import records
from bridge.decode.rules.expression import cost
from bridge.decode.rules.json_path import Key, children
from bridge.decode.rules.problems import Budget
from bridge.decode.rules.rule import PresenceWords, Rule
from bridge.decode.rules.template import Place, text_of
from bridge.decode.rules.value_rule import ValueRule
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

MAX_DEVICES = 1_000  # of one message


def decode(
    rule: Rule, message: Message, captures: Mapping[str, str], budget: Budget
) -> list[Item] | None:
    """What the message says under this rule; None when it finds nothing of what it names.
    Raises `Undecodable` when nothing can be used."""
    document = records.document(rule, message.payload, budget)
    found = _Found(rule, message)
    for record in records.of(rule, document, budget):
        found.take(Place(captures, document, record, budget))
    return found.items()


@dataclass(slots=True)
class _Device:
    """What a message says of one device."""

    samples: dict[int, dict[str, Value]] = field(default_factory=dict)  # by Unix us
    problems: list[Problem] = field(default_factory=list)
    # Unit and decimals, by metric.
    told: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    site: str = ""
    title: str = ""
    online: bool | None = None
    clock_replaced: bool = False
    spoke: bool = False  # something that the rule names was there

    def report(self, reason: Reason, detail: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(reason, detail))


class _Found:
    """Collects what the records of one message say."""

    def __init__(self, rule: Rule, message: Message) -> None:
        self._rule = rule
        self._message = message
        self._devices: dict[str, _Device] = {}
        self._nameless: Problem | None = None
        self._count = 0
        self._records = 0
        self._spoken_of = rule.spoken_of() if rule.everything else frozenset()

    def take(self, place: Place) -> None:
        self._records += 1
        rule = self._rule
        native = rule.device.fill(place)
        if native is None:
            detail = f"it finds no device at {rule.device.text}"
            self._nameless = self._nameless or Problem(Reason.BAD_UID, detail)
            return
        uid = device_uid(native)
        device = self._devices.get(uid)
        if device is None:
            if len(self._devices) >= MAX_DEVICES:
                detail = f"more than {MAX_DEVICES} devices in one message"
                raise Undecodable(Reason.TOO_MANY_VALUES, detail)
            device = self._devices[uid] = _Device()
        if rule.site is not None:
            device.site = rule.site.fill(place) or device.site
        if rule.title is not None:
            device.title = rule.title.fill(place) or device.title
        if rule.presence is not None:
            self._presence(device, rule.presence, place)
        values = self._values(device, place)
        if values:
            self._add(device, place, values)

    def items(self) -> list[Item] | None:
        """None when nothing that the rule names was there."""
        items: list[Item] = []
        for uid, device in self._devices.items():
            if not device.spoke:
                continue
            if device.online is not None:
                items.append(Presence(uid, device.online))
            samples = [Sample(at, values) for at, values in device.samples.items()]
            if not samples and device.problems and device.online is None:
                items.append(Rejected(uid, device.problems[0]))
                continue
            if samples or device.problems or device.online is None:
                problems = tuple(device.problems)
                items.append(Telemetry(uid, samples, problems, device.clock_replaced))
            if device.site or device.title:
                items.append(Described(uid, name=said(device.title), area=device.site))
            if samples:
                items += [
                    Described(
                        uid,
                        metric=metric,
                        unit=unit,
                        quantity=quantity_of(metric, unit) if unit else "",
                        precision=precision,
                    )
                    for metric, (unit, precision) in device.told.items()
                ]
        if self._nameless is not None:
            if not items:
                raise Undecodable(*self._nameless)
            items.append(Rejected("", self._nameless))
        return items or None

    def _presence(self, device: _Device, words: PresenceWords, place: Place) -> None:
        raw = words.path.first(place.document, self._whole(place), place.budget)
        text = text_of(raw)
        if text is None:
            return
        device.spoke = True
        if text.lower() in words.online:
            device.online = True
        elif text.lower() in words.offline:
            device.online = False
        else:
            detail = f"{text[:40]!a} is none of the words of presence"
            device.report(Reason.BAD_STATUS, detail)

    def _whole(self, place: Place) -> Any:
        """Of a text without a pattern the path of nothing leads to the text itself."""
        rule = self._rule
        if rule.is_text and rule.expression is None:
            return place.record["value"]
        return place.record

    def _values(self, device: _Device, place: Place) -> dict[str, Value]:
        rule = self._rule
        record = place.record
        if rule.pivot is not None:
            name = text_of(rule.pivot.name.first(place.document, record, place.budget))
            if not name:
                return {}
            record = {name: rule.pivot.value.first(place.document, record, place.budget)}
        values: dict[str, Value] = {}
        for value in rule.values:
            for found in value.path.find(place.document, record, place.budget):
                for levels, leaf in _leaves(found.value, place.budget):
                    if rule.everything and self._is_spoken_of(levels):
                        continue
                    key = ".".join(map(str, levels)) or value.path.key or "value"
                    filled = value.metric.fill(place._replace(names=found.names, key=key))
                    if filled is None or not (metric := metric_name(filled)):
                        continue
                    if rule.ignore is None or not rule.ignore.fullmatch(metric):
                        self._take_value(device, value, metric, leaf, values, place.budget)
        return values

    def _is_spoken_of(self, levels: tuple[Key, ...]) -> bool:
        if not self._spoken_of:
            return False
        if self._rule.is_text and self._rule.expression is None:
            return () in self._spoken_of
        return levels in self._spoken_of

    def _take_value(
        self,
        device: _Device,
        rule: ValueRule,
        metric: str,
        raw: Any,
        values: dict[str, Value],
        budget: Budget,
    ) -> None:
        device.spoke = True
        if rule.expression is not None and isinstance(raw, str):
            budget.spend(cost(raw))
        self._count += 1
        if self._count > MAX_VALUES:
            detail = f"more than {MAX_VALUES} values in one message"
            raise Undecodable(Reason.TOO_MANY_VALUES, detail)
        found = rule.read(raw, is_text=self._rule.is_text)
        if isinstance(found, Problem):
            device.report(found.reason, f"{metric[:60]!a} {found.detail}")
        elif found is not None:
            if values.setdefault(metric, found) != found:
                self._conflict(device, metric)
            if rule.unit or rule.precision is not None:
                device.told[metric] = rule.unit, rule.precision

    def _add(self, device: _Device, place: Place, values: dict[str, Value]) -> None:
        time_us = 0
        if (moment := self._rule.moment) is not None:
            stamp = moment.path.first(place.document, place.record, place.budget)
            read = moment.read(stamp, self._message.received_us)
            if isinstance(read, Problem):
                device.report(*read)
                # One that came alone is stamped on receipt; of many it is no news of this moment.
                if self._records > 1:
                    return
                device.clock_replaced = read.reason is Reason.IMPLAUSIBLE_TIMESTAMP
            else:
                time_us = read
        kept = device.samples.setdefault(time_us, {})
        for metric, value in values.items():
            if kept.setdefault(metric, value) != value:
                self._conflict(device, metric)

    def _conflict(self, device: _Device, metric: str) -> None:
        detail = f"{metric[:60]!a} has two values at one instant: the first stays"
        device.report(Reason.CONFLICTING_VALUES, detail)


def _leaves(
    value: Any, budget: Budget, levels: tuple[Key, ...] = ()
) -> Iterator[tuple[tuple[Key, ...], Any]]:
    """The plain values below it, with their keys."""
    budget.spend()
    if isinstance(value, dict | list) and len(levels) < MAX_DEPTH:
        for name, child in children(value):
            yield from _leaves(child, budget, (*levels, name))
    else:
        yield levels, value
