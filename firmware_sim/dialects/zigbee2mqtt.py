"""Zigbee2MQTT: a device below the base topic, its attributes in one object."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Values
from firmware_sim.payload import nest

NAME = "zigbee2mqtt"
STAMPED = False

LINK = 120  # of 255


def announce(device: Speaker) -> list[Publication]:
    return [_availability(device, "online")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    told = {**nest(values), "linkquality": LINK, "update": {"state": "idle"}}
    return [Publication(_topic(device), document(told))]


def will(device: Speaker) -> Publication:
    return _availability(device, "offline")


def _availability(device: Speaker, state: str) -> Publication:
    return Publication(f"{_topic(device)}/availability", document({"state": state}), retain=True)


def _topic(device: Speaker) -> str:
    return f"zigbee2mqtt/{device.uid}"
