"""JSON as devices write it, read so that each mistake costs its value and not the message. Pure.

`NaN`, `nan`, `-inf`, `-1.#IND` and the like (what C prints) become NaN, 1e400 infinity, a lone
surrogate stays in its text. An object that names a key twice keeps both values.
"""

from __future__ import annotations

import json
import re
from typing import Any

from bridge.decode.items import Problem, Reason
from bridge.errors import BridgeError

MAX_JSON_NESTING = 64  # brackets open at once in a payload, before any parser sees it
MAX_CONFLICTS = 20  # told of one document
MAX_DIGITS = 640  # of an integer; Python converts longer ones in quadratic time

# A text, or what C's printf makes of a number that is none. Possessive, so that a quote which is
# never closed is walked over once.
_NO_NUMBER = re.compile(
    r"""(?P<text>"(?:[^"\\]++|\\.)*+"?+)
    | (?<![\w.+-]) [+-]?(?:nan(?:\(\w*\))?|inf(?:inity)?|1\.\#[a-z]+[0-9]*) (?![\w.+-])""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL | re.ASCII,
)
_KEY = re.compile(rb'"\s*:')


class Undecodable(BridgeError):
    """Of the payload as a whole, or under a rule, nothing can be used; `problem` says why."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.problem = Problem(reason, detail)


class Repeating(dict[str, Any]):
    """An object that names a key more than once. A look-up finds the first value, `items` all."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(reversed(pairs))
        self._pairs = pairs

    def items(self) -> Any:
        return self._pairs


def text_of(payload: bytes) -> str:
    """The payload as text. Raises `Undecodable`."""
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise Undecodable(Reason.NOT_UTF8, f"byte {exc.start} is not UTF-8") from exc


def decode(payload: bytes) -> Any:
    """The document. Raises `Undecodable`."""
    text = text_of(payload)
    nesting = _nesting(payload)
    if nesting > MAX_JSON_NESTING:
        raise Undecodable(Reason.TOO_DEEP, f"nested {nesting} deep, over {MAX_JSON_NESTING}")
    try:
        return json.loads(text, parse_int=_integer, object_pairs_hook=object_of)
    except json.JSONDecodeError:
        pass
    try:
        # Of the same length, so that an error names the character it stands at.
        spelt = _NO_NUMBER.sub(lambda found: found["text"] or "NaN".rjust(len(found[0])), text)
        return json.loads(spelt, parse_int=_integer, object_pairs_hook=object_of)
    except json.JSONDecodeError as exc:
        raise Undecodable(Reason.MALFORMED_JSON, f"{exc.msg} at character {exc.pos}") from exc


def repeats_a_key(payload: bytes, document: Any) -> bool:
    """Whether some object of the payload may name a key twice, of which `document` has one."""
    keys = payload.count(b'":')
    if keys != payload.count(b":") and (
        b" :" in payload or b"\t:" in payload or b"\n:" in payload or b"\r:" in payload
    ):
        keys = len(_KEY.findall(payload))
    # A document in a text. Where a backslash may stand before another, this would miscount.
    elif b"\\" in payload and b"\\\\" not in payload:
        keys -= payload.count(b'\\":')
    return keys != _members(payload, document)


def _members(payload: bytes, document: Any) -> int:
    """Of all its objects together."""
    objects = payload.count(b"{")  # at most so many, for a text may hold the sign
    if objects == 1 and type(document) is dict:
        return len(document)
    if type(document) is list and objects == len(document) and set(map(type, document)) == {dict}:
        return sum(map(len, document))
    count, unseen = 0, [document]
    while unseen:
        inside = unseen.pop()
        if type(inside) is dict:
            count += len(inside)
            inside = inside.values()
        elif type(inside) is not list:
            continue
        for each in inside:
            if type(each) is dict or type(each) is list:
                unseen.append(each)
    return count


def conflicts(document: Any) -> list[tuple[str, Any, Any]]:
    """The keys that objects of the document name twice, with two values that differ. Two objects
    under one key count as one object with the members of both."""
    found: list[tuple[str, Any, Any]] = []
    unseen = [document]
    while unseen and len(found) < MAX_CONFLICTS:
        inside = unseen.pop()
        if not isinstance(inside, dict):
            unseen += inside if type(inside) is list else []
            continue
        said: dict[str, Any] = {}
        for key, value in inside.items():
            first = said.setdefault(key, value)
            if first is value:
                continue
            if isinstance(first, dict) and isinstance(value, dict):
                said[key] = Repeating([*first.items(), *value.items()])
            elif type(first) is not list and first != value:
                found.append((key, first, value))
        unseen += said.values()
    return found


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these members, of which several may have one key."""
    document = dict(pairs)
    return document if len(document) == len(pairs) else Repeating(pairs)


def _nesting(payload: bytes) -> int:
    """Brackets open at once at the deepest place, those inside strings not counted."""
    depth = deepest = 0
    in_string = escaped = False
    for byte in payload:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _integer(digits: str) -> int | str:
    """An integer as written; one too long stays text, exactly."""
    return int(digits) if len(digits) <= MAX_DIGITS else digits
