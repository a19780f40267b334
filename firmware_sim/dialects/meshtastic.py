"""Meshtastic's JSON: a node of a mesh, heard by the gateway of its site."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from firmware_sim.dialects.publication import Publication, Speaker, digest, document
from firmware_sim.models import Values

NAME = "meshtastic"
STAMPED = True

KEYS = {"humidity": "relative_humidity", "pressure": "barometric_pressure"}


def announce(device: Speaker) -> list[Publication]:
    info = {"hardware": 10, "id": f"!{digest(device, 4).hex()}", "longname": device.name}
    return [_packet(device, "nodeinfo", {**info, "shortname": device.name[:4]}, 0)]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    told = {
        KEYS.get(metric, metric.replace(".", "_")): value
        for metric, value in values.items()
        if not isinstance(value, str | bool)
    }
    return [_packet(device, "telemetry", {**told, "time": round(time)}, time)]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None


def _packet(device: Speaker, kind: str, payload: dict[str, Any], time: float) -> Publication:
    gateway = f"!{hashlib.sha256(device.site.slug.encode()).hexdigest()[:8]}"
    packet = {
        "id": secrets.randbits(32),
        "channel": 0,
        "from": int.from_bytes(digest(device, 4), "big"),
        "payload": payload,
        "sender": gateway,
        "timestamp": round(time),
        "to": -1,
        "type": kind,
    }
    return Publication(f"msh/EU_868/2/json/LongFast/{gateway}", document(packet))
