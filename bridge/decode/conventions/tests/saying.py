"""What a convention makes of messages, one after another, as a decoder would hear them."""

from __future__ import annotations

import json
from typing import Any

from bridge.decode import Convention, Decoder, storable
from bridge.decode.items import Item, Remembered, Telemetry
from bridge.decode.state import Facts
from bridge.message import Message

NOW_US = 1_764_244_800_000_000  # 2025-11-27 12:00:00 UTC


class Saying:
    """Decodes with one convention; what it remembers stays between messages."""

    def __init__(self, convention: Convention) -> None:
        self.facts = Facts()
        self._convention = convention
        self._decoder = Decoder(self.facts, (convention,))
        self._remembered: list[Remembered] = []

    def hear(
        self, topic: str | bytes, payload: Any, *, retain: bool = False, at_us: int = NOW_US
    ) -> list[Item]:
        """The items without what is remembered. What is neither text nor bytes is sent as JSON."""
        if isinstance(payload, str):
            payload = payload.encode("utf-8", "surrogatepass")
        elif not isinstance(payload, bytes):
            payload = json.dumps(payload, ensure_ascii=False).encode("utf-8", "surrogatepass")
        name = topic if isinstance(topic, bytes) else topic.encode()
        items = self._decoder.decode(Message(name, payload, 1, False, retain, b"", at_us))
        storable.check(items)
        self._remembered += [item for item in items if isinstance(item, Remembered)]
        return [item for item in items if not isinstance(item, Remembered)]

    def restart(self) -> Saying:
        """The same in another process: with what was stored as JSON, and nothing else."""
        again = Saying(self._convention)
        for change in self._remembered:
            value = json.loads(json.dumps(change.value))
            again.facts.learn(Remembered(change.convention, change.scope, change.key, value))
        again._remembered = list(self._remembered)
        return again


def readings(items: list[Item]) -> dict[str, dict[str, Any]]:
    """Values by metric by uid, of all that is telemetry."""
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        if isinstance(item, Telemetry):
            for sample in item.samples:
                found.setdefault(item.uid, {}).update(sample.values)
    return found
