"""JSON of somebody's own making: nested values on a topic by site and device."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Values
from firmware_sim.payload import nest

NAME = "json"
STAMPED = True


def announce(device: Speaker) -> list[Publication]:
    return [Publication(f"{_topic(device)}/status", b'{"status":"online"}', retain=True)]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    told = {"timestamp": round(time, 3), "data": nest(values)}
    return [Publication(f"{_topic(device)}/data", document(told))]


def will(device: Speaker) -> Publication:
    return Publication(f"{_topic(device)}/status", b'{"status":"offline"}', retain=True)


def _topic(device: Speaker) -> str:
    return f"plant/{device.site.slug}/{device.uid}"
