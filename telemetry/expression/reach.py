"""Which readings a formula needs, and which of its results a reading changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from telemetry.expression.evaluation import holds
from telemetry.expression.tree import Name, Node, Shift, Window, below


class Reach(NamedTuple):
    """For the result of an instant t the readings of [t - back, t - until] count; so a reading of s
    counts for the results of [s + until, s + back]. Microseconds."""

    back_us: int
    until_us: int


def needs(tree: Node, hold_us: Mapping[str, int]) -> dict[str, list[Reach]]:
    """Of each name the spans of its readings that count, the nearest first and apart from each
    other. `hold_us` says how long a value of each name holds."""
    found: dict[str, list[Reach]] = {}
    _collect(tree, hold_us, Reach(0, 0), found)
    return {name: _apart(reaches) for name, reaches in found.items()}


def longest(needed: Mapping[str, list[Reach]]) -> int:
    """How far back the readings that count lie at most."""
    return max(each.back_us for reaches in needed.values() for each in reaches)


def _collect(
    node: Node, hold_us: Mapping[str, int], from_here: Reach, found: dict[str, list[Reach]]
) -> None:
    back, until = from_here
    if isinstance(node, Name):
        found.setdefault(node.name, []).append(Reach(back + hold_us[node.name], until))
    if isinstance(node, Shift):
        from_here = Reach(back + node.span_us, until + node.span_us)
    if isinstance(node, Window):
        # What held when the window began counts too.
        from_here = Reach(back + node.span_us + holds(node.inner, hold_us), until)
    for each in below(node):
        _collect(each, hold_us, from_here, found)


def _apart(reaches: list[Reach]) -> list[Reach]:
    """The same without what two have in common."""
    joined: list[Reach] = []
    for each in sorted(reaches, key=lambda reach: reach.until_us):
        if joined and each.until_us <= joined[-1].back_us:
            joined[-1] = Reach(max(joined[-1].back_us, each.back_us), joined[-1].until_us)
        else:
            joined.append(each)
    return joined
