"""Shelly, Gen2 and later: notifications of one component, with their time."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, address, document
from firmware_sim.models import Values
from firmware_sim.payload import nest

NAME = "shelly"
STAMPED = True


def announce(device: Speaker) -> list[Publication]:
    return [_online(device, b"true")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    source = f"shellysim-{address(device).lower()}"
    component = f"{device.model.kind.replace('-', '_')}:0"
    told = {
        "src": source,
        "dst": f"{device.uid}/events",
        "method": "NotifyStatus",
        "params": {"ts": time, component: {"id": 0, **nest(values)}},
    }
    return [Publication(f"{device.uid}/events/rpc", document(told))]


def will(device: Speaker) -> Publication:
    return _online(device, b"false")


def _online(device: Speaker, word: bytes) -> Publication:
    return Publication(f"{device.uid}/online", word, retain=True)
