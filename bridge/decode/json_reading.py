"""Readings in JSON of which nobody said how it is made: whose, when, which metric. Pure.

The rules are in docs/conventions.md. A wrong guess must be a stable one: the same message always
becomes the same series.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from bridge.decode import foreign_time, quoted
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.flattening import flattened
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Reason
from bridge.decode.tolerant import object_of
from bridge.decode.topic_path import TopicPath

MAX_OBJECTS = 1_000  # of a message, each with its own time or device
MAX_NESTED = 3  # objects around the one that holds the values
MAX_ID = 128  # characters of an id in a payload
MAX_DIGITS_OF_ID = 20
MAX_WORD = 40  # characters of a key that may mean something
MAX_WORDS = 4096  # of which the comparison is kept

# Keys in lower case, without `_`, `-` and spaces.
DEVICE = frozenset(
    {"deviceid", "devid", "deviceuid", "sensorid", "nodeid", "thingid", "stationid", "deviceserial"}
    | {"devicename", "deviceserialnumber", "deveui", "imei"}
)
# What names a device only where its topic does not: elsewhere `id` counts messages.
PERHAPS = (
    "id",
    "uid",
    "device",
    "sensor",
    "node",
    "serial",
    "mac",
    "macaddress",
    "clientid",
    "name",
)
TIME = frozenset(
    {"ts", "time", "timestamp", "datetime", "epoch", "unixtime", "measuredat", "createdat"}
    | {"recordedat", "sampledat", "utc", "timems", "timestampms", "epochms", "date"}
)
ENVELOPES = frozenset(
    {"values", "data", "payload", "readings", "measurements", "telemetry", "fields", "sensors"}
    | {"metrics", "records", "samples", "reported"}
)
NAMES = ("name", "metric", "key", "parameter", "measurement", "quantity", "field", "n", "type")
VALUES = ("value", "val", "v")
UNITS = frozenset({"unit", "units", "uom", "unitofmeasurement", "unitofmeasure"})
MODEL = {"model": "model", "devicemodel": "model", "manufacturer": "manufacturer"} | {
    "firmware": "firmware", "fw": "firmware", "fwversion": "firmware", "swversion": "firmware",
    "firmwareversion": "firmware",
}  # fmt: skip
QUALITY = frozenset({"quality", "status", "ok"})  # may stand beside a value and its unit
MEANING = DEVICE | TIME | ENVELOPES | UNITS | MODEL.keys() | set(VALUES)
BESIDE = QUALITY | frozenset(NAMES) | {"id", "label", "index"}  # beside a value and its name
_JOINTS = str.maketrans("", "", "_- ")
_words: dict[str, str] = {}  # keys as they are compared
_plain_keys: set[str] = set()  # of these that mean nothing


class Owner(NamedTuple):
    """Whose and of when is what has not said so itself."""

    native: str = ""  # "": the topic's device
    time_us: int = 0


OF_TOPIC = Owner()


class JsonReading:
    """Takes objects apart into what each device says."""

    def __init__(self, path: TopicPath, found: DeviceReadings) -> None:
        self.found = found
        self._path = path

    def add(self, document: dict[str, Any], owner: Owner = OF_TOPIC, depth: int = 0) -> None:
        """An object with its envelopes, each of which may have an owner of its own."""
        read = _Object(document, owner, self.found.received_us, shared=self._path.shared)
        native = read.owner.native
        if read.rest or read.about:
            self._add_values(read, native)
        if depth < MAX_NESTED:
            for envelope in read.envelopes:
                self.add_all(envelope, read.owner, depth + 1)

    def _add_values(self, read: _Object, native: str) -> None:
        uid = device_uid(native) or self._path.uid
        flat = flattened(read.rest, read_text=quoted.value_of)
        for problem in flat.problems:
            self.found.report(*problem)
        if read.unit and len(flat.values) == 1:
            read.units.setdefault(next(iter(flat.values)), read.unit)
        for metric, unit in read.units.items():
            self.found.has_unit(uid, metric, unit)
        if flat.values or read.about:
            name, area = (native, "") if native else (self._path.name, self._path.area)
            self.found.describe(uid, name=name, area=area, **read.about)
        self.found.add(uid, read.owner.time_us, flat.values)

    def add_all(
        self, objects: list[dict[str, Any]], owner: Owner = OF_TOPIC, depth: int = 0
    ) -> None:
        """Each of the objects, within bounds."""
        for each in objects[:MAX_OBJECTS]:
            self.add(each, owner, depth)
        if len(objects) > MAX_OBJECTS:
            detail = f"{len(objects)} objects, over {MAX_OBJECTS}: the others are left out"
            self.found.report(Reason.TOO_MANY_VALUES, detail)


class _Object:
    """One object, taken apart."""

    __slots__ = ("about", "envelopes", "owner", "rest", "unit", "units")

    def __init__(
        self, document: dict[str, Any], owner: Owner, received_us: int, *, shared: bool
    ) -> None:
        self.about: dict[str, str] = {}
        self.envelopes: list[list[dict[str, Any]]] = []
        self.unit = ""  # of whatever is the only value
        self.units: dict[str, str] = {}  # by metric
        if type(document) is dict and not shared and document.keys() <= _plain_keys:
            self.owner = owner  # nearly all that sensors send
            self.rest: dict[str, Any] = self._without_units(document)
            return
        native, time_us, valued, pairs = "", 0, False, []
        for key, value in document.items():
            word, kind = _words.get(key) or _word(key), type(value)
            if word not in MEANING:  # nearly all of them
                pairs.append((key, self._plain(key, value) if kind is dict else value))
            elif word in DEVICE and (named := _id(value)):
                native = native or named
            elif word in TIME and kind in (int, float, str):
                time_us = time_us or foreign_time.read(value, received_us)
            elif kind is str and word in UNITS:
                self.unit = value
            elif kind is str and word in MODEL:
                self.about[MODEL[word]] = value[:MAX_ID]
            elif word in ENVELOPES and (rows := _rows(value)):
                self.envelopes.append(rows)
            else:
                valued |= word in VALUES
                pairs.append((key, self._plain(key, value)))
        if shared and not (native or owner.native):
            native = _perhaps(pairs)
        self.owner = Owner(native or owner.native, time_us or owner.time_us)
        pivoted = _pivoted(pairs) if valued and 1 < len(pairs) <= 4 else None
        self.rest = object_of(pairs) if pivoted is None else pivoted

    def _without_units(self, document: dict[str, Any]) -> dict[str, Any]:
        """The object, each of whose values may stand with its unit."""
        if dict not in map(type, document.values()):
            return document
        return {
            key: self._plain(key, value) if type(value) is dict else value
            for key, value in document.items()
        }

    def _plain(self, key: str, value: Any) -> Any:
        """`{"value": 21, "unit": "°C"}` is its value."""
        if type(value) is not dict or not value or len(value) > 4:
            return value
        found, unit = None, ""
        for name, each in value.items():
            inner = _word(name)
            if inner in VALUES and found is None and not isinstance(each, dict | list):
                found = each
            elif inner in UNITS and type(each) is str:
                unit = each
            elif inner not in QUALITY and inner not in TIME:
                return value
        if found is None:
            return value
        if unit:
            self.units[metric_name(key)] = unit
        return found


def _pivoted(pairs: list[tuple[str, Any]]) -> dict[str, Any] | None:
    """`{"name": "temperature", "value": 21}` is the temperature; None of anything else."""
    by_word = {_word(key): value for key, value in pairs}
    value = next((by_word.pop(word) for word in VALUES if word in by_word), None)
    name = next((by_word[word] for word in NAMES if _id(by_word.get(word))), None)
    if value is None or name is None or not by_word.keys() <= BESIDE:
        return None
    return {_id(name): value}


def _rows(value: Any) -> list[dict[str, Any]]:
    """The objects of an envelope; none if it is something else."""
    if isinstance(value, dict):
        return [value]
    if type(value) is list and value and all(isinstance(each, dict) for each in value):
        return value
    return []


def _perhaps(pairs: list[tuple[str, Any]]) -> str:
    for wanted in PERHAPS:
        for at, (key, value) in enumerate(pairs):
            if _word(key) == wanted and (named := _id(value)):
                del pairs[at]
                return named
    return ""


def _id(value: Any) -> str:
    """An id as text, "" if it is none."""
    if type(value) is int:
        return str(value) if abs(value) < 10**MAX_DIGITS_OF_ID else ""
    return value.strip()[:MAX_ID] if type(value) is str else ""


def _word(key: str) -> str:
    """A key as it is compared: `Device-ID` and `device_id` are one."""
    word = _words.get(key)
    if word is None:
        if len(key) > MAX_WORD:
            return ""
        if len(_words) >= MAX_WORDS:
            _words.clear()
            _plain_keys.clear()
        word = _words[key] = key.lower().translate(_JOINTS)
        if word not in MEANING:
            _plain_keys.add(key)
    return word
