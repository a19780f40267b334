"""Homie 5: a description, a state, a topic a property."""

from __future__ import annotations

from typing import Any

from firmware_sim.dialects.publication import Publication, Speaker, document, written
from firmware_sim.models import Values

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
    return [description, state(_topic(device), b"ready")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    return properties(_topic(device), values)


def will(device: Speaker) -> Publication:
    return state(_topic(device), b"lost")


def properties(topic: str, values: Values) -> list[Publication]:
    """The values below the topic of their device."""
    return [
        Publication(f"{topic}/{'/'.join(place(metric))}", written(value, yes=b"true", no=b"false"))
        for metric, value in values.items()
    ]


def state(topic: str, word: bytes) -> Publication:
    """What the device with this topic says of itself."""
    return Publication(f"{topic}/$state", word, retain=True)


def _topic(device: Speaker) -> str:
    return f"homie/5/{native(device)}"


def native(device: Speaker) -> str:
    """Its id, of lower-case letters, digits and hyphens."""
    return device.uid.lower().replace("_", "-")


def place(metric: str) -> tuple[str, str]:
    """Node and property, of lower-case letters, digits and hyphens."""
    node, _, name = metric.lower().replace("_", "-").rpartition(".")
    return node.replace(".", "-") or NODE, name
