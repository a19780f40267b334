"""What the simulator says in a dialect, as a bridge reads it."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.decode import Decoder
from bridge.decode.items import Item
from bridge.message import Message
from firmware_sim.dialects.publication import Publication


def read(decoder: Decoder, publications: Iterable[Publication], at: float) -> list[Item]:
    """What was received at `at`, Unix seconds."""
    return [
        item
        for topic, payload, retain in publications
        for item in decoder.decode(
            Message(topic.encode(), payload, 1, False, retain, b"", int(at * 1e6))
        )
    ]


def numbers(values: dict[str, object]) -> list[float]:
    """Those among the values, to two decimals, which every dialect but the coarse ones has."""
    return sorted(
        round(float(value), 2)
        for value in values.values()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    )
