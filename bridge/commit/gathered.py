"""Readings one at a time, before they become columns."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.decode.items import Value
from bridge.intake.batch import Columns, Text


@dataclass(slots=True)
class Gathered:
    """Readings one at a time, before they become columns."""

    series_ids: list[int] = field(default_factory=list)
    times_us: list[int] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def add(self, series_id: int, time_us: int, value: Value) -> None:
        if isinstance(value, str):
            self.texts.append((series_id, time_us, value))
        else:
            self.series_ids.append(series_id)
            self.times_us.append(time_us)
            self.values.append(value)

    @property
    def size(self) -> int:
        return len(self.series_ids) + len(self.texts)

    def columns(self) -> Columns:
        return Columns.of(self.series_ids, self.times_us, self.values, self.texts)
