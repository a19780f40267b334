"""One message of a dialect, and what all dialects make of a device."""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple, Protocol

from firmware_sim.models import Model, Value, Values


class Publication(NamedTuple):
    topic: str
    payload: bytes
    retain: bool = False


class Place(Protocol):
    @property
    def slug(self) -> str: ...


class Speaker(Protocol):
    """What a dialect may know of a device: `firmware_sim.fleet.Identity` is one."""

    @property
    def uid(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def site(self) -> Place: ...
    @property
    def model(self) -> type[Model]: ...
    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...


def document(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def written(value: Value, *, yes: bytes = b"ON", no: bytes = b"OFF") -> bytes:
    """One value as the payload of its topic."""
    if isinstance(value, bool):
        return yes if value else no
    return str(value).encode()


def units(device: Speaker) -> dict[str, str]:
    """Of its metrics, by name."""
    return {metric.name: metric.unit for metric in device.model.metrics}


def in_unit(device: Speaker, values: Values, unit: str) -> float | None:
    """The first number of that unit; None if it measures none."""
    told = units(device)
    for name, value in values.items():
        if told.get(name) == unit and not isinstance(value, str | bool):
            return value
    return None


def digest(device: Speaker, length: int) -> bytes:
    """Bytes that are the device's own in every run, for addresses and serial numbers."""
    return hashlib.sha256(device.uid.encode()).digest()[:length]


def address(device: Speaker) -> str:
    """A MAC address, in capitals and without colons."""
    first, *others = digest(device, 6)
    return bytes([first & 0xFC | 0xC0, *others]).hex().upper()
