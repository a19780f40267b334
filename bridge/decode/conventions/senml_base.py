"""The base of a SenML pack: what holds for the records that follow. Pure."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, NamedTuple

BASES = frozenset({"bn", "bt", "bu", "bv", "bs"})


class Base(NamedTuple):
    """What holds for the records that follow."""

    name: str = ""
    time: float = 0.0  # seconds
    unit: str = ""
    value: float = 0.0
    sum: float = 0.0

    def with_those_of(self, record: dict[Any, Any]) -> Base:
        """The base from this record on."""
        name, unit = record.get("bn"), record.get("bu")
        return Base(
            name if isinstance(name, str) else self.name,
            _or(record.get("bt"), self.time),
            unit if isinstance(unit, str) else self.unit,
            _or(record.get("bv"), self.value),
            _or(record.get("bs"), self.sum),
        )


def _or(given: Any, before: float) -> float:
    found = number(given)
    return before if found is None else found


def number(value: Any) -> float | int | None:
    """A number that is one; CBOR also writes decimal fractions."""
    kind = type(value)
    if kind is int:
        return int(value) if abs(value) < 2**64 else None
    if kind is Decimal:
        value = float(value)
    return float(value) if isinstance(value, float) and math.isfinite(value) else None
