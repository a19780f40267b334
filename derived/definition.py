"""A derived series as it is computed: its formula read, and what each name stands for. Pure but for
reading the models."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from derived.models import DerivedSeries
from telemetry.expression import Formula, Reach, read
from telemetry.expression.reach import longest

REMEMBERED = 2_000  # formulas

cached = lru_cache(REMEMBERED)(read)


@dataclass(frozen=True, slots=True)
class Definition:
    """What its results are computed of, and how."""

    formula: Formula
    at: str  # the name at whose readings there is a result
    inputs: dict[str, int]  # series by name
    hold_us: dict[str, int]

    def needs(self) -> dict[str, list[Reach]]:
        """Which readings of each name count for a result. Whether there is one, the reading at its
        own instant says."""
        found = self.formula.needs(self.hold_us)
        found[self.at] = [*found.get(self.at, []), Reach(0, 0)]
        return found

    def back_us(self) -> int:
        """How far back of a result the readings that count lie at most."""
        return longest(self.needs())


def of(derived: DerivedSeries) -> Definition | None:
    """None of one with an input that was deleted. Raises `InvalidExpression` when its formula was
    stored by another version, and cannot be read any more."""
    inputs = list(derived.inputs.all())
    series = {each.name: each.series_id for each in inputs if each.series_id is not None}
    if len(series) < len(inputs):
        return None
    return Definition(
        cached(derived.formula),
        derived.at,
        series,
        {each.name: round(each.hold * 1e6) for each in inputs},
    )
