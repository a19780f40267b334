"""rtl_433 with `-M time:unix:usec`: a transmitter, heard by the receiver of its site."""

from __future__ import annotations

from typing import Any

from firmware_sim.dialects.publication import Publication, Speaker, digest, document, units
from firmware_sim.models import Values

NAME = "rtl_433"
STAMPED = True

SUFFIXES = {
    "°C": "C",
    "hPa": "hPa",
    "m/s": "m_s",
    "°": "deg",
    "mm": "mm",
    "W": "W",
    "kWh": "kWh",
    "V": "V",
    "A": "A",
}


def announce(device: Speaker) -> list[Publication]:
    return [Publication(f"{_receiver(device)}/availability", b"online", retain=True)]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    told: dict[str, Any] = {
        "time": f"{time:.6f}",
        "model": f"Sim-{device.model.kind.title()}",
        "id": int.from_bytes(digest(device, 2), "big"),
        "channel": 1 + digest(device, 3)[2] % 3,
        "battery_ok": 1,
    }
    known = units(device)
    for metric, value in values.items():
        suffix = SUFFIXES.get(known.get(metric, ""))
        name = metric.replace(".", "_")
        told[f"{name}_{suffix}" if suffix else name] = int(value) if value is True else value
    return [Publication(f"{_receiver(device)}/events", document({**told, "mic": "CRC"}))]


def will(device: Speaker) -> Publication:
    return Publication(f"{_receiver(device)}/availability", b"offline", retain=True)


def _receiver(device: Speaker) -> str:
    return f"rtl_433/{device.site.slug}"
