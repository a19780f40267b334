"""Sparkplug B: edge nodes and their devices, `spBv1.0/{group}/{message}/{node}[/{device}]`. Pure.

Births say what the metrics are called and of which datatype, data may name them by alias alone.
Who misses a birth asks for it: `Node Control/Rebirth`, at most once a minute a node.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from bridge.decode import device_time
from bridge.decode.conventions.sparkplug import payload
from bridge.decode.conventions.sparkplug.node import ITSELF, UNBORN, Birth, Node
from bridge.decode.conventions.sparkplug.payload import Metric, Payload
from bridge.decode.conventions.sparkplug.values import Found
from bridge.decode.conventions.sparkplug.wire import Malformed
from bridge.decode.descriptions import said, units
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import (
    Described,
    Discovered,
    Ignored,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
    Sample,
    Telemetry,
)
from bridge.decode.state import CERTAIN, State
from bridge.message import MAX_PAYLOAD, Message

NAME = "sparkplug"
NAMESPACE = "spBv1.0"
OF_NODE = ("NBIRTH", "NDATA", "NDEATH")
OF_DEVICE = ("DBIRTH", "DDATA", "DDEATH")
FILTERS = (
    *(f"{NAMESPACE}/+/{message}/+" for message in OF_NODE),
    *(f"{NAMESPACE}/+/{message}/+/+" for message in OF_DEVICE),
)
COMMAND, STATE, OLD_DEATH = "sparkplug_command", "sparkplug_state", "sparkplug_old_death"
NOT_KEPT = "sparkplug_not_kept"  # metrics that are transient or of bad quality

MAX_CACHED = 20_000  # devices whose uids need not be made again

BD_SEQ = "bdSeq"
PROPERTIES = "Properties/"  # metrics that say what the device is
NO_READINGS = ("Node Control/", "Device Control/", PROPERTIES)
# What such a metric says, by its last level in lower case.
ABOUT = {
    "hardware make": "manufacturer",
    "hw_make": "manufacturer",
    "manufacturer": "manufacturer",
    "hardware model": "model",
    "hw_model": "model",
    "hw_version": "model",
    "model": "model",
    "fw": "firmware",
    "fw_version": "firmware",
    "firmware version": "firmware",
}
UNITS = ("engUnit", "engineeringUnits", "Engineering Units", "unit", "units")  # properties' keys
QUALITY, GOOD, STALE = "Quality", 192, 500


class Route(NamedTuple):
    """Which message of which node, and of which of its devices."""

    kind: str
    group: str
    node: str
    device: str  # ITSELF of the node


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (the topic alone decides)
    """Confidence, 0 to 100, that this convention explains the message."""
    return CERTAIN if topic.startswith((f"{NAMESPACE}/", "STATE/")) else 0


def decode(message: Message, state: State) -> list[Item]:
    """Never raises for bad data."""
    route = _route(state.context.topic(message.topic))
    if not isinstance(route, Route):
        return [route]
    node = Node(state, route.group, route.node)
    uid = _uid(node, route.device)
    if len(message.payload) > MAX_PAYLOAD:
        detail = f"{len(message.payload)} bytes, over {MAX_PAYLOAD}"
        return [Rejected(uid, Problem(Reason.TOO_LARGE, detail))]
    try:
        found = payload.read(message.payload)
    except Malformed as exc:
        return [Rejected(uid, Problem(Reason.MALFORMED_BINARY, str(exc)))]
    if route.kind.endswith("DEATH"):
        return _death(route, node, uid, found)
    is_node_birth = route.kind == "NBIRTH"
    heard_all = node.follows(found.seq, is_birth=is_node_birth)
    is_new = node.is_new()
    missed = not is_node_birth and (is_new or not heard_all or node.birth(ITSELF) is None)
    if route.kind.endswith("BIRTH"):
        items = _birth(route, node, uid, found, message.received_us)
    else:
        read = _Reading(found, node.birth(route.device) or UNBORN, message.received_us)
        items = read.items(uid, is_all=True)
        missed = missed or bool(read.unknown)
    return items + node.ask(message.received_us) if missed else items


@lru_cache(MAX_CACHED)
def _route(topic: str) -> Route | Item:
    """Or what becomes of a message that says nothing of a device."""
    levels = topic.replace("\0", "\ufffd").split("/")
    if levels[0] == "STATE" or levels[1] == "STATE":
        return Ignored(STATE)
    if len(levels) == 4 and levels[2] in OF_NODE and levels[1] and levels[3]:
        return Route(levels[2], levels[1], levels[3], ITSELF)
    if len(levels) == 5 and levels[2] in OF_DEVICE and levels[1] and levels[3] and levels[4]:
        return Route(levels[2], levels[1], levels[3], levels[4])
    if len(levels) > 2 and levels[2] in ("NCMD", "DCMD"):
        return Ignored(COMMAND)
    return Rejected("", Problem(Reason.UNKNOWN_TOPIC, "it is no message of Sparkplug B"))


def _uid(node: Node, device: str) -> str:
    return _uid_of(f"{node.full}/{device}" if device else node.full)


_uid_of = lru_cache(MAX_CACHED)(device_uid)


def _death(route: Route, node: Node, uid: str, found: Payload) -> list[Item]:
    """A node takes its devices with it. The will of an earlier session says nothing: its node is
    here again. That of a later one does: its birth was missed."""
    if route.kind == "DDEATH":
        node.follows(found.seq, is_birth=False)
        return [Presence(uid, False)]
    died, born = _bd_seq(found), node.bd_seq
    if died is not None and born is not None and 0 < (born - died) % 256 < 128:
        return [Ignored(OLD_DEATH, uid=uid)]
    return [Presence(uid, False), *(Presence(_uid(node, each), False) for each in node.devices)]


def _bd_seq(found: Payload) -> int | None:
    held = [each.value for each in found.metrics if each.name == BD_SEQ]
    return held[0] if held and isinstance(held[0], int) else None


def _birth(route: Route, node: Node, uid: str, found: Payload, received_us: int) -> list[Item]:
    birth = Birth.of(found.metrics)
    told: dict[str, Any] = {
        ABOUT[word]: said(payload.text(each.value))
        for each in found.metrics
        if each.name.startswith(PROPERTIES) and isinstance(each.value, bytes)
        if (word := each.name.rpartition("/")[2].lower()) in ABOUT
    }
    name = said(route.device or route.node)
    items: list[Item] = [Described(uid, name=name, area=said(route.group), **told)]
    if route.device:
        items.append(Discovered(uid, _uid(node, ITSELF)))
    items += [Presence(uid, True), *units(uid, _units(found.metrics))]
    read = _Reading(found, birth, received_us)
    birth.names.update(read.found.members)
    node.born(route.device, birth, received_us, _bd_seq(found))
    return items + read.items(uid, is_all=False)


def _units(metrics: list[Metric]) -> dict[str, str]:
    """By metric, of those whose properties say one."""
    told: dict[str, str] = {}
    for metric in metrics:
        if metric.properties and metric.name:
            held = _properties(metric)
            unit = next((held[key] for key in UNITS if key in held), "")
            if isinstance(unit, str) and unit:
                told[metric_name(*metric.name.split("/"))] = unit
    return told


def _properties(metric: Metric) -> dict[str, str | int]:
    try:
        return payload.properties(metric.properties)
    except Malformed:
        return {}


class _Reading:
    """What the metrics of a payload say, each at its time."""

    def __init__(self, told: Payload, birth: Birth, received_us: int) -> None:
        self.found = Found(birth.names)
        self.unknown = 0  # metrics whose alias no birth told
        self.is_replaced = False  # a time cannot be true
        self._not_kept = 0
        last_ms, time_us = None, 0  # the stamp read last, and its Unix us
        add = self.found.add
        for metric in told.metrics:
            name = metric.name or birth.name_of(metric)
            if not name:
                self.unknown += 1
            elif metric.is_transient or (metric.properties and _is_bad(metric)):
                self._not_kept += 1
            elif name != BD_SEQ and not name.startswith(NO_READINGS):
                stamp = told.time_ms if metric.time_ms is None else metric.time_ms
                if stamp != last_ms:
                    last_ms, time_us = stamp, self._time(stamp, received_us)
                add(name, metric, time_us)
        if self.unknown:
            detail = f"no birth told the names of {self.unknown} metrics, only aliases came"
            self.found.problems.insert(0, Problem(Reason.NO_BIRTH, detail))

    def _time(self, stamp: int | None, received_us: int) -> int:
        if stamp is None:
            return 0
        time = device_time.read(stamp, received_us, "timestamp")
        if isinstance(time, int):
            return time
        if not self.is_replaced:
            self.found.report(*time)
        self.is_replaced = True
        return 0

    def items(self, uid: str, *, is_all: bool) -> list[Item]:
        """`is_all`: the message says nothing else."""
        samples = [Sample(at_us, values) for at_us, values in self.found.by_time.items() if values]
        problems = tuple(self.found.problems)
        items: list[Item] = [Ignored(NOT_KEPT, uid=uid)] if self._not_kept else []
        if problems and is_all and not samples:
            return [*items, Rejected(uid, problems[0])]
        if samples or problems:
            items.append(Telemetry(uid, samples, problems, self.is_replaced))
        return items or [Described(uid)]


def _is_bad(metric: Metric) -> bool:
    """Whether the quality says so: 192 and above is good, 500 is stale."""
    quality = _properties(metric).get(QUALITY)
    return isinstance(quality, int) and (quality < GOOD or quality == STALE)
