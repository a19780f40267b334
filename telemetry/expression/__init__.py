"""Formulas over series: a small typed language of numbers, booleans and windows. Pure.

Derived series are computed by it, and conditions of alerts. docs/derived.md has the language.

    formula = read("mean(t, 10min) - shift(t, 1d)")
    formula.names                          # ["t"]
    formula.typed({"t": Typed("number", "°C")})
    formula.needs({"t": 90_000_000})       # which readings of each name count for an instant
    formula.evaluate({"t": column}, instants)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from telemetry.expression import evaluation, kinds, reach, tree
from telemetry.expression.columns import Column, Times, Values
from telemetry.expression.kinds import Kind, Typed
from telemetry.expression.parser import parse
from telemetry.expression.problems import InvalidExpression, TooMuch, sentence
from telemetry.expression.reach import Reach

__all__ = [
    "Column",
    "Formula",
    "InvalidExpression",
    "Kind",
    "Reach",
    "Times",
    "TooMuch",
    "Typed",
    "Values",
    "read",
    "sentence",
]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that was read."""

    text: str
    tree: tree.Node

    @property
    def names(self) -> list[str]:
        """What it calls its series, in the order they come."""
        return tree.names(self.tree)

    def typed(self, names: Mapping[str, Typed]) -> Typed:
        """What it gives when its names stand for these. Raises `InvalidExpression`."""
        return kinds.typed(self.tree, names)

    def needs(self, hold_us: Mapping[str, int]) -> dict[str, list[Reach]]:
        """Which readings of each name count, when a value of each holds so long."""
        return reach.needs(self.tree, hold_us)

    def evaluate(self, columns: Mapping[str, Column], instants: Times) -> Values:
        """Its value at each instant, NaN where it has none. Raises `TooMuch`."""
        return evaluation.evaluate(self.tree, columns, instants)


def read(text: str) -> Formula:
    """Raises `InvalidExpression`, which says what is wrong and at which character."""
    return Formula(text, parse(text))
