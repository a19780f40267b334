"""What an expression of a template is, of one message. Pure; linear in the size of the tree."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from bridge.decode.conventions.homeassistant.expressions import Node
from bridge.decode.scalars import number_of
from bridge.errors import BridgeError

MAX_TEXT = 4_000  # characters of what joining texts may give


class Undefined:
    """What a path leads to that is not there."""


UNDEFINED: Final = Undefined()


class NoValue(BridgeError):
    """The message has no value for this template."""


def value(node: Node, names: Mapping[str, Any]) -> Any:
    """The value of an expression; `UNDEFINED` where a path ends in nothing. Raises `NoValue`."""
    if node.kind == "constant":
        return node.what
    if node.kind == "name":
        return names.get(node.what, UNDEFINED)
    if node.kind in ("if", "and", "or"):
        return _choice(node, names)
    parts = [value(part, names) for part in node.parts]
    if node.kind == "call":
        return _call(node.what, parts)
    if node.kind in _FORMS:
        return _FORMS[node.kind](node.what, parts)
    return _operation(node.kind, *parts)


def _choice(node: Node, names: Mapping[str, Any]) -> Any:
    """Of these only what decides is looked at."""
    first = value(node.parts[0], names)
    if node.kind == "if":
        return value(node.parts[1 if truth(first) else 2], names)
    return first if truth(first) is (node.kind == "or") else value(node.parts[1], names)


def truth(found: Any) -> bool:
    return found is not UNDEFINED and bool(found)


def text_of(found: Any) -> str:
    """As a template shows it."""
    if found is UNDEFINED:
        return ""
    return json.dumps(found)[:MAX_TEXT] if isinstance(found, dict | list) else str(found)[:MAX_TEXT]


def _item(of: Any, key: Any) -> Any:
    if isinstance(of, dict):
        return of.get(key, UNDEFINED) if isinstance(key, str | int | float | bool) else UNDEFINED
    if isinstance(of, list | str) and isinstance(key, int) and -len(of) <= key < len(of):
        return of[key]
    return UNDEFINED


def _key(key: Any) -> Any:
    if isinstance(key, str | int | float | bool):
        return key
    raise NoValue


def _dict(parts: list[Any]) -> dict[Any, Any]:
    return {_key(key): each for key, each in zip(parts[::2], parts[1::2], strict=True)}


_TESTS: dict[str, Callable[[Any], bool]] = {
    "defined": lambda found: found is not UNDEFINED,
    "none": lambda found: found is None,
    "number": lambda found: isinstance(found, int | float),
    "string": lambda found: isinstance(found, str),
}
_FORMS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "item": lambda _, parts: _item(*parts),
    "not": lambda _, parts: not truth(parts[0]),
    "test": lambda what, parts: _TESTS[what](parts[0]),
    "dict": lambda _, parts: _dict(parts),
    "list": lambda _, parts: parts,
}


def _operation(kind: str, left: Any, right: Any) -> Any:
    match kind:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "in":
            return isinstance(right, dict | list | str) and _within(left, right)
        case "~":
            return (text_of(left) + text_of(right))[:MAX_TEXT]
    if isinstance(left, str) and isinstance(right, str):
        return _of_texts(kind, left, right)
    return _of_numbers(kind, left, right)


def _within(left: Any, right: dict[Any, Any] | list[Any] | str) -> bool:
    if isinstance(right, str):
        return isinstance(left, str) and left in right
    return isinstance(left, str | int | float | bool) and left in right


def _of_texts(kind: str, left: str, right: str) -> Any:
    match kind:
        case "+":
            return (left + right)[:MAX_TEXT]
        case "<":
            return left < right
        case ">":
            return left > right
    raise NoValue


def _of_numbers(kind: str, left: Any, right: Any) -> Any:
    if not (isinstance(left, int | float) and isinstance(right, int | float)):
        raise NoValue
    operation = _NUMERIC.get(kind)
    if operation is None:
        raise NoValue
    return operation(left, right)


_NUMERIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _call(name: str, parts: list[Any]) -> Any:
    if not parts:
        raise NoValue
    return _FUNCTIONS[name](parts[0], parts[1:])


def _is_defined(of: Any, _: list[Any]) -> Any:
    if of is UNDEFINED:
        raise NoValue
    return of


def _default(of: Any, given: list[Any]) -> Any:
    return of if of is not UNDEFINED and (of or not _flag(given)) else _first(given, "")


def _get(of: Any, given: list[Any]) -> Any:
    found = _item(of, _first(given, None)) if isinstance(of, dict) else UNDEFINED
    return found if found is not UNDEFINED else _first(given[1:], None)


def _converted(of: Any, given: list[Any]) -> float | int:
    number = _number(of)
    if number is not None:
        return number
    if given and isinstance(given[0], int | float):
        return given[0]
    raise NoValue


def _absolute(of: Any, _: list[Any]) -> Any:
    return _of_numbers("-", 0, of) if _of_numbers("<", of, 0) else of


_FUNCTIONS: dict[str, Callable[[Any, list[Any]], Any]] = {
    "is_defined": _is_defined,
    "default": _default,
    "get": _get,
    "float": lambda of, given: float(_converted(of, given)),
    "int": lambda of, given: int(_converted(of, given)),
    "round": lambda of, given: _rounded(of, _first(given, 0)),
    "abs": _absolute,
    "bool": lambda of, _: text_of(of).lower() in ("true", "on", "yes", "1"),
    "lower": lambda of, _: text_of(of).lower(),
    "upper": lambda of, _: text_of(of).upper(),
    "trim": lambda of, _: text_of(of).strip(),
    "strip": lambda of, _: text_of(of).strip(),
    "string": lambda of, _: text_of(of),
    "tojson": lambda of, _: json.dumps(None if of is UNDEFINED else of)[:MAX_TEXT],
}


def _flag(given: list[Any]) -> bool:
    """Whether `default(…, true)` takes an empty value for none."""
    return len(given) > 1 and given[1] is True


def _first(given: list[Any], otherwise: Any) -> Any:
    return given[0] if given else otherwise


def _number(found: Any) -> float | int | None:
    if isinstance(found, str):
        number = number_of(found.strip())
        return None if isinstance(number, str) else number
    if isinstance(found, int | float) and math.isfinite(found):
        return found
    return None


def _rounded(found: Any, digits: Any) -> float:
    number = _number(found)
    if number is None or not isinstance(digits, int) or not -12 <= digits <= 12:
        raise NoValue
    return round(float(number), digits)
