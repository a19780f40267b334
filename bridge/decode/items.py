"""What decoding yields: the vocabulary between a convention and the pipeline. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

Value = float | int | bool | str


class Reason(StrEnum):
    """Why a message, or one of its values, was not stored. Also the label of counters, the
    quarantine filter and what the device is told; docs/wire-format.md explains each."""

    UNKNOWN_TOPIC = "unknown_topic"
    BAD_UID = "bad_uid"
    UNKNOWN_DEVICE = "unknown_device"
    DISABLED_DEVICE = "disabled_device"
    REMOVED_DEVICE = "removed_device"
    EMPTY_PAYLOAD = "empty_payload"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    MALFORMED_JSON = "malformed_json"
    MALFORMED_BINARY = "malformed_binary"
    MALFORMED_LINE = "malformed_line"
    TOO_DEEP = "too_deep"
    WRONG_TYPE = "wrong_type"
    TOO_MANY_VALUES = "too_many_values"
    NO_VALUES = "no_values"
    BAD_TIMESTAMP = "bad_timestamp"
    IMPLAUSIBLE_TIMESTAMP = "implausible_timestamp"
    CONFLICTING_VALUES = "conflicting_values"
    TOO_OLD = "too_old"
    CORRECTED = "corrected"
    NOT_FINITE = "not_finite"
    UNSUPPORTED_VALUE = "unsupported_value"
    BAD_TEXT = "bad_text"
    BAD_METRIC = "bad_metric"
    TOO_MANY_SERIES = "too_many_series"
    TOO_MANY_DEVICES = "too_many_devices"
    OVER_LIMIT = "over_limit"
    BAD_STATUS = "bad_status"
    NO_BIRTH = "no_birth"
    CONVENTION_FAILED = "convention_failed"
    STORE_REJECTED = "store_rejected"


class Problem(NamedTuple):
    """A reason with the sentence that says what was found and where."""

    reason: Reason
    detail: str


# gc=False below: none can be part of a cycle, and at tens of thousands of messages a second the
# cyclic collector would spend its time walking them.
class Sample(msgspec.Struct, gc=False):
    """The values of one device at one instant."""

    # Unix microseconds; 0: the device gave none that can be true, stamp it
    time_us: int = msgspec.field(name="ts")
    values: Mapping[str, Value]  # finite numbers, booleans and storable text by dotted metric


class Telemetry(msgspec.Struct, gc=False, tag=True):
    """Readings of one device. `problems` are values left out; the rest stands."""

    uid: str
    samples: list[Sample]
    problems: tuple[Problem, ...] = ()
    clock_replaced: bool = False  # a timestamp was given and implausible


class Presence(msgspec.Struct, gc=False, tag=True):
    """A device's own word, or its last will's, on its connection."""

    uid: str
    online: bool


class Described(msgspec.Struct, gc=False, tag=True):
    """What a device says of itself, or, with a metric, of one of its series. "", 0, None: it does
    not say. What an operator chose stands."""

    uid: str
    metric: str = ""
    unit: str = ""  # of the series, as bridge.decode.units has it
    kind: str = ""  # of the series: telemetry.models.Series.Kind
    name: str = ""
    model: str = ""
    firmware: str = ""
    manufacturer: str = ""
    area: str = ""  # where it says it stands, or which group it is of
    aliases: tuple[str, ...] = ()  # what else it is called: MAC, EUI, IEEE address, topic
    expires_after_s: float = 0  # seconds after which its values say nothing any more
    label: str = ""  # of the series: its name for people
    quantity: str = ""  # of the series: bridge.decode.units.quantity_of
    precision: int | None = None  # of the series: decimals shown


class Discovered(msgspec.Struct, gc=False, tag=True):
    """A child device that a gateway speaks for."""

    uid: str
    gateway: str  # its uid


class Ignored(msgspec.Struct, gc=False, tag=True):
    """Known noise: nothing to store, counted by reason and subject."""

    reason: str
    subject: str = ""  # a topic, or whatever tells one noise from another
    uid: str = ""


MEMORY_FULL = "memory_full"  # a convention cannot remember more; the subject is its name


class Rejected(msgspec.Struct, gc=False, tag=True):
    """Nothing of what is said of this device can be used. `uid` is empty where none is named."""

    uid: str
    problem: Problem
    kept: bool = True  # in quarantine; else it is counted only


class Remembered(msgspec.Struct, gc=False, tag=True):
    """A change of what a convention remembers; becomes durable with the rest of the message."""

    convention: str
    scope: str
    key: str
    value: Any  # JSON; None forgets the key
    uid: str = ""


class Request(msgspec.Struct, gc=False, tag=True):
    """A message that a convention has the bridge publish: it asks a device for what was missed.
    Sent once what asks for it is committed, at QoS 0, and not when it comes out of the spool."""

    topic: str
    payload: bytes
    uid: str = ""


Item = Telemetry | Presence | Described | Discovered | Ignored | Rejected | Remembered | Request
