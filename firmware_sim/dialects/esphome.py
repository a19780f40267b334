"""ESPHome: a topic a value; units in the discovery for Home Assistant."""

from __future__ import annotations

from firmware_sim.dialects.publication import Publication, Speaker, address, document, written
from firmware_sim.models import Metric, Value, Values

NAME = "esphome"
STAMPED = False

COMPONENTS = {"boolean": "binary_sensor", "text": "text_sensor"}


def announce(device: Speaker) -> list[Publication]:
    mac = address(device).lower()
    told = {"name": device.uid, "friendly_name": device.name, "mac": mac, "version": "2025.10.0"}
    discover = Publication(f"esphome/discover/{device.uid}", document(told), retain=True)
    return [discover, *(_config(device, metric) for metric in device.model.metrics), _birth(device)]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    return [
        Publication(f"{device.uid}/{_component(value)}/{_object(name)}/state", written(value))
        for name, value in values.items()
    ]


def will(device: Speaker) -> Publication:
    return Publication(f"{device.uid}/status", b"offline", retain=True)


def _birth(device: Speaker) -> Publication:
    return Publication(f"{device.uid}/status", b"online", retain=True)


def _config(device: Speaker, metric: Metric) -> Publication:
    component, name = COMPONENTS.get(metric.kind, "sensor"), _object(metric.name)
    told = {
        "name": name,
        "stat_t": f"{device.uid}/{component}/{name}/state",
        "avty_t": f"{device.uid}/status",
        "uniq_id": f"ESP{component}{name}",
        "unit_of_meas": metric.unit,
        "stat_cla": "total_increasing" if metric.kind == "counter" else "measurement",
        "dev": {"ids": address(device).lower(), "name": device.uid, "mdl": device.model.kind},
    }
    # Home Assistant has no text sensors: they are sensors there.
    kind = component.replace("text_sensor", "sensor")
    topic = f"homeassistant/{kind}/{device.uid}/{name}/config"
    return Publication(topic, document(told), retain=True)


def _component(value: Value) -> str:
    if isinstance(value, bool):
        return "binary_sensor"
    return "text_sensor" if isinstance(value, str) else "sensor"


def _object(metric: str) -> str:
    return metric.replace(".", "_")
