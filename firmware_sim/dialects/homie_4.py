"""Homie 4: each attribute of device, node and property retained under a topic of its own."""

from __future__ import annotations

from firmware_sim.dialects import homie
from firmware_sim.dialects.publication import Publication, Speaker
from firmware_sim.models import Values

NAME = "homie4"
STAMPED = False


def announce(device: Speaker) -> list[Publication]:
    topic = _topic(device)
    nodes: dict[str, list[str]] = {}
    properties: list[tuple[str, str]] = []
    for metric in device.model.metrics:
        node, name = homie.place(metric.name)
        nodes.setdefault(node, []).append(name)
        above = f"{topic}/{node}/{name}"
        properties += [
            (f"{above}/$name", metric.name),
            (f"{above}/$datatype", homie.DATATYPES.get(metric.kind, "float")),
            (f"{above}/$retained", "false"),
        ]
        if metric.unit:
            properties.append((f"{above}/$unit", metric.unit))
    told = [
        (f"{topic}/$homie", "4.0.0"),
        (f"{topic}/$name", device.name),
        (f"{topic}/$implementation", device.model.kind),
        (f"{topic}/$extensions", ""),
        (f"{topic}/$nodes", ",".join(nodes)),
        *((f"{topic}/{node}/$name", node) for node in nodes),
        *((f"{topic}/{node}/$properties", ",".join(names)) for node, names in nodes.items()),
        *properties,
    ]
    attributes = [Publication(each, word.encode(), retain=True) for each, word in told if word]
    return [*attributes, homie.state(topic, b"ready")]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:  # noqa: ARG001
    return homie.properties(_topic(device), values)


def will(device: Speaker) -> Publication:
    return homie.state(_topic(device), b"lost")


def _topic(device: Speaker) -> str:
    return f"homie/{homie.native(device)}"
