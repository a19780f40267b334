"""A thing of AWS IoT that reports to its shadow, on a broker where nobody answers."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Values
from firmware_sim.payload import nest

NAME = "aws_shadow"
STAMPED = False


def announce(device: Speaker) -> list[Publication]:
    return [Publication(f"$aws/events/presence/connected/{device.uid}", b"{}")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    told = {"state": {"reported": nest(values)}}
    return [Publication(f"$aws/things/{device.uid}/shadow/update", document(told))]


def will(device: Speaker) -> Publication:
    return Publication(f"$aws/events/presence/disconnected/{device.uid}", b"{}")
