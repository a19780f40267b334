"""Whether a formula fits the series it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from derived import computing, definition
from derived.errors import DerivedError
from derived.models.derived_series import default_hold
from devices import clock
from telemetry.expression import Formula, InvalidExpression, Typed, sentence
from telemetry.expression.reach import longest
from telemetry.models import Series
from telemetry.moments import to_us


class Refused(DerivedError):
    """What was given cannot be; `errors` has a sentence for each field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {said}" for field, said in errors.items()))
        self.errors = errors


class Source(NamedTuple):
    """What a name stands for, and how long a value of it holds; None: as long as is usual."""

    series: Series
    hold: float | None = None  # seconds

    @property
    def held(self) -> float:
        return default_hold(self.series.device) if self.hold is None else self.hold

    @property
    def held_us(self) -> int:
        return round(self.held * 1e6)


class Checked(NamedTuple):
    """A formula that fits its inputs."""

    formula: Formula
    at: str
    gives: Typed

    @property
    def kind(self) -> Series.Kind:
        """Of the series that has its results."""
        return Series.Kind.BOOLEAN if self.gives.kind == "boolean" else Series.Kind.GAUGE


def checked(text: str, at: str, sources: Mapping[str, Source]) -> Checked:
    """Raises `Refused`."""
    try:
        formula = definition.cached(text)
        missing = [name for name in formula.names if name not in sources]
        if missing:
            raise Refused({"inputs": f"Choose a series for {', '.join(missing)}."})
        gives = formula.typed({name: _typed(each.series) for name, each in sources.items()})
    except InvalidExpression as exc:
        raise Refused({"formula": sentence(exc)}) from exc
    unused = [name for name in sources if name not in formula.names]
    if unused:
        raise Refused({"inputs": f"The formula does not name {', '.join(unused)}."})
    at = at or formula.names[0]
    if at not in sources:
        raise Refused({"at": "Name one of the inputs."})
    back_us = longest(formula.needs({name: each.held_us for name, each in sources.items()}))
    ids = [each.series.pk for each in sources.values()]
    if to_us(clock.now()) - back_us < computing.kept_from_us(ids):
        days = back_us / 86_400e6
        raise Refused({"formula": f"It needs readings of {days:.3g} days, which are not kept."})
    return Checked(formula, at, gives)


def _typed(series: Series) -> Typed:
    if series.kind == Series.Kind.TEXT:
        raise Refused({"inputs": f"{series.metric} has texts, which no formula takes."})
    boolean = series.kind == Series.Kind.BOOLEAN
    return Typed("boolean" if boolean else "number", series.unit)
