"""Whether a formula fits the series it is about: numbers, booleans, and their units."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from telemetry.expression import units
from telemetry.expression.problems import InvalidExpression
from telemetry.expression.tree import Call, Name, Node, Number, Shift, Truth, Window
from telemetry.expression.units import PLAIN, UNKNOWN, Unit

Kind = Literal["number", "boolean"]

_COMPARISONS = frozenset(("<", "<=", ">", ">=", "==", "!="))
_LOGIC = frozenset(("and", "or", "not"))
_KEEP_BOOLEANS = frozenset(("min", "max", "first", "last"))


class Typed(NamedTuple):
    """What a name stands for, or what a formula gives."""

    kind: Kind = "number"
    unit: str = ""  # as it is shown; "": not known


class _Found(NamedTuple):
    kind: Kind
    unit: Unit
    value: float | None = None  # of a plain number that is written


def typed(tree: Node, names: Mapping[str, Typed]) -> Typed:
    """What the formula gives when its names stand for these. Raises `InvalidExpression`."""
    found = _of(tree, names)
    return Typed(found.kind, units.shown(found.unit) if found.kind == "number" else "")


def _of(node: Node, names: Mapping[str, Typed]) -> _Found:
    if isinstance(node, Number):
        return _Found("number", PLAIN, node.value)
    if isinstance(node, Truth):
        return _Found("boolean", PLAIN)
    if isinstance(node, Name):
        bound = names.get(node.name)
        if bound is None:
            raise InvalidExpression(f"no series is called {node.name} here", node.at)
        return _Found(bound.kind, units.unit_of(bound.unit))
    if isinstance(node, Shift):
        return _of(node.inner, names)
    try:
        if isinstance(node, Window):
            return _over_a_time(node, names)
        return _call(node, [_of(each, names) for each in node.arguments])
    except units.Mismatch as exc:
        raise InvalidExpression(str(exc), node.at) from exc


def _over_a_time(node: Window, names: Mapping[str, Typed]) -> _Found:
    if node.what == "degree_days":
        return _degree_days(node, names)
    inner = _of(node.inner, names)
    if node.what == "count":
        return _Found("number", PLAIN)
    if inner.kind == "boolean" and node.what in _KEEP_BOOLEANS:
        return inner
    if inner.kind == "boolean":
        if node.what == "increase":
            raise InvalidExpression("increase needs numbers: this is true or false", node.inner.at)
        return _Found("number", units.HOUR if node.what == "integral" else PLAIN)
    return _Found("number", _unit_over_a_time(node.what, inner.unit))


def _unit_over_a_time(what: str, unit: Unit) -> Unit:
    if what == "integral":
        return UNKNOWN if unit.any else units.multiplied(unit, units.HOUR, 1)
    if what == "increase":
        return unit._replace(zeros=0.0)
    return UNKNOWN if what == "sum" and unit.zeros else unit


def _degree_days(node: Window, names: Mapping[str, Typed]) -> _Found:
    if not isinstance(node.inner, Call):
        raise TypeError("degree_days is made of a difference")
    found = [_of(each, names) for each in node.inner.arguments]
    _check_numbers("degree_days", found, node.inner.arguments)
    base, temperature = found
    unit = units.alike(base.unit, temperature.unit, "compared")
    if unit.any or not unit.known:
        return _Found("number", UNKNOWN)
    return _Found("number", units.multiplied(unit._replace(zeros=0.0), units.DAY, 1))


def _call(node: Call, found: list[_Found]) -> _Found:
    if node.what in _LOGIC:
        for each, argument in zip(found, node.arguments, strict=True):
            if each.kind != "boolean":
                said = f"{node.what} takes what is true or false: this is a number"
                raise InvalidExpression(said, argument.at)
        return _Found("boolean", PLAIN)
    if node.what in _COMPARISONS:
        return _comparison(node, found)
    if node.what == "if":
        return _choice(node, found)
    _check_numbers(node.what, found, node.arguments)
    return _Found("number", _UNITS[node.what](found), _value(node, found))


def _comparison(node: Call, found: list[_Found]) -> _Found:
    left, right = found
    if left.kind != right.kind:
        said = "a number cannot be compared with what is true or false"
        raise InvalidExpression(said, node.at)
    if left.kind == "boolean" and node.what not in ("==", "!="):
        raise InvalidExpression(f"what is true or false has no order: {node.what}", node.at)
    units.alike(left.unit, right.unit, "compared", zeros=True)
    return _Found("boolean", PLAIN)


def _choice(node: Call, found: list[_Found]) -> _Found:
    condition, yes, no = found
    if condition.kind != "boolean":
        said = "if takes what is true or false first: this is a number"
        raise InvalidExpression(said, node.arguments[0].at)
    if yes.kind != no.kind:
        said = "if gives a number in one case, and true or false in the other"
        raise InvalidExpression(said, node.at)
    return _Found(yes.kind, units.alike(yes.unit, no.unit, "given by one `if`", zeros=True))


def _check_numbers(what: str, found: list[_Found], arguments: tuple[Node, ...]) -> None:
    for each, argument in zip(found, arguments, strict=True):
        if each.kind != "number":
            shown = "-" if what == "negative" else what
            raise InvalidExpression(f"{shown} takes numbers: this is true or false", argument.at)


def _value(node: Call, found: list[_Found]) -> float | None:
    """Of a written number with a sign."""
    if node.what == "negative" and found[0].value is not None:
        return -found[0].value
    return None


def _sum(found: list[_Found]) -> Unit:
    return units.added(found[0].unit, found[1].unit, 1)


def _difference(found: list[_Found]) -> Unit:
    return units.added(found[0].unit, found[1].unit, -1)


def _product(found: list[_Found]) -> Unit:
    left, right = found
    if left.unit.any:
        return units.scaled(right.unit, left.value)
    if right.unit.any:
        return units.scaled(left.unit, right.value)
    return units.multiplied(left.unit, right.unit, 1)


def _quotient(found: list[_Found]) -> Unit:
    left, right = found
    if right.unit.any:
        by = 1 / right.value if right.value else None
        return units.scaled(left.unit, by)
    if left.unit.any:
        return units.multiplied(Unit(), right.unit, -1)
    return units.multiplied(left.unit, right.unit, -1)


def _negative(found: list[_Found]) -> Unit:
    return found[0].unit._replace(zeros=-found[0].unit.zeros)


def _alike(found: list[_Found]) -> Unit:
    unit = PLAIN
    for each in found:
        unit = units.alike(unit, each.unit, "compared", zeros=True)
    return unit


def _first(found: list[_Found]) -> Unit:
    return found[0].unit


def _plain(found: list[_Found]) -> Unit:
    return PLAIN if found[0].unit.any else UNKNOWN


def _dew_point(found: list[_Found]) -> Unit:
    for each, wanted in zip(found, ("°C", "%"), strict=True):
        unit = each.unit
        if not unit.any and unit.known and unit != units.unit_of(wanted):
            shown = units.shown(unit) or "something else"
            raise units.Mismatch(f"dew_point takes °C and %: this is {shown}")
    return units.unit_of("°C")


_UNITS: Mapping[str, Callable[[list[_Found]], Unit]] = {
    "+": _sum,
    "-": _difference,
    "*": _product,
    "/": _quotient,
    "%": _alike,
    "negative": _negative,
    "abs": _first,
    "round": _first,
    "min": _alike,
    "max": _alike,
    "clamp": _alike,
    "sqrt": _plain,
    "log": _plain,
    "exp": _plain,
    "dew_point": _dew_point,
}
