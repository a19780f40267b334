"""What a rule makes of sample messages, for who is writing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bridge.decode import Decoder
from bridge.decode.items import (
    Described,
    Discovered,
    Ignored,
    Item,
    Presence,
    Problem,
    Rejected,
    Remembered,
    Request,
    Telemetry,
)
from bridge.decode.rules import Rules
from bridge.decode.rules.rule import Rule
from bridge.decode.state import Facts
from bridge.message import Message
from bridge.mqtt.properties import safe_text
from telemetry.moments import in_ms

MAX_SHOWN = 500  # values shown of one message
SHOWN_PAYLOAD = 2_048  # bytes


@dataclass(frozen=True, slots=True)
class SampleMessage:
    """A message a rule is tried on."""

    topic: str
    payload: bytes
    received_us: int
    source: str  # "given", "quarantine" or "live"
    retained: bool = False
    size: int | None = None  # bytes, of one of which only the beginning is there

    @property
    def is_whole(self) -> bool:
        return self.size is None or self.size == len(self.payload)


def tried(rule: Rule, samples: Iterable[SampleMessage]) -> list[dict[str, Any]]:
    """What becomes of each under this rule alone, as a bridge would decode it."""
    facts = Facts()
    facts.rules = Rules((rule,))
    decoder = Decoder(facts)
    return [_tried(rule, decoder, each) for each in samples]


def _tried(rule: Rule, decoder: Decoder, sample: SampleMessage) -> dict[str, Any]:
    shown = {
        "topic": sample.topic,
        "payload": safe_text(sample.payload[:SHOWN_PAYLOAD]),
        "size": len(sample.payload) if sample.size is None else sample.size,
        "at": sample.received_us // 1_000,
        "source": sample.source,
    }
    if rule.topic.match(sample.topic) is None:
        why = f"The topic is not {rule.topic.text}."
        return {**shown, "verdict": "unmatched", "problems": [told("", why)], "devices": []}
    if not sample.is_whole:
        why = f"Only its first {len(sample.payload)} bytes are here. Paste all of it to try it."
        return {**shown, "verdict": "untried", "problems": [told("", why)], "devices": []}
    message = Message(
        sample.topic.encode(), sample.payload, 0, False, sample.retained, b"", sample.received_us
    )
    return {**shown, **outcome(decoder.decode(message))}


def outcome(items: list[Item]) -> dict[str, Any]:
    """The verdict of a message, what is wrong with it, and what it says of each device."""
    devices: dict[str, dict[str, Any]] = {}
    problems: list[dict[str, str]] = []
    left = MAX_SHOWN
    for item in items:
        if isinstance(item, Rejected):
            problems.append(told(item.uid, item.problem))
        elif isinstance(item, Ignored):
            problems.append(told(item.uid, f"Ignored: {item.reason.replace('_', ' ')}."))
        elif not isinstance(item, Remembered | Request):
            device = devices.setdefault(item.uid, _nothing_of(item.uid))
            left = _take(device, item, left)
            if isinstance(item, Telemetry):
                problems += [told(item.uid, problem) for problem in item.problems]
    return {"verdict": _verdict(items), "problems": problems, "devices": list(devices.values())}


def result(devices: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The newest value of each metric by device: what a test sample expects."""
    return {
        device["uid"]: {
            metric: value
            for sample in sorted(device["samples"], key=lambda each: each["time"] or 0)
            for metric, value in sample["values"].items()
        }
        for device in devices
        if device["samples"]
    }


def _nothing_of(uid: str) -> dict[str, Any]:
    about = {"site": "", "name": "", "units": {}, "precisions": {}}
    return {"uid": uid, "online": None, **about, "samples": [], "more": 0}


def _take(
    device: dict[str, Any], item: Telemetry | Presence | Described | Discovered, left: int
) -> int:
    """Add what the item says; how many values may be shown after it."""
    if isinstance(item, Presence):
        device["online"] = item.online
    elif isinstance(item, Described):
        device["site"] = item.area or device["site"]
        device["name"] = item.name or device["name"]
        if item.unit:
            device["units"][item.metric] = item.unit
        if item.precision is not None:
            device["precisions"][item.metric] = item.precision
    elif isinstance(item, Telemetry):
        for sample in item.samples:
            values = dict(list(sample.values.items())[: max(0, left)])
            device["more"] += len(sample.values) - len(values)
            left -= len(values)
            if values:
                at = in_ms(sample.time_us) if sample.time_us else None
                device["samples"].append({"time": at, "values": values})
    return left


def told(uid: str, problem: Problem | str) -> dict[str, str]:
    """A problem as REST gives it."""
    reason, detail = ("", problem) if isinstance(problem, str) else (problem[0].value, problem[1])
    return {"uid": uid, "reason": reason, "detail": detail}


def _verdict(items: list[Item]) -> str:
    rejected = [item for item in items if isinstance(item, Rejected)]
    said = [item for item in items if isinstance(item, Telemetry | Presence)]
    if not said:
        return "rejected" if rejected else "ignored"
    partial = any(isinstance(item, Telemetry) and item.problems for item in said)
    return "partial" if rejected or partial else "stored"
