"""Shelly, Gen1: a topic a value below `shellies/{id}/`."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, address, document, written
from firmware_sim.models import Values

NAME = "shelly_gen1"
STAMPED = False


def announce(device: Speaker) -> list[Publication]:
    told = {
        "id": device.uid,
        "model": "SHSIM-1",
        "mac": address(device),
        "new_fw": False,
        "fw_ver": "20230913-112003/v1.14.0-gcb84623",
    }
    return [Publication("shellies/announce", document(told)), _online(device, b"true")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    return [
        Publication(
            f"shellies/{device.uid}/sensor/{metric.replace('.', '_')}",
            written(value, yes=b"true", no=b"false"),
        )
        for metric, value in values.items()
    ]


def will(device: Speaker) -> Publication:
    return _online(device, b"false")


def _online(device: Speaker, word: bytes) -> Publication:
    return Publication(f"shellies/{device.uid}/online", word, retain=True)
