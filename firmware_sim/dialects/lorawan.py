"""What devices of LoRaWAN have in common, whichever network server publishes for them."""

from __future__ import annotations

from datetime import UTC, datetime

from firmware_sim.dialects.publication import Speaker, digest

PORT = 2


def eui(device: Speaker) -> str:
    """Its DevEUI, in lower case hex."""
    return digest(device, 8).hex()


def moment(time: float) -> str:
    """As the servers write it, from Unix seconds."""
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="microseconds")


def strength(device: Speaker) -> int:
    """dBm at the gateway."""
    return -70 - digest(device, 1)[0] % 40
