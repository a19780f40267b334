"""What is known of a target when something is said of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from alerts.conditions.memory import Value
from telemetry.series.said import Numeral, Said, say
from telemetry.series.words import SECOND_US, duration, humanise, number, with_unit


class Writing(NamedTuple):
    """How the values of a series are written."""

    unit: str = ""
    precision: int | None = None
    is_boolean: bool = False

    def value(self, value: Value | None) -> str:
        """With its unit; "on" and "off" of a boolean; a word is itself."""
        if isinstance(value, str):
            return value
        if self.is_boolean and value is not None:
            return "on" if value else "off"
        return with_unit(number(value, self.precision), self.unit)

    def rounded(self, value: float) -> str:
        """A limit with its unit."""
        return with_unit(self.limit(value), self.unit)

    def limit(self, value: float | None) -> str:
        """Without its unit, with as many digits as it was written with."""
        return number(value)


@dataclass(frozen=True, slots=True)
class Facts:
    metric: str = ""  # "": it is about the whole device
    label: str = ""  # the series' name for people
    unit: str = ""
    precision: int | None = None
    is_boolean: bool = False
    device: str = ""  # its name
    site: str = ""
    value: Value | None = None
    limit: float | None = None
    for_us: int = 0  # how long it has held
    text: str = ""  # of the rule; "": made of these

    @property
    def writing(self) -> Writing:
        return Writing(self.unit, self.precision, self.is_boolean)

    @property
    def name(self) -> str:
        return self.label or (humanise(self.metric) if self.metric else "")

    @property
    def subject(self) -> str | Said:
        """What a sentence begins with: the series, or the device as a whole."""
        return self.name or say("The device")

    @property
    def shown(self) -> str | Said:
        """The value as it is written."""
        if isinstance(self.value, str):
            return self.value
        if self.is_boolean and self.value is not None:
            return say("on") if self.value else say("off")
        return Numeral(self.writing.value(self.value))

    @property
    def long(self) -> str:
        """For how long, in whole seconds; "" for less than one."""
        whole = self.for_us // SECOND_US * SECOND_US
        return duration(whole) if whole > 0 else ""

    def as_texts(self) -> dict[str, str]:
        """Of `template.NAMES`. Numbers come without their unit, which has a name of its own."""
        return {
            "value": Writing("", self.precision, self.is_boolean).value(self.value),
            "limit": self.writing.limit(self.limit),
            "device": self.device,
            "site": self.site,
            "metric": self.name or "the device",
            "unit": self.unit,
            "for": self.long or "less than 1\u2009s",
        }
