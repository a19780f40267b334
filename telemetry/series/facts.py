"""The facts of a series: as it is stored, and as its device tells them."""

from __future__ import annotations

from typing import NamedTuple

from telemetry.models import Series

MAX_UNIT = 32  # characters of a unit, and of a quantity
MAX_LABEL = 120  # characters of a label
MAX_PRECISION = 9  # decimals shown


class SeriesRow(NamedTuple):
    """A series as it is after it was made or changed here."""

    id: int
    device_id: int
    metric: str
    unit: str
    kind: str
    precision: int | None
    label: str = ""
    quantity: str = ""


class Told(NamedTuple):
    """What a device says of one of its series; "" and None: it does not say."""

    unit: str = ""
    kind: str = ""
    label: str = ""
    quantity: str = ""
    precision: int | None = None


NOTHING_TOLD = Told()


def kind_of(value: float | int | bool | str) -> str:
    """The kind of a series of such values."""
    if type(value) is bool:
        return Series.Kind.BOOLEAN.value
    return Series.Kind.TEXT.value if type(value) is str else Series.Kind.GAUGE.value
