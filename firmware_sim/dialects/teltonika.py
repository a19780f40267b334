"""A Teltonika tracker that stands where the device does; what it measures is on its inputs."""

from __future__ import annotations

from typing import Any

from firmware_sim.dialects.publication import Publication, Speaker, digest, document
from firmware_sim.models import Values

NAME = "teltonika"
STAMPED = True

FIRST_INPUT = 10_800  # the AVL ids of sensors somebody connects


def announce(device: Speaker) -> list[Publication]:  # noqa: ARG001
    return []


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    reported: dict[str, Any] = {
        "ts": round(time * 1_000),
        "pr": 0,
        "latlng": f"{device.latitude:.6f},{device.longitude:.6f}",
        "alt": 34,
        "ang": 0,
        "sat": 9,
        "sp": 0,
        "evt": 0,
        "239": 0,
        "66": 11_922,
    }
    for at, value in enumerate(values.values()):
        reported[str(FIRST_INPUT + at)] = int(value) if isinstance(value, bool) else value
    imei = f"3584{int.from_bytes(digest(device, 6), 'big') % 10**11:011d}"
    topic = f"master/{device.uid}/teltonika/{imei}/data"
    return [Publication(topic, document({"state": {"reported": reported}}))]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None
