"""SenML, as JSON: a pack for each measurement, named by the device's URN."""

from __future__ import annotations

from typing import Any

from firmware_sim.dialects.publication import Publication, Speaker, document, units
from firmware_sim.models import Values

NAME = "senml"
STAMPED = True

UCUM = {"°C": "Cel"}  # units that SenML writes otherwise


def announce(device: Speaker) -> list[Publication]:  # noqa: ARG001
    return []


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    told = units(device)
    pack: list[dict[str, Any]] = [{"bn": f"urn:dev:ops:32473-{device.uid}:", "bt": time}]
    for metric, value in values.items():
        record: dict[str, Any] = {"n": metric}
        if isinstance(value, bool):
            record["vb"] = value
        elif isinstance(value, str):
            record["vs"] = value
        else:
            record["v"] = value
            if unit := told.get(metric, ""):
                record["u"] = UCUM.get(unit, unit)
        pack.append(record)
    return [Publication(f"senml/{device.site.slug}", document(pack))]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None
