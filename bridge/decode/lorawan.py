"""What the network servers of LoRaWAN have in common: who sent an uplink, what it measured, how it
was heard. Pure.

A device is its DevEUI, in lower case hex: it stays the same when the device is renamed, or moves
from one network server to another.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

from bridge.decode import device_time
from bridge.decode.conventions import cayennelpp
from bridge.decode.flattening import Flattened, flattened
from bridge.decode.items import Problem, Reason, Value
from bridge.decode.json_values import MAX_DEPTH
from bridge.decode.scalars import value_of
from bridge.decode.texts import objects

MAX_FRAME = 242  # bytes of a LoRaWAN application payload, at the highest data rate
MAX_GATEWAYS = 64  # gateways of an uplink that are looked at
MAX_LIST = 64  # elements of a list of named values
NO_DECODED = (
    "the uplink has no decoded payload, only bytes: set a payload formatter (codec) for the device"
)

NO_LISTS = frozenset({float, int, bool, str})
_EUI = re.compile(r"[0-9A-Fa-f]{16}")
# `messages: [{"type": "Air Temperature", "measurementValue": 1.8}]`, as SenseCAP's decoders write.
_NAMES = ("type", "name", "measurementId")
_VALUES = ("measurementValue", "value")


def eui(given: Any) -> str:
    """The EUI in lower case hex; it may be hex, or base64 as protobuf's JSON writes bytes. "" if it
    is neither."""
    if not isinstance(given, str):
        return ""
    if _EUI.fullmatch(given):
        return given.lower()
    raw = frame(given) if len(given) == 12 else b""  # base64 of eight bytes
    return raw.hex() if raw is not None and len(raw) == 8 else ""


def frame(given: Any) -> bytes | None:
    """The bytes of an application payload in base64. None if it is no such thing."""
    if not isinstance(given, str) or len(given) > 2 * MAX_FRAME:
        return None
    try:
        return base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return None


def first_time(stamps: Iterable[Any], received_us: int) -> int:
    """Unix microseconds of the first stamp that can be true; 0 if none is."""
    for stamp in stamps:
        if isinstance(stamp, str) and (time_us := device_time.read_or_0(stamp, received_us)):
            return time_us
    return 0


def measured(decoded: Any) -> Flattened:
    """The readings of a decoded payload. Numbers that were written as text are numbers."""
    return flattened(_named(decoded, 0), read_text=value_of)


def _named(document: Any, depth: int) -> Any:
    """The document with each list of named values as an object of them, in the list's place."""
    if not isinstance(document, dict) or depth >= MAX_DEPTH:
        return document
    if type(document) is dict and NO_LISTS.issuperset(map(type, document.values())):
        return document
    plain: dict[str, Any] = {}
    for key, value in document.items():
        pairs = _pairs(value)
        if pairs:
            for name, each in pairs.items():
                plain.setdefault(name, each)
        else:
            plain.setdefault(str(key), _named(value, depth + 1))
    return plain


def _pairs(value: Any) -> dict[str, Any]:
    """The values by name of such a list, also of lists in a list; {} of any other value."""
    if not isinstance(value, list) or not 0 < len(value) <= MAX_LIST:
        return {}
    elements = [each for part in value for each in (part if isinstance(part, list) else [part])]
    pairs: dict[str, Any] = {}
    for element in elements[:MAX_LIST]:
        if not isinstance(element, dict):
            return {}
        name = next((element[key] for key in _NAMES if isinstance(element.get(key), str)), "")
        held = next((key for key in _VALUES if key in element), "")
        if not name or not held:
            return {}
        pairs.setdefault(name, element[held])
    return pairs


def link(gateways: Any, snr: str, frame_counter: Any) -> dict[str, Value]:
    """How the uplink was heard: by the gateway that heard it best. `snr`: the key of its SNR. A
    counter that is left out is 0: servers omit what has its default."""
    values: dict[str, Value] = {}
    heard = objects(gateways, MAX_GATEWAYS)
    strengths = [each for each in heard if _number(each.get("rssi")) is not None]
    if strengths:
        best = max(strengths, key=lambda each: float(each["rssi"]))
        values["link.rssi"] = best["rssi"]
        ratio = _number(best.get(snr, 0))
        if ratio is not None:
            values["link.snr"] = ratio
    if isinstance(counter := 0 if frame_counter is None else frame_counter, int):
        values["link.frame_counter"] = int(counter)
    return values


def location(given: Any) -> dict[str, Value]:
    """Latitude, longitude and altitude; nothing where one of the first two is missing."""
    if not isinstance(given, dict):
        return {}
    found: dict[str, Value] = {
        f"location.{name}": number
        for name in ("latitude", "longitude", "altitude")
        if (number := _number(given.get(name))) is not None
    }
    return found if "location.latitude" in found and "location.longitude" in found else {}


def undecoded(payload: Any, tags: Any) -> tuple[dict[str, Value], tuple[Problem, ...]]:
    """Values and problems of an uplink without a decoded payload. Its bytes are read where the
    device's tags or attributes say that they are CayenneLPP; a port does not say it, for every
    maker has its own. An empty frame carries commands of the MAC only, and is no mistake."""
    raw = frame(payload)
    if not raw:
        return {}, ()
    if not _is_cayenne(tags):
        return {}, (Problem(Reason.NO_VALUES, NO_DECODED),)
    found = cayennelpp.read(raw)
    return found.values, found.problems


def _is_cayenne(tags: Any) -> bool:
    words = list(tags.values())[:MAX_LIST] if isinstance(tags, dict) else []
    return any(
        isinstance(word, str) and re.sub("[^a-z]", "", word[:40].lower()) == "cayennelpp"
        for word in words
    )


def _number(value: Any) -> float | int | None:
    if type(value) is int and abs(value) < 2**53:
        return int(value)
    return float(value) if type(value) is float and abs(value) < 1e300 else None
