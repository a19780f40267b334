"""Channels and what is told on them, for tests."""

from __future__ import annotations

from itertools import count
from typing import Any

from notifications.content import Content
from notifications.models import Channel

_numbers = count(1)


def channel(kind: str = "webhook", **more: Any) -> Channel:
    """A stored channel with a name of its own."""
    secrets = more.pop("secrets", {})
    new = Channel(**{"name": f"channel {next(_numbers)}", "kind": kind, **more})
    new.seal(secrets)
    new.save()
    return new


def content(**more: Any) -> Content:
    """Of an alert of a freezer that is too warm."""
    facts: dict[str, Any] = {
        "what": "fired",
        "alert_id": 12,
        "severity": "critical",
        "sentence": "Temperature −12.4 °C is above −15 °C",
        "subject": "Freezer 1: temperature is too high",
        "device": "Freezer 1",
        "uid": "freezer-1",
        "metric": "temperature",
        "value": -12.4,
        "unit": "°C",
        "limit": -15.0,
    }
    return Content(**{**facts, **more})
