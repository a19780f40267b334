"""An independent reading of the telemetry forms, to compare what arrived with the ledger."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

Key = tuple[str, int | None, str]


def flatten(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def milliseconds(ts: int | str) -> int:
    if isinstance(ts, int):
        return ts
    return round(datetime.fromisoformat(ts).timestamp() * 1000)


def read(payload: bytes) -> list[tuple[int | None, dict[str, Any]]]:
    """Time and values of each sample; what is unstamped in one array is one sample."""
    document = json.loads(payload)
    items = document if isinstance(document, list) else [document]
    samples = [
        (milliseconds(item["ts"]), flatten(item["values"])) for item in items if "ts" in item
    ]
    loose: dict[str, Any] = {}
    for item in items:
        if "ts" not in item:
            loose.update(flatten(item))
    return [*samples, (None, loose)] if loose else samples


def key(uid: str, ts: int | None, values: dict[str, Any]) -> Key:
    return uid, ts, json.dumps(values, sort_keys=True)


def arrived(telemetry: Iterable[tuple[str, bytes]]) -> Counter[Key]:
    return Counter(key(uid, ts, values) for uid, body in telemetry for ts, values in read(body))


def recorded(ledger: Iterable[dict[str, Any]]) -> Counter[Key]:
    return Counter(key(line["uid"], line["ts"], line["values"]) for line in ledger)
