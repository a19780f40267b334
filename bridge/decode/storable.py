"""Whether what a convention says can be stored: its mistakes must not reach the database. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from math import inf, isfinite

from bridge.decode.items import Described, Discovered, Item, Request, Telemetry, Value
from bridge.decode.values import (
    MAX_METRIC,
    MAX_TEXT,
    are_plain_names,
    is_number,
    is_storable,
)
from bridge.errors import BridgeError

NUMBERS = frozenset({float, bool})  # of which nearly all are, and which are finite or not
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
        if type(item) is Telemetry:  # nearly all
            for sample in item.samples:
                _check_values(sample.values)
        elif isinstance(item, Described):
            _check_described(item)
        elif isinstance(item, Discovered) and not UID.fullmatch(item.gateway):
            raise Unstorable(f"{item.gateway[:80]!a} is no uid of a gateway")
        elif isinstance(item, Request) and not _is_topic(item.topic):
            raise Unstorable(f"{item.topic[:80]!a} is no topic to publish to")


def _check_values(values: Mapping[str, Value]) -> None:
    if not are_plain_names(values.keys()):
        for metric in values:
            if not (0 < len(metric) <= MAX_METRIC and is_storable(metric)):
                raise Unstorable(f"{metric[:80]!a} is no name of a metric")
    if NUMBERS.issuperset(map(type, values.values())) and all(map(isfinite, values.values())):  # type: ignore[arg-type]
        return
    for metric, value in values.items():
        if type(value) is float:
            good = isfinite(value)
        elif type(value) is str:
            good = len(value) <= MAX_TEXT and is_storable(value)
        else:
            good = type(value) is bool or is_number(value)
        if not good:
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
