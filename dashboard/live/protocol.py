"""What a browser may say on `/ws/live/`, and the plain answers. Pure: text in, typed values out.

docs/live-protocol.md is the contract; the bounds a message must keep are here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args

import msgspec

VERSION = 2  # of docs/live-protocol.md; in every `hello`
MAX_MESSAGE = 64 * 1024  # bytes of one message
MAX_SUBSCRIPTIONS = 50  # subscriptions of one socket
MAX_SERIES_PER_SUBSCRIPTION = 5_000  # series
MAX_SERIES_PER_SOCKET = 10_000  # series, over all its subscriptions
MIN_POINTS, MAX_POINTS = 10, 5_000  # points of one series in a snapshot
MIN_EVERY, MAX_EVERY = 50, 10_000  # milliseconds between two frames
MAX_SINCE = 366 * 86_400  # seconds a snapshot reaches back
MAX_MESSAGES_PER_S = 20.0  # messages a second over time; acks of sent frames are free
MESSAGE_BURST = 100.0  # messages at once
MAX_DEVICES_FOLLOWED = 5_000  # devices one `follow` names
MAX_ID = 2**53 - 1  # the largest integer a browser holds exactly

NOT_LOGGED_IN, NOT_THE_PROTOCOL, TOO_FAR_BEHIND = 4401, 4400, 4408
OUR_MISTAKE = 4500
TOO_MANY = 4429  # live sockets of this login or address
RESTARTING = 4012  # not 1012: autobahn, under Daphne, refuses to send that from an application

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SINCE = re.compile(r"([1-9][0-9]{0,7})([smhd])", re.ASCII)

# Events that only who asks for them is sent.
Often = Literal["pipeline", "quarantine"]
OFTEN = frozenset(get_args(Often))

Id = Annotated[int, msgspec.Meta(ge=0, le=MAX_ID)]
SeriesId = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class Subscribe(msgspec.Struct, tag_field="op", tag="subscribe", frozen=True):
    """Readings of these series, at most one frame each `every` ms, with a snapshot if `since`."""

    id: Id
    series: list[SeriesId]
    since: str | None = None
    points: Annotated[int, msgspec.Meta(ge=MIN_POINTS, le=MAX_POINTS)] = 800
    every: Annotated[int, msgspec.Meta(ge=MIN_EVERY, le=MAX_EVERY)] = 200


class Unsubscribe(msgspec.Struct, tag_field="op", tag="unsubscribe", frozen=True):
    id: Id


class Refill(msgspec.Struct, tag_field="op", tag="refill", frozen=True):
    """The history of these series of a subscription once more."""

    id: Id
    series: list[SeriesId]


class Follow(msgspec.Struct, tag_field="op", tag="follow", frozen=True):
    """Each beat tells when these devices were heard; None: every one, in place of those before."""

    devices: list[SeriesId] | None = None


class Watch(msgspec.Struct, tag_field="op", tag="watch", frozen=True):
    """Tell of these events as well, which come often and few look at, in place of those before."""

    events: list[Often]


class Ack(msgspec.Struct, tag_field="op", tag="ack", frozen=True):
    """Frame `seq`, and every frame before it, is drawn."""

    seq: Id


class _Envelope(msgspec.Struct):
    op: Any = None
    id: Any = None


Message = Subscribe | Unsubscribe | Refill | Follow | Watch | Ack
_OPS = ("subscribe", "unsubscribe", "refill", "follow", "watch", "ack")
_decode = msgspec.json.Decoder(Message).decode
_decode_envelope = msgspec.json.Decoder(_Envelope).decode


class Refused(Exception):
    """A request that is not carried out; `code` is for programs, the text for people."""

    def __init__(self, code: str, message: str, *, id: int | None = None, **facts: Any) -> None:  # noqa: A002
        super().__init__(message)
        self.code = code
        self.id = id
        self.facts = facts


def parse(text: str | None) -> Message:
    """The message in this text. Raises `Refused` that says what is wrong with it."""
    if text is None:
        raise Refused("bad_json", "Messages are JSON text, not binary.")
    if len(text) > MAX_MESSAGE:
        raise Refused("bad_value", f"A message has at most {MAX_MESSAGE} bytes.")
    try:
        message = _decode(text)
    except msgspec.ValidationError as exc:
        raise _invalid(text, exc) from exc
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as exc:
        raise Refused("bad_json", f"Not JSON: {exc}") from exc
    match message:
        case Subscribe():
            _check_bounds(message)
        case Follow(devices=list(devices)) if len(devices) > MAX_DEVICES_FOLLOWED:
            raise Refused("bad_value", f"`devices` has at most {MAX_DEVICES_FOLLOWED}.")
    return message


def _invalid(text: str, cause: msgspec.ValidationError) -> Refused:
    """Says which: an operation nobody knows, or a known one with a wrong value."""
    try:
        envelope = _decode_envelope(text)
    except (msgspec.DecodeError, RecursionError):  # what follows a wrong value is not read before
        return Refused("bad_json", "A message is a JSON object.")
    known_id = envelope.id if type(envelope.id) is int and 0 <= envelope.id <= MAX_ID else None
    if envelope.op not in _OPS:
        return Refused("unknown_op", f"`op` is one of {', '.join(_OPS)}.", id=known_id)
    return Refused("bad_value", str(cause), id=known_id)


def _check_bounds(message: Subscribe) -> None:
    if not message.series:
        raise Refused("bad_value", "`series` is empty.", id=message.id)
    if len(message.series) > MAX_SERIES_PER_SUBSCRIPTION:
        raise Refused(
            "too_many_series",
            f"A subscription has at most {MAX_SERIES_PER_SUBSCRIPTION} series.",
            id=message.id,
        )
    if message.since is not None:
        seconds(message.since, id=message.id)


def seconds(since: str, *, id: int | None = None) -> int:  # noqa: A002
    """`15m` as 900. Raises `Refused` for anything but a count of s, m, h or d up to 31 days."""
    match = _SINCE.fullmatch(since)
    length = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 0 < length <= MAX_SINCE:
        raise Refused("bad_value", "`since` is a time like 30s, 15m, 24h or 7d, to 366d.", id=id)
    return length


def encode(message: dict[str, Any]) -> str:
    return msgspec.json.encode(message).decode()


def hello(frames: int, vouched: dict[str, Any]) -> str:
    return encode({"op": "hello", "protocol": VERSION, "frames": frames, **vouched})


def unknown(subscription_id: int, series: Iterable[int]) -> str:
    """A subscription goes on without these: nobody has them, or they were deleted."""
    return encode({"op": "unknown", "id": subscription_id, "series": list(series)})


def error(refused: Refused) -> str:
    head = {"op": "error"} if refused.id is None else {"op": "error", "id": refused.id}
    return encode({**head, "code": refused.code, "message": str(refused), **refused.facts})


class Allowance:
    """A token bucket: `rate` tokens a second, `burst` of them saved at most."""

    __slots__ = ("_at", "_burst", "_left", "_rate")

    def __init__(self, *, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now

    def take(self, now: float) -> bool:
        """Spends a token, or says there is none."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
