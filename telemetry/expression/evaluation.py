"""What a formula gives at some instants, of the readings of its series."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from telemetry.expression import windows
from telemetry.expression.columns import Column, Times, Values
from telemetry.expression.tree import Call, Name, Node, Number, Shift, Truth, Window, names

MAGNUS_A, MAGNUS_B = 17.62, 243.12  # over water, -45 to 60 °C; the second in °C
MAX_DIGITS = 12  # that a value is rounded to


def evaluate(tree: Node, columns: Mapping[str, Column], instants: Times) -> Values:
    """The value at each instant; NaN where there is none: a series says nothing there, a division
    by zero, a number too large. What is true is 1, what is false 0. Raises `TooMuch`."""
    with np.errstate(all="ignore"):
        return _of(tree, columns, instants, windows.Budget())


def moments(tree: Node, columns: Mapping[str, Column], after_us: int, until_us: int) -> Times:
    """The instants in (after, until] at which something the formula is about was measured: of
    what is shifted, so much later."""
    if isinstance(tree, Name):
        return columns[tree.name].between(after_us, until_us)
    if isinstance(tree, Shift):
        span = tree.span_us
        return moments(tree.inner, columns, after_us - span, until_us - span) + span
    if isinstance(tree, Window):
        return moments(tree.inner, columns, after_us, until_us)
    if not isinstance(tree, Call):
        return np.empty(0, np.int64)
    found = [moments(each, columns, after_us, until_us) for each in tree.arguments]
    return np.unique(np.concatenate(found))


def holds(tree: Node, columns: Mapping[str, int]) -> int:
    """How long a value of the formula holds, of how long those of its names do."""
    return min(columns[name] for name in names(tree))


def _of(
    node: Node, columns: Mapping[str, Column], instants: Times, budget: windows.Budget
) -> Values:
    if isinstance(node, Number | Truth):
        return np.full(len(instants), float(node.value))
    if isinstance(node, Name):
        return columns[node.name].at(instants)
    if isinstance(node, Shift):
        return _of(node.inner, columns, instants - node.span_us, budget)
    if isinstance(node, Window):
        found = _over_a_time(node, columns, instants, budget)
    else:
        given = [_of(each, columns, instants, budget) for each in node.arguments]
        found = _FUNCTIONS[node.what](*given)
    found[~np.isfinite(found)] = np.nan
    return found


def _over_a_time(
    node: Window, columns: Mapping[str, Column], instants: Times, budget: windows.Budget
) -> Values:
    if not len(instants):
        return np.empty(0)
    hold = holds(node.inner, {name: each.hold_us for name, each in columns.items()})
    if isinstance(node.inner, Name):
        inner = columns[node.inner.name]
    else:
        after = int(instants.min()) - node.span_us - hold - 1
        at = moments(node.inner, columns, after, int(instants.max()))
        inner = Column(at, _of(node.inner, columns, at, budget), hold)
    return windows.over(node.what, inner, instants, node.span_us, budget)


def _where_both(found: Values, *given: Values) -> Values:
    """As found, with no value where one of those given has none."""
    for each in given:
        found = np.where(np.isnan(each), np.nan, found)
    return found


def _compared(ufunc: np.ufunc) -> Callable[[Values, Values], Values]:
    return lambda left, right: _where_both(ufunc(left, right).astype(np.float64), left, right)


def _and(left: Values, right: Values) -> Values:
    """False where one is, also where nothing is known of the other."""
    return np.where((left == 0) | (right == 0), 0.0, left * right)


def _or(left: Values, right: Values) -> Values:
    return np.where((left == 1) | (right == 1), 1.0, left + right)


def _if(condition: Values, yes: Values, no: Values) -> Values:
    return np.where(condition == 1, yes, np.where(condition == 0, no, np.nan))


def _round(values: Values, digits: Values | None = None) -> Values:
    """Half to even."""
    if digits is None:
        return np.rint(values)
    by = 10.0 ** np.rint(digits)
    found = np.rint(values * by) / by
    return np.where(np.abs(digits) <= MAX_DIGITS, found, np.nan)


def _clamp(values: Values, low: Values, high: Values) -> Values:
    return np.where(low <= high, np.minimum(np.maximum(values, low), high), np.nan)


def _lowest(*given: Values) -> Values:
    return np.minimum.reduce(given)


def _highest(*given: Values) -> Values:
    return np.maximum.reduce(given)


def _dew_point(temperature: Values, humidity: Values) -> Values:
    """By Magnus; no value for a humidity of 0 or less."""
    found = np.log(humidity / 100) + MAGNUS_A * temperature / (MAGNUS_B + temperature)
    return MAGNUS_B * found / (MAGNUS_A - found)


_FUNCTIONS: Mapping[str, Callable[..., Values]] = {
    "negative": np.negative,
    "not": lambda value: 1.0 - value,
    "and": _and,
    "or": _or,
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.mod,
    "<": _compared(np.less),
    "<=": _compared(np.less_equal),
    ">": _compared(np.greater),
    ">=": _compared(np.greater_equal),
    "==": _compared(np.equal),
    "!=": _compared(np.not_equal),
    "if": _if,
    "min": _lowest,
    "max": _highest,
    "abs": np.abs,
    "round": _round,
    "sqrt": np.sqrt,
    "log": np.log,
    "exp": np.exp,
    "clamp": _clamp,
    "dew_point": _dew_point,
}
