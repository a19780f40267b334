"""Telegraf's JSON, with `json_timestamp_units = "1ms"`; the device is its host."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Values

NAME = "telegraf"
STAMPED = True


def announce(device: Speaker) -> list[Publication]:  # noqa: ARG001
    return []


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    metric = {
        "fields": values,
        "name": device.model.kind,
        "tags": {"host": device.uid},
        "timestamp": round(time * 1_000),
    }
    return [Publication(f"telegraf/{device.uid}/{device.model.kind}", document(metric))]


def will(device: Speaker) -> None:  # noqa: ARG001
    return None
