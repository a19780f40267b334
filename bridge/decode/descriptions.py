"""What messages say of devices and series beside what was measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.decode.items import Described, Item
from bridge.decode.quantities import quantity_of
from bridge.decode.units import normalised
from devices.invisible import without

MAX_SAID = 200  # characters of a name, a model, a version


def said(value: Any, at_most: int = MAX_SAID) -> str:
    """A text of so many characters that can be seen and stored; "" of anything else."""
    if not isinstance(value, str):
        return ""
    return without(value[:at_most]).strip()


def units(uid: str, given: Mapping[str, str]) -> list[Item]:
    """The units of these metrics. Said with every message: what is stored already costs nothing."""
    return [
        Described(uid, metric, unit := normalised(as_given), quantity=quantity_of(metric, unit))
        for metric, as_given in given.items()
    ]
