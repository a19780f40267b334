"""Tasmota: SENSOR with its time in milliseconds (`Time 4`), LWT, discovery."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, address, document
from firmware_sim.models import Values
from firmware_sim.payload import nest

NAME = "tasmota"
STAMPED = True

CHIP = "SIM1"


def announce(device: Speaker) -> list[Publication]:
    mac = address(device)
    config = {
        "ip": "192.0.2.7",
        "dn": device.name,
        "fn": [device.name, None],
        "hn": device.uid,
        "mac": mac,
        "md": device.model.kind,
        "ofln": "Offline",
        "onln": "Online",
        "state": ["OFF", "ON", "TOGGLE", "HOLD"],
        "sw": "14.2.0",
        "t": device.uid,
        "ft": "%prefix%/%topic%/",
        "tp": ["cmnd", "stat", "tele"],
    }
    discovery = Publication(f"tasmota/discovery/{mac}/config", document(config), retain=True)
    return [discovery, _will(device, b"Online")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    named = {".".join(map(_written, name.split("."))): value for name, value in values.items()}
    told = {"Time": round(time * 1_000), CHIP: nest(named), "TempUnit": "C"}
    return [Publication(f"tele/{device.uid}/SENSOR", document(told))]


def will(device: Speaker) -> Publication:
    return _will(device, b"Offline")


def _will(device: Speaker, word: bytes) -> Publication:
    return Publication(f"tele/{device.uid}/LWT", word, retain=True)


def _written(name: str) -> str:
    """As Tasmota's drivers write names: `CarbonDioxide`."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))
