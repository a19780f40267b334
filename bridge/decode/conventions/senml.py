"""SenML (RFC 8428), as JSON and as CBOR: an array of records, where what begins with `b` holds for
the records that follow. Pure."""

from __future__ import annotations

from bridge.decode.conventions import senml_records
from bridge.decode.conventions.senml_pack import HELD, LEVEL, Pack
from bridge.decode.items import Item, Problem, Reason, Rejected
from bridge.decode.state import CERTAIN, State
from bridge.decode.tolerant import Undecodable
from bridge.message import Message

NAME = "senml"
FILTERS = (f"{LEVEL}/#", f"+/{LEVEL}", f"+/+/{LEVEL}")
SIGNED = 40  # confidence where only the payload says what it is


def matches(topic: str, payload: bytes) -> int:
    """Confidence, 0 to 100, that this convention explains the message."""
    if LEVEL in topic:
        levels = topic.split("/")
        if len(levels) > 1 and LEVEL in (levels[0], levels[-1]):
            return CERTAIN
    is_array = payload[:1] == b"[" or payload.lstrip()[:1] == b"["
    if not is_array and not senml_records.may_be_cbor(payload):
        return 0
    try:
        records = senml_records.read(payload)
    except Undecodable:
        return 0
    first = records[0] if records else None
    if not isinstance(first, dict) or not all(isinstance(label, str) for label in first):
        return 0
    named = isinstance(first.get("bn"), str) or (
        isinstance(first.get("n"), str) and any(label in first for label in HELD)
    )
    return SIGNED if named else 0


def reach(topic: str) -> int:
    """The most it claims of a topic, whatever the payload."""
    return max(matches(topic, b""), SIGNED)


def decode(message: Message, state: State) -> list[Item]:
    """The items of each device the pack speaks for. Never raises for bad data."""
    topic = state.context.topic(message.topic)
    try:
        records = senml_records.read(message.payload)
    except Undecodable as exc:
        return [Rejected("", exc.problem)]
    pack = Pack(topic, message)
    if (problem := pack.add_all(records)) is not None:
        return [Rejected("", problem)]
    return pack.items(state.context) or [
        Rejected("", Problem(Reason.NO_VALUES, "no record holds a value"))
    ]
