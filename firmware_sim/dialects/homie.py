"""Homie 5: a description, a state, a topic a property."""

from __future__ import annotations

from typing import Any

from firmware_sim.dialects.publication import Publication, Speaker, document
from firmware_sim.models import Value, Values

NAME = "homie"
STAMPED = False

NODE = "sensor"  # of metrics that name none
DATATYPES = {"boolean": "boolean", "text": "string"}


def announce(device: Speaker) -> list[Publication]:
    nodes: dict[str, dict[str, Any]] = {}
    for metric in device.model.metrics:
        node, name = place(metric.name)
        described = {
            "name": metric.name,
            "datatype": DATATYPES.get(metric.kind, "float"),
            "unit": metric.unit,
            "retained": False,
        }
        nodes.setdefault(node, {"name": node, "properties": {}})["properties"][name] = described
    told = {"homie": "5.0", "version": 1, "name": device.name, "nodes": nodes}
    description = Publication(f"{_topic(device)}/$description", document(told), retain=True)
    return [description, _state(device, b"ready")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    return [
        Publication(f"{_topic(device)}/{'/'.join(place(metric))}", written(value))
        for metric, value in values.items()
    ]


def will(device: Speaker) -> Publication:
    return _state(device, b"lost")


def _state(device: Speaker, word: bytes) -> Publication:
    return Publication(f"{_topic(device)}/$state", word, retain=True)


def _topic(device: Speaker) -> str:
    return f"homie/5/{native(device)}"


def native(device: Speaker) -> str:
    """Its id, of lower-case letters, digits and hyphens."""
    return device.uid.lower().replace("_", "-")


def place(metric: str) -> tuple[str, str]:
    """Node and property, of lower-case letters, digits and hyphens."""
    node, _, name = metric.lower().replace("_", "-").rpartition(".")
    return node.replace(".", "-") or NODE, name


def written(value: Value) -> bytes:
    """A value as its property is told."""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    return str(value).encode()
