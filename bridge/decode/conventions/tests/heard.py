"""What a convention makes of messages, one after another, in short."""

from __future__ import annotations

from typing import Any

from bridge.decode import Convention, Decoder, storable
from bridge.decode.items import Described, Item, Presence, Rejected, Telemetry
from bridge.decode.state import Facts
from bridge.message import Message

NOW_US = 1_764_244_800_000_000  # 2025-11-27 12:00:00 UTC


class Ears:
    """Hears through one convention; what it remembers stays between messages."""

    def __init__(self, convention: Convention, facts: Facts | None = None) -> None:
        self._decoder = Decoder(facts or Facts(), (convention,))

    def hear(self, topic: str, payload: str | bytes, *, retain: bool = False) -> list[Item]:
        raw = payload.encode("utf-8", "surrogatepass") if isinstance(payload, str) else payload
        message = Message(
            topic.encode("utf-8", "surrogatepass"), raw, 1, False, retain, b"", NOW_US
        )
        items = self._decoder.decode(message)
        storable.check(items)
        return items


def hear(convention: Convention, topic: str, payload: str | bytes) -> list[Item]:
    return Ears(convention).hear(topic, payload)


def values(items: list[Item]) -> dict[str, dict[str, Any]]:
    """Values by metric by uid; of several instants the first that has the metric."""
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        for sample in item.samples if isinstance(item, Telemetry) else ():
            for metric, value in sample.values.items():
                found.setdefault(item.uid, {}).setdefault(metric, value)
    return found


def times(items: list[Item]) -> list[int]:
    """Instants of all samples, in their order."""
    return [
        sample.time_us for item in items if isinstance(item, Telemetry) for sample in item.samples
    ]


def units(items: list[Item]) -> dict[str, str]:
    """By metric, of all devices together."""
    return {item.metric: item.unit for item in items if isinstance(item, Described) and item.metric}


def about(items: list[Item], uid: str) -> Described:
    return next(
        item
        for item in items
        if isinstance(item, Described) and not item.metric and item.uid == uid
    )


def presence(items: list[Item]) -> dict[str, bool]:
    return {item.uid: item.online for item in items if isinstance(item, Presence)}


def reasons(items: list[Item]) -> list[str]:
    """Why something was left out, or all of it refused."""
    return [
        problem.reason.value
        for item in items
        for problem in (
            item.problems
            if isinstance(item, Telemetry)
            else (item.problem,)
            if isinstance(item, Rejected)
            else ()
        )
    ]
