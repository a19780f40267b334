"""One value a topic, as the simplest sketches publish."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, written
from firmware_sim.models import Values

NAME = "scalar"
STAMPED = False


def announce(device: Speaker) -> list[Publication]:
    return [Publication(f"{_topic(device)}/status", b"online", retain=True)]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    return [
        Publication(f"{_topic(device)}/{metric}", written(value))
        for metric, value in values.items()
    ]


def will(device: Speaker) -> Publication:
    return Publication(f"{_topic(device)}/status", b"offline", retain=True)


def _topic(device: Speaker) -> str:
    return f"diy/{device.site.slug}/{device.uid}"
