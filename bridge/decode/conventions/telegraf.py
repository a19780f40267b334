"""Telegraf's JSON: `{"name", "tags", "fields", "timestamp"}`, alone or in `{"metrics": […]}`. Pure.

The timestamp counts seconds unless somebody set `json_timestamp_units`; its size tells. Each metric
that is wrong costs itself.
"""

from __future__ import annotations

from typing import Any

from bridge.decode import documents, foreign_time, telegraf_names
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.flattening import flattened
from bridge.decode.items import Item, Reason, Rejected
from bridge.decode.state import State
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "telegraf"
FILTERS = ("telegraf/#",)
BY_TOPIC = 63
BY_PAYLOAD = 50
MAX_METRICS = 5_000  # of a message
MAX_TAGS = 50  # of a metric


def matches(topic: str, payload: bytes) -> int:
    """By what the document has."""
    if payload[:1] != b"{" or b'"fields"' not in payload:
        return 0
    document = documents.peek(payload)
    if not isinstance(document, dict):
        return 0
    batch = document.get("metrics")
    first = batch[0] if type(batch) is list and batch else document
    if not _is_metric(first):
        return 0
    return reach(topic)


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return BY_TOPIC if topic.startswith("telegraf/") else BY_PAYLOAD


def decode(message: Message, state: State) -> list[Item]:
    """The metrics of each device. Never raises for bad data."""
    names = telegraf_names.Names(state.context.topic(message.topic))
    try:
        document = documents.read(message.payload)
    except Undecodable as exc:
        return [Rejected(names.uid, exc.problem)]
    batch = document.get("metrics") if isinstance(document, dict) else document
    metrics = batch if isinstance(batch, list) else [document]
    found = DeviceReadings(message, state)
    for at, metric in enumerate(metrics[:MAX_METRICS]):
        if _is_metric(metric):
            _add(found, names, metric, message.received_us)
        else:
            found.report(Reason.WRONG_TYPE, f"[{at}] has no name, tags and fields")
    if len(metrics) > MAX_METRICS:
        detail = f"{len(metrics)} metrics, over {MAX_METRICS}: the others are left out"
        found.report(Reason.TOO_MANY_VALUES, detail)
    return found.or_rejected(names.uid)


def _is_metric(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and isinstance(document.get("fields"), dict)
        and isinstance(document.get("name"), str)
        and isinstance(document.get("tags", {}), dict)
    )


def _add(
    found: DeviceReadings, names: telegraf_names.Names, metric: dict[str, Any], received_us: int
) -> None:
    stamp = metric.get("timestamp")
    time_us = foreign_time.read(stamp, received_us)
    found.clock_replaced |= stamp is not None and not time_us
    flat = flattened(metric["fields"])
    for problem in flat.problems:
        found.report(*problem)
    tags = {
        str(key): value
        for key, value in list(metric.get("tags", {}).items())[:MAX_TAGS]
        if type(value) is str
    }
    names.add(found, metric["name"], tags, flat.values, time_us)
