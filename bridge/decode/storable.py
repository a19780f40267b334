"""Whether what a convention says can be stored: its mistakes must not reach the database. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import inf, isfinite

from bridge.decode.items import Described, Discovered, Item, Request, Telemetry, Value
from bridge.decode.json_values import (
    MAX_EXACT_INTEGER,
    MAX_METRIC,
    MAX_TEXT,
    are_plain_names,
    is_storable,
)
from bridge.errors import BridgeError

MAX_UID = 64  # characters
MAX_TOPIC = 1_000  # characters of a topic that is published to
UID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # devices.models.UID_PATTERN; kept equal by a test


class Unstorable(BridgeError):
    """A convention said what no convention may say."""


def check(items: Iterable[Item]) -> None:
    """Raises `Unstorable` at the first that cannot be stored."""
    for item in items:
        if item.uid and not UID.fullmatch(item.uid):
            raise Unstorable(f"{item.uid[:80]!a} is no uid")
        if isinstance(item, Discovered) and not UID.fullmatch(item.gateway):
            raise Unstorable(f"{item.gateway[:80]!a} is no uid of a gateway")
        if isinstance(item, Described):
            _check_described(item)
        if isinstance(item, Request) and not _is_topic(item.topic):
            raise Unstorable(f"{item.topic[:80]!a} is no topic to publish to")
        for sample in item.samples if isinstance(item, Telemetry) else ():
            _check_values(sample.values)


def _check_values(values: Mapping[str, Value]) -> None:
    if not are_plain_names(values.keys()):
        for metric in values:
            if not (0 < len(metric) <= MAX_METRIC and is_storable(metric)):
                raise Unstorable(f"{metric[:80]!a} is no name of a metric")
    for metric, value in values.items():
        if not ((type(value) is float and isfinite(value)) or _is_value(value)):
            raise Unstorable(f"{metric[:80]!a} is {ascii(value)[:80]}")


def _is_topic(topic: str) -> bool:
    """Whether it may be published to."""
    return 0 < len(topic) <= MAX_TOPIC and not set("+#\0") & set(topic) and is_storable(topic)


def _check_described(item: Described) -> None:
    if item.metric and not (len(item.metric) <= MAX_METRIC and is_storable(item.metric)):
        raise Unstorable(f"{item.metric[:80]!a} is no name of a metric")
    if not 0 <= item.expires_after_s < inf:
        raise Unstorable(f"{item.expires_after_s!a} is no time to expire")
    told = (item.unit, item.name, item.model, item.firmware, item.manufacturer, item.area)
    for text in (*told, *item.aliases, item.label, item.quantity):
        if not is_storable(text):
            raise Unstorable(f"{text[:80]!a} cannot be stored")


def _is_value(value: Value) -> bool:
    if type(value) is str:
        return len(value) <= MAX_TEXT and is_storable(value)
    if type(value) is float:
        return isfinite(value)
    return type(value) is bool or (type(value) is int and abs(value) <= MAX_EXACT_INTEGER)
