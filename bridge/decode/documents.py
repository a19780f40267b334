"""The JSON document of a payload, parsed once however many conventions look at it. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from bridge.decode import tolerant
from bridge.decode.items import Problem, Reason
from bridge.decode.tolerant import Undecodable
from bridge.message import MAX_PAYLOAD

MAX_SHOWN = 60  # characters of a key or a value that is told
NO_PAYLOAD = Problem(Reason.EMPTY_PAYLOAD, "the message has no payload")

_strict = msgspec.json.Decoder().decode

# The payload read last, with its document or what is wrong with it. One tuple, replaced whole, so
# that threads never see half of it. Not the error itself: its traceback would keep the batch.
_last: tuple[bytes, Any, Problem | None] = (b"", None, NO_PAYLOAD)

# The payload read last of which an object names a key twice, and what is to be told of that.
_repeating: tuple[bytes, tuple[Problem, ...]] = (b"", ())


def read(payload: bytes) -> Any:
    """The document; whoever reads it leaves it as it is. Raises `Undecodable`."""
    global _last  # noqa: PLW0603  (conventions are modules; nobody else could keep it)
    known, document, trouble = _last
    if known is not payload:
        document, trouble = None, None
        try:
            document = _parse(payload)
        except Undecodable as exc:
            trouble = exc.problem
        _last = (payload, document, trouble)
    if trouble is not None:
        raise Undecodable(*trouble)
    return document


def read_object(payload: bytes) -> dict[str, Any]:
    """The document of a dialect that has only objects. Raises `Undecodable`."""
    document = read(payload)
    if not isinstance(document, dict):
        raise Undecodable(Reason.WRONG_TYPE, "the payload is no object")
    return document


def peek(payload: bytes) -> Any:
    """The document, None where the payload is not JSON (or is `null`): for `matches`."""
    try:
        return read(payload)
    except Undecodable:
        return None


def conflicts(payload: bytes) -> tuple[Problem, ...]:
    """What is to be told of keys that come twice in it, after it was read: whoever looks a key up
    finds one value, and cannot know of the other."""
    known, problems = _repeating
    return problems if known is payload else ()


def _parse(payload: bytes) -> Any:
    if not payload:
        raise Undecodable(*NO_PAYLOAD)
    if len(payload) > MAX_PAYLOAD:
        raise Undecodable(Reason.TOO_LARGE, f"{len(payload)} bytes, over {MAX_PAYLOAD}")
    try:
        document = _strict(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _repeated(payload)
    return _repeated(payload) if tolerant.repeats_a_key(payload, document) else document


def _repeated(payload: bytes) -> Any:
    global _repeating  # noqa: PLW0603  (as above)
    document = tolerant.decode(payload)
    if found := tolerant.conflicts(document):
        _repeating = payload, tuple(Problem(Reason.CONFLICTING_VALUES, _told(*it)) for it in found)
    return document


def _told(key: str, *values: Any) -> str:
    key, first, other = (ascii(each)[:MAX_SHOWN] for each in (key, *values))
    return f"{key} comes twice, {first} and {other}: one of them counts"
