"""Whether what a convention says can be stored: its mistakes must not reach the database. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from bridge.decode.items import Item, Telemetry, Value
from bridge.decode.json_values import (
    MAX_EXACT_INTEGER,
    MAX_METRIC,
    MAX_TEXT,
    is_plain,
    is_storable,
)
from bridge.errors import BridgeError

UID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # devices.models.UID_PATTERN; kept equal by a test


class Unstorable(BridgeError):
    """A convention said what no convention may say."""


def check(items: Iterable[Item]) -> None:
    """Raises `Unstorable` at the first that cannot be stored."""
    for item in items:
        if item.uid and not UID.fullmatch(item.uid):
            raise Unstorable(f"{item.uid[:80]!a} is no uid")
        for sample in item.samples if isinstance(item, Telemetry) else ():
            if is_plain(sample.values):
                continue
            for metric, value in sample.values.items():
                if not (0 < len(metric) <= MAX_METRIC and is_storable(metric)):
                    raise Unstorable(f"{metric[:80]!a} is no name of a metric")
                if not _is_value(value):
                    raise Unstorable(f"{metric[:80]!a} is {ascii(value)[:80]}")


def _is_value(value: Value) -> bool:
    if type(value) is str:
        return len(value) <= MAX_TEXT and is_storable(value)
    if type(value) is float:
        return math.isfinite(value)
    return type(value) is bool or (type(value) is int and abs(value) <= MAX_EXACT_INTEGER)
