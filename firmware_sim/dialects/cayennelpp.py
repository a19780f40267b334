"""CayenneLPP: the bytes a small LoRaWAN node sends, on a topic of its own. Texts have no place in
it, and numbers are rounded to what the types hold."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, units
from firmware_sim.models import Values

NAME = "cayennelpp"
STAMPED = False

# Type, bytes, whether signed, and how many a unit has, by unit.
TYPES = {
    "°C": (103, 2, True, 10),
    "hPa": (115, 2, False, 10),
    "V": (116, 2, False, 100),
    "A": (117, 2, False, 1_000),
    "W": (128, 2, False, 1),
    "kWh": (131, 4, False, 1_000),
    "ppm": (125, 2, False, 1),
}
ANALOG = (2, 2, True, 100)
DIGITAL = (0, 1, False, 1)


def announce(device: Speaker) -> list[Publication]:  # noqa: ARG001
    return []


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    told = units(device)
    payload = b""
    for channel, (metric, value) in enumerate(values.items()):
        if isinstance(value, str):
            continue
        kind = DIGITAL if isinstance(value, bool) else TYPES.get(told.get(metric, ""), ANALOG)
        number, size, signed, parts = kind
        least = -(2 ** (8 * size - 1)) if signed else 0
        most = 2 ** (8 * size - signed) - 1
        held = min(most, max(least, round(value * parts)))
        payload += bytes([channel, number]) + held.to_bytes(size, "big", signed=signed)
    return [Publication(f"{device.site.slug}/{device.uid}/cayennelpp", payload)]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None
