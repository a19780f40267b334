"""Ruuvi Gateway: a RuuviTag advertises in data format 5, and the gateway of its site relays it."""

from __future__ import annotations

import hashlib

from firmware_sim.dialects.publication import Publication, Speaker, address, document, in_unit
from firmware_sim.models import Values

NAME = "ruuvi"
STAMPED = True

NOT_AVAILABLE = 0x8000  # of a signed number; 0xFFFF of an unsigned one


def announce(device: Speaker) -> list[Publication]:
    return [Publication(f"ruuvi/{_gateway(device)}/gw_status", b'{"state":"online"}', retain=True)]


def readings(device: Speaker, values: Values, time: float) -> list[Publication]:
    told = {
        "gw_mac": _gateway(device),
        "rssi": -60,
        "aoa": [],
        "gwts": int(time),
        "ts": int(time),
        "data": _advertisement(device, values, int(time)).hex().upper(),
        "coords": "",
    }
    topic = f"ruuvi/{_gateway(device)}/{_colons(address(device))}"
    return [Publication(topic, document(told))]


def will(device: Speaker) -> Publication:
    topic = f"ruuvi/{_gateway(device)}/gw_status"
    return Publication(topic, b'{"state":"offline"}', retain=True)


def _advertisement(device: Speaker, values: Values, sequence: int) -> bytes:
    temperature = in_unit(device, values, "°C")
    humidity = in_unit(device, values, "%")
    pressure = in_unit(device, values, "hPa")
    body = b"".join(
        [
            b"\x05",
            _number(NOT_AVAILABLE if temperature is None else round(temperature / 0.005)),
            _number(0xFFFF if humidity is None else round(humidity / 0.0025)),
            _number(0xFFFF if pressure is None else round(pressure * 100) - 50_000),
            _number(4) + _number(-4) + _number(1036),  # thousandths of g: it lies still
            _number((2977 - 1600) << 5 | 22),  # 2.977 V, 4 dBm
            b"\x42" + _number(sequence % 65_535),
            bytes.fromhex(address(device)),
        ]
    )
    return b"\x02\x01\x06" + bytes([len(body) + 3]) + b"\xff\x99\x04" + body


def _number(value: int) -> bytes:
    return (value % 65_536).to_bytes(2, "big")


def _gateway(device: Speaker) -> str:
    return _colons(hashlib.sha256(device.site.slug.encode()).hexdigest()[:12].upper())


def _colons(mac: str) -> str:
    return ":".join(mac[at : at + 2] for at in range(0, 12, 2))
