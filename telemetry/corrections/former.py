"""Readings as a correction keeps them: JSON, which brings every number back to the bit. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping

from telemetry.storage.replace import Readings


def packed(readings: Readings) -> str:
    return json.dumps(sorted(readings.items()), separators=(",", ":")) if readings else ""


def unpacked(text: str) -> dict[int, float | str]:
    return dict(json.loads(text)) if text else {}


def difference(
    stored: Readings, wanted: Readings
) -> tuple[dict[int, float | str], dict[int, float | str]]:
    """What is to be removed and written where the first are stored and the second wanted."""
    return _lacking(stored, wanted), _lacking(wanted, stored)


def _lacking(some: Readings, others: Readings) -> dict[int, float | str]:
    return {us: value for us, value in some.items() if not _has(others, us, value)}


def _has(readings: Mapping[int, float | str], us: int, value: float | str) -> bool:
    # By their texts, for which −0.0 is not 0.0 and "1.0" not 1.0.
    return us in readings and repr(readings[us]) == repr(value)
