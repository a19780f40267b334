"""Influx line protocol: a line a measurement, nanoseconds, the device in a tag."""

from __future__ import annotations

import re

from firmware_sim.dialects.publication import Publication, Speaker
from firmware_sim.models import Value, Values

NAME = "influx"
STAMPED = True

_SPECIAL = re.compile(r"([,= ])")


def announce(device: Speaker) -> list[Publication]:  # noqa: ARG001
    return []


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    fields = ",".join(f"{_escaped(name)}={_written(value)}" for name, value in values.items())
    line = f"{_escaped(device.model.kind)},device={_escaped(device.uid)} {fields}"
    stamped = f"{line} {round(time * 1_000) * 1_000_000}\n"
    return [Publication(f"influx/{device.site.slug}", stamped.encode())]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None


def _escaped(name: str) -> str:
    return _SPECIAL.sub(r"\\\1", name)


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}"'
    return f"{value}i" if isinstance(value, int) else str(value)
