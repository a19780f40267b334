"""What a candidate probably is, by what it says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.decode.quantities import quantity_of

MIN_INTERVAL, MAX_INTERVAL = 1.0, 86_400.0  # seconds between two messages that are believed
FEW = 3  # messages that tell an interval
EXPIRES_AFTER = 5  # intervals: as many as a device may miss until it is silent (devices.presence)

# The first of these kinds of which a device has all quantities.
KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("air-quality", frozenset({"co2"})),
    ("air-quality", frozenset({"pm25"})),
    ("weather-station", frozenset({"wind_speed"})),
    ("weather-station", frozenset({"precipitation"})),
    ("soil-sensor", frozenset({"moisture"})),
    ("power-meter", frozenset({"energy"})),
    ("power-meter", frozenset({"power"})),
    ("tracker", frozenset({"latitude", "longitude"})),
    ("motion-sensor", frozenset({"motion"})),
    ("contact-sensor", frozenset({"contact"})),
    ("climate-sensor", frozenset({"temperature", "humidity"})),
    ("thermometer", frozenset({"temperature"})),
    ("light-sensor", frozenset({"illuminance"})),
    ("water-meter", frozenset({"water"})),
    ("gas-meter", frozenset({"gas"})),
)


def kind_of(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    """As Device.kind; "" where nothing tells."""
    found = {
        about.get("quantity") or quantity_of(metric, about.get("unit", ""))
        for metric, about in metrics.items()
    }
    return next((kind for kind, all_of in KINDS if all_of <= found), "")


def interval_of(messages: int, seconds: float, expires_after_s: float) -> float | None:
    """Seconds between two messages of one that sent so many within so long, or says when what it
    said expires; None where nothing tells."""
    if expires_after_s:
        told = expires_after_s / EXPIRES_AFTER
    elif messages >= FEW and seconds > 0:
        told = seconds / (messages - 1)
    else:
        return None
    return min(max(told, MIN_INTERVAL), MAX_INTERVAL)
