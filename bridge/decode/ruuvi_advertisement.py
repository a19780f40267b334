"""What a Ruuvi sensor measured, out of the bytes it advertises. Pure.

Data formats 3, 5, C5, 6 and E1 (docs.ruuvi.com, Bluetooth advertisements). Names are those that
Ruuvi's gateway gives the same values where it decodes them itself. What is not available is left
out.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from bridge.decode.items import Value

COMPANY = b"\x99\x04"  # 0x0499, Ruuvi Innovations, as it is sent
MANUFACTURER_DATA = 0xFF  # the type of the part of an advertisement that is a company's own
MAX_ADVERTISEMENT = 512  # bytes
LUX_STEP = math.log(65536) / 254  # of the logarithmic luminosity of format 6
UNITS = {
    "temperature": "°C",
    "humidity": "%",
    "pressure": "Pa",
    "accelX": "g",
    "accelY": "g",
    "accelZ": "g",
    "voltage": "V",
    "txPower": "dBm",
    "PM1_0": "µg/m³",
    "PM2_5": "µg/m³",
    "PM4_0": "µg/m³",
    "PM10_0": "µg/m³",
    "CO2": "ppm",
    "luminosity": "lx",
    "rssi": "dBm",
}


def values_of(advertisement: bytes) -> dict[str, Value] | None:
    """The values by name; None of what is no advertisement of a Ruuvi sensor."""
    data = _company_data(advertisement)
    read = _FORMATS.get((data[0], len(data))) if data else None
    return read(data) if read else None


def _company_data(advertisement: bytes) -> bytes:
    """What follows Ruuvi's number in the first part that begins with it."""
    at = 0
    while at + 4 < len(advertisement) <= MAX_ADVERTISEMENT:
        length = advertisement[at]
        if advertisement[at + 1] == MANUFACTURER_DATA and advertisement[at + 2 : at + 4] == COMPANY:
            return advertisement[at + 4 : at + 1 + length]
        at += 1 + length
    return b""


def _format_3(data: bytes) -> dict[str, Value]:
    whole, hundredths = data[2], data[3]
    temperature = round((whole & 0x7F) + hundredths / 100, 2)
    return {
        "temperature": -temperature if whole & 0x80 else temperature,
        "humidity": data[1] / 2,
        "pressure": 50_000 + _unsigned(data, 4),
        "accelX": _signed(data, 6) / 1000,
        "accelY": _signed(data, 8) / 1000,
        "accelZ": _signed(data, 10) / 1000,
        "voltage": _unsigned(data, 12) / 1000,
    }


def _format_5(data: bytes) -> dict[str, Value]:
    found = _climate(data)
    for name, at in (("accelX", 7), ("accelY", 9), ("accelZ", 11)):
        if (acceleration := _signed(data, at)) != -0x8000:
            found[name] = acceleration / 1000
    return found | _power_and_movement(data, 13)


def _format_c5(data: bytes) -> dict[str, Value]:
    """As 5, without the acceleration."""
    return _climate(data) | _power_and_movement(data, 7)


def _format_6(data: bytes) -> dict[str, Value]:
    found = _climate(data)
    _tenths(found, data, (("PM2_5", 7),))
    _air(found, data, 9, data[16])
    if data[13] != 0xFF:
        found["luminosity"] = round(math.exp(data[13] * LUX_STEP) - 1, 2)
    return found


def _format_e1(data: bytes) -> dict[str, Value]:
    found = _climate(data)
    _tenths(found, data, (("PM1_0", 7), ("PM2_5", 9), ("PM4_0", 11), ("PM10_0", 13)))
    _air(found, data, 15, data[28])
    if (lux := int.from_bytes(data[19:22], "big")) != 0xFFFFFF:
        found["luminosity"] = lux / 100
    return found


def _climate(data: bytes) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if (temperature := _signed(data, 1)) != -0x8000:
        found["temperature"] = round(temperature * 0.005, 3)
    if (humidity := _unsigned(data, 3)) != 0xFFFF:
        found["humidity"] = round(humidity * 0.0025, 4)
    if (pressure := _unsigned(data, 5)) != 0xFFFF:
        found["pressure"] = 50_000 + pressure
    return found


def _power_and_movement(data: bytes, at: int) -> dict[str, Value]:
    found: dict[str, Value] = {}
    power = _unsigned(data, at)
    if power >> 5 != 0x7FF:
        found["voltage"] = round(1.6 + (power >> 5) / 1000, 3)
    if power & 0x1F != 0x1F:
        found["txPower"] = -40 + 2 * (power & 0x1F)
    if data[at + 2] != 0xFF:
        found["movementCounter"] = data[at + 2]
    return found


def _tenths(found: dict[str, Value], data: bytes, places: tuple[tuple[str, int], ...]) -> None:
    for name, at in places:
        if (count := _unsigned(data, at)) != 0xFFFF:
            found[name] = count / 10


def _air(found: dict[str, Value], data: bytes, at: int, flags: int) -> None:
    """CO2, and two indexes of nine bits whose lowest are in the flags."""
    if (co2 := _unsigned(data, at)) != 0xFFFF:
        found["CO2"] = co2
    for name, byte, bit in (("VOC", data[at + 2], 6), ("NOx", data[at + 3], 7)):
        if (index := byte << 1 | flags >> bit & 1) != 0x1FF:
            found[name] = index


def _unsigned(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _signed(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big", signed=True)


# By the first byte and the length.
_FORMATS: dict[tuple[int, int], Callable[[bytes], dict[str, Value]]] = {
    (3, 14): _format_3,
    (5, 24): _format_5,
    (0xC5, 18): _format_c5,
    (6, 20): _format_6,
    (0xE1, 40): _format_e1,
}
