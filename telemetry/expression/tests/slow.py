"""What a formula gives, worked out one instant after the other, as it is written in the docs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise

from telemetry.expression.evaluation import MAGNUS_A, MAGNUS_B, MAX_DIGITS
from telemetry.expression.tree import Call, Name, Node, Number, Shift, Truth, Window, names

Readings = Mapping[str, dict[int, float]]  # by name, values by instant
HOUR = 3_600_000_000


def value(node: Node, readings: Readings, holds: Mapping[str, int], at: int) -> float | None:
    if isinstance(node, Number | Truth):
        return float(node.value)
    if isinstance(node, Name):
        times = [each for each in readings[node.name] if each <= at]
        newest = max(times, default=None)
        held = newest is not None and at - newest <= holds[node.name]
        return readings[node.name][newest] if held and newest is not None else None
    if isinstance(node, Shift):
        return value(node.inner, readings, holds, at - node.span_us)
    try:
        if isinstance(node, Window):
            found = windowed(node, readings, holds, at)
        else:
            found = called(
                node.what, *(value(each, readings, holds, at) for each in node.arguments)
            )
    except (OverflowError, ValueError, ZeroDivisionError):
        return None
    return found if found is not None and math.isfinite(found) else None


def instants(node: Node, readings: Readings) -> set[int]:
    if isinstance(node, Name):
        return set(readings[node.name])
    if isinstance(node, Shift):
        return {at + node.span_us for at in instants(node.inner, readings)}
    if isinstance(node, Window):
        return instants(node.inner, readings)
    if isinstance(node, Call):
        return set().union(*(instants(each, readings) for each in node.arguments))
    return set()


def windowed(node: Window, readings: Readings, holds: Mapping[str, int], at: int) -> float | None:
    start = at - node.span_us
    hold = min(holds[name] for name in names(node.inner))
    times = sorted(each for each in instants(node.inner, readings) if each <= at)
    points = [(each, value(node.inner, readings, holds, each)) for each in times]
    if node.what in ("integral", "degree_days"):
        return integral(points, node.what, start, at, hold)
    there = [(each, found) for each, found in points if found is not None]
    inside = [found for each, found in there if each > start]
    if node.what == "count":
        return float(len(inside))
    if not inside:
        return None
    if node.what == "increase":
        before = [(each, found) for each, found in there if each <= start]
        if before and start - before[-1][0] <= hold:
            inside.insert(0, before[-1][1])
        steps = [max(b, 0.0) if b < a else b - a for a, b in pairwise(inside)]
        return math.fsum(steps) if steps else None
    return {
        "mean": lambda: math.fsum(inside) / len(inside),
        "sum": lambda: math.fsum(inside),
        "min": lambda: min(inside),
        "max": lambda: max(inside),
        "first": lambda: inside[0],
        "last": lambda: inside[-1],
    }[node.what]()


def integral(
    points: list[tuple[int, float | None]], what: str, start: int, at: int, hold: int
) -> float | None:
    areas = []
    for (begin, found), (follows, _) in pairwise([*points, (at, None)]):
        long = min(begin + hold, follows, at) - max(begin, start)
        if found is not None and long > 0:
            areas.append((max(found, 0.0) if what == "degree_days" else found) * (long / HOUR))
    if not areas:
        return None
    return math.fsum(areas) / (24 if what == "degree_days" else 1)


def called(what: str, *given: float | None) -> float | None:
    if what in ("and", "or"):
        deciding = float(what == "or")
        if deciding in given:
            return deciding
        return None if None in given else 1 - deciding
    if what == "if":
        condition, yes, no = given
        return None if condition is None else (yes if condition else no)
    numbers = [each for each in given if each is not None]
    if len(numbers) < len(given):
        return None
    return plain(what, *numbers)


def plain(what: str, *given: float) -> float | None:
    one, two = given[0], given[1] if len(given) > 1 else 0.0
    if what == "round":
        if abs(two) > MAX_DIGITS:
            return None
        by = 10.0 ** round(two)
        return round(one * by) / by if len(given) > 1 else float(round(one))
    if what == "clamp":
        return min(max(one, two), given[2]) if two <= given[2] else None
    if what == "%":
        return one % two
    if what == "dew_point":
        found = math.log(two / 100) + MAGNUS_A * one / (MAGNUS_B + one)
        return MAGNUS_B * found / (MAGNUS_A - found)
    return {
        "negative": lambda: -one,
        "not": lambda: 1.0 - one,
        "+": lambda: one + two,
        "-": lambda: one - two,
        "*": lambda: one * two,
        "/": lambda: one / two,
        "<": lambda: float(one < two),
        "<=": lambda: float(one <= two),
        ">": lambda: float(one > two),
        ">=": lambda: float(one >= two),
        "==": lambda: float(one == two),
        "!=": lambda: float(one != two),
        "min": lambda: min(given),
        "max": lambda: max(given),
        "abs": lambda: abs(one),
        "sqrt": lambda: math.sqrt(one),
        "log": lambda: math.log(one),
        "exp": lambda: math.exp(one),
    }[what]()
