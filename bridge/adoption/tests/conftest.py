"""A committer without its thread, and a dialect of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge import decode
from bridge.decode.items import Described, Discovered, Item, Presence, Sample, Telemetry
from bridge.decode.state import CERTAIN, State
from bridge.message import Message
from bridge.tests.conftest import database
from bridge.tests.test_transaction import Transaction, transaction

__all__ = ["database", "transaction"]

NOW_US = 1_764_244_800_000_000


class Hall:
    """`hall/{uid}`: an object of values, or of what it says of itself."""

    NAME = "hall"
    FILTERS = ("hall/+",)

    def matches(self, topic: str, payload: bytes) -> int:  # noqa: ARG002
        return CERTAIN if topic.startswith("hall/") else 0

    def decode(self, message: Message, state: State) -> list[Item]:  # noqa: ARG002
        uid, said = message.topic.decode().split("/")[1], json.loads(message.payload)
        if said in ("online", "offline"):
            return [Presence(uid, said == "online")]
        if "described" in said:
            facts = [Described(uid, **each) for each in said["described"]]
            return [*facts, Discovered(uid, "gateway-1")]
        return [Telemetry(uid, [Sample(said.pop("at", 0), said)])]


@pytest.fixture
def hall(transaction: Transaction, monkeypatch: pytest.MonkeyPatch) -> Transaction:
    conventions = (Hall(), *decode.CONVENTIONS)
    monkeypatch.setattr(decode.Decoder.__init__, "__defaults__", (None, conventions))
    monkeypatch.setattr("bridge.listening.CONVENTIONS", conventions)
    transaction.intake._decoder = decode.Decoder(transaction.intake._memory.facts)
    return transaction


def say(hall: Transaction, *said: tuple[str, Any]) -> Any:
    messages = [
        Message(f"hall/{uid}".encode(), json.dumps(what).encode(), n + 1, False, False, b"", NOW_US)
        for n, (uid, what) in enumerate(said)
    ]
    return hall.commit(messages)
