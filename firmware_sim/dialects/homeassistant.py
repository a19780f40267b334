"""Whatever announces itself to Home Assistant: the device form, one state for all values."""

from __future__ import annotations

from typing import Any

from firmware_sim.dialects.publication import Publication, Speaker, address, document
from firmware_sim.models import Metric, Values
from firmware_sim.payload import nest

NAME = "homeassistant"
STAMPED = False


def announce(device: Speaker) -> list[Publication]:
    mac = address(device)
    config = {
        "~": _base(device),
        "dev": {
            "ids": [device.uid],
            "name": device.name,
            "mdl": device.model.kind,
            "cns": [["mac", ":".join(mac[at : at + 2] for at in range(0, 12, 2))]],
        },
        "o": {"name": "firmware_sim"},
        "cmps": {f"{device.uid}_{each.name}": _component(each) for each in device.model.metrics},
        "stat_t": "~/state",
        "avty_t": "~/availability",
    }
    topic = f"homeassistant/device/{device.uid}/config"
    return [Publication(topic, document(config), retain=True), _availability(device, b"online")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    return [Publication(f"{_base(device)}/state", document(nest(values)))]


def will(device: Speaker) -> Publication:
    return _availability(device, b"offline")


def _base(device: Speaker) -> str:
    return f"homeassistant/sensor/{device.uid}"


def _availability(device: Speaker, word: bytes) -> Publication:
    return Publication(f"{_base(device)}/availability", word, retain=True)


def _component(metric: Metric) -> dict[str, Any]:
    told: dict[str, Any] = {
        "p": "sensor",
        "name": metric.name,
        "uniq_id": metric.name,
        "val_tpl": "{{ value_json." + metric.name + " }}",
    }
    match metric.kind:
        case "boolean":
            return {**told, "p": "binary_sensor", "pl_on": True, "pl_off": False}
        case "counter":
            return {**told, "unit_of_meas": metric.unit, "stat_cla": "total_increasing"}
        case "gauge":
            return {**told, "unit_of_meas": metric.unit, "stat_cla": "measurement"}
    return told
