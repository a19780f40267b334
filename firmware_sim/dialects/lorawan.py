"""What devices of LoRaWAN have in common, whichever network server publishes for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from firmware_sim.dialects.publication import Speaker, digest
from firmware_sim.models import Values

PORT = 2


def eui(device: Speaker) -> str:
    """Its DevEUI, in lower case hex."""
    return digest(device, 8).hex()


def moment(time: float) -> str:
    """As the servers write it, from Unix seconds."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="microseconds")


def nested(values: Values) -> dict[str, Any]:
    """As a payload formatter returns it: {"x.rms": 1} as {"x": {"rms": 1}}."""
    tree: dict[str, Any] = {}
    for metric, value in values.items():
        *parents, leaf = metric.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def strength(device: Speaker) -> int:
    """dBm at the gateway."""
    return -70 - digest(device, 1)[0] % 40
