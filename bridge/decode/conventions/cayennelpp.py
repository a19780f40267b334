"""Cayenne Low Power Payload: a few bytes of channel, type and value, again and again. Pure.

On a topic whose last level says so (`{device}/cayennelpp`), or inside a LoRaWAN uplink
(`bridge.decode.lorawan`). Metrics are called as The Things Stack calls them, `temperature_3` for
the channel 3, so that a device keeps its series when its network server begins to decode.
"""

from __future__ import annotations

from typing import NamedTuple

from bridge.decode import descriptions, documents
from bridge.decode.identity import device_uid
from bridge.decode.items import Item, Problem, Reason, Rejected, Sample, Telemetry, Value
from bridge.decode.state import CERTAIN, State
from bridge.message import Message

NAME = "cayennelpp"
LEVELS = ("cayennelpp", "lpp")  # the last of the topic, in lower case
FILTERS = tuple(f"{depth}{level}" for level in LEVELS for depth in ("+/", "+/+/", "+/+/+/"))
MAX_BYTES = 1_024  # of a payload; LoRaWAN has room for 242

TIME = 133


class Kind(NamedTuple):
    """How the values of one type are written, most significant byte first."""

    name: str
    size: int  # bytes of one value
    signed: bool
    divisor: int
    unit: str = ""
    parts: tuple[tuple[str, int], ...] = ()  # of a value of several: name and divisor


_AXES = ("x", "y", "z")

# The first twelve: myDevices' reference; the others: ElectronicCats' library, which devices use.
KINDS = {
    0: Kind("digital_in", 1, False, 1),
    1: Kind("digital_out", 1, False, 1),
    2: Kind("analog_in", 2, True, 100),
    3: Kind("analog_out", 2, True, 100),
    101: Kind("luminosity", 2, False, 1, "lx"),
    102: Kind("presence", 1, False, 1),
    103: Kind("temperature", 2, True, 10, "°C"),
    104: Kind("relative_humidity", 1, False, 2, "%"),
    113: Kind("accelerometer", 2, True, 1_000, "g", tuple((axis, 1_000) for axis in _AXES)),
    115: Kind("barometric_pressure", 2, False, 10, "hPa"),
    134: Kind("gyrometer", 2, True, 100, "°/s", tuple((axis, 100) for axis in _AXES)),
    135: Kind("colour", 1, False, 1, "", tuple((part, 1) for part in ("red", "green", "blue"))),
    136: Kind(
        "gps", 3, True, 1, "", (("latitude", 10_000), ("longitude", 10_000), ("altitude", 100))
    ),
    4: Kind("counter", 2, False, 1),
    100: Kind("generic", 4, False, 1),
    116: Kind("voltage", 2, False, 100, "V"),
    117: Kind("current", 2, False, 1_000, "A"),
    118: Kind("frequency", 4, False, 1, "Hz"),
    120: Kind("percentage", 1, False, 1, "%"),
    121: Kind("altitude", 2, True, 1, "m"),
    125: Kind("concentration", 2, False, 1, "ppm"),
    128: Kind("power", 2, False, 1, "W"),
    130: Kind("distance", 4, False, 1_000, "m"),
    131: Kind("energy", 4, False, 1_000, "kWh"),
    132: Kind("direction", 2, False, 1, "°"),
    TIME: Kind("time", 4, False, 1),
    142: Kind("switch", 1, False, 1),
}


class Frame(NamedTuple):
    """What a payload holds; a problem says why the rest of it cannot be read."""

    values: dict[str, Value]
    units: dict[str, str]  # by metric
    problems: tuple[Problem, ...]


def matches(topic: str, payload: bytes) -> int:  # noqa: ARG001  (no byte of it can tell)
    """Confidence, 0 to 100, that this convention explains the message."""
    head, _, last = topic.rpartition("/")
    return CERTAIN if head and last.lower() in LEVELS else 0


def decode(message: Message, state: State) -> list[Item]:
    """Readings of the device that the level before the last names. Never raises for bad data."""
    native = state.context.topic(message.topic).split("/")[-2]
    uid = device_uid(native)
    if not uid:
        detail = "the topic names no device: publish to {device}/cayennelpp"
        return [Rejected("", Problem(Reason.BAD_UID, detail))]
    if len(message.payload) > MAX_BYTES:
        detail = f"{len(message.payload)} bytes, over {MAX_BYTES}"
        return [Rejected(uid, Problem(Reason.TOO_LARGE, detail))]
    found = read(message.payload)
    if not found.values:
        return [Rejected(uid, found.problems[0] if found.problems else documents.NO_PAYLOAD)]
    told = descriptions.units(uid, found.units)
    return [*told, Telemetry(uid, [Sample(0, found.values)], found.problems)]


def read(payload: bytes) -> Frame:
    """Values up to the first byte that makes no sense: a type that is not known here has no length
    either. Of two values of one channel and type the first stays. A time is no reading."""
    values: dict[str, Value] = {}
    units: dict[str, str] = {}
    at = 0
    while at < len(payload):
        kind = KINDS.get(payload[at + 1]) if at + 1 < len(payload) else None
        if kind is None:
            what = (
                f"type {payload[at + 1]}" if at + 1 < len(payload) else "a channel without a type"
            )
            return Frame(values, units, (_problem(at, f"{what} is no CayenneLPP"),))
        size = kind.size * (len(kind.parts) or 1)
        if at + 2 + size > len(payload):
            return Frame(values, units, (_problem(at, f"{kind.name} has {size} bytes"),))
        if payload[at + 1] != TIME:
            _add(values, units, f"{kind.name}_{payload[at]}", kind, payload[at + 2 : at + 2 + size])
        at += 2 + size
    return Frame(values, units, ())


def _add(
    values: dict[str, Value], units: dict[str, str], metric: str, kind: Kind, raw: bytes
) -> None:
    for place, (name, divisor) in enumerate(kind.parts or (("", kind.divisor),)):
        digits = raw[place * kind.size : (place + 1) * kind.size]
        number = int.from_bytes(digits, "big", signed=kind.signed)
        full = f"{metric}.{name}" if name else metric
        if full not in values:
            values[full] = number if divisor == 1 else number / divisor
            if kind.unit:
                units[full] = kind.unit


def _problem(at: int, detail: str) -> Problem:
    return Problem(Reason.MALFORMED_BINARY, f"at byte {at}: {detail}")
