"""What becomes of a file: everything is counted, and the first of what is wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from telemetry.moments import from_us

if TYPE_CHECKING:
    from telemetry.imports.readings import Readings

MAX_PROBLEMS = 100  # lines that a report names; a rejects file has them all
MAX_MISSING = 100  # devices that a report names
MAX_SAMPLE = 20  # readings that a preview shows
MAX_NAMES = 24  # series that a preview names
MAX_SHOWN_COLUMNS = 200  # of a file, that a preview names
MAX_KEYS = 200_000  # series of one file
COUNTS = (
    "rows", "readings", "texts", "stored", "repeated", "conflicts", "rejected", "too_old",
    "ambiguous",
)  # fmt: skip


class Sample(NamedTuple):
    """A reading as it would be stored."""

    line: int
    time: str  # ISO 8601, in UTC
    device: str
    metric: str
    unit: str
    value: float | str


class Problem(NamedTuple):
    """Something of one line that is not stored."""

    line: int
    what: str  # rejected, conflict, repeated, too_old
    why: str


@dataclass(slots=True)
class Report:
    """Readings are numbers and texts. readings = stored + repeated + conflicts + too_old, once all
    is done; what is rejected is beside them."""

    rows: int = 0
    readings: int = 0  # to be stored, texts among them
    texts: int = 0
    stored: int = 0
    repeated: int = 0  # stored before, or twice in the file
    conflicts: int = 0  # another value has their place
    rejected: int = 0  # values, or rows, that are no readings
    too_old: int = 0  # retention would remove them
    ambiguous: int = 0  # local times of an hour that comes twice; the first was taken
    first_us: int = 0
    last_us: int = 0
    oldest_kept_us: int = 0
    series: set[tuple[str, str]] = field(default_factory=set)  # device, metric
    missing: set[str] = field(default_factory=set)  # devices that are not registered
    problems: list[Problem] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    layout: dict[str, str] = field(default_factory=dict)  # which column is what
    sample: list[Sample] = field(default_factory=list)  # the first readings
    tell: Callable[[Problem], None] | None = None  # every one, where somebody wants them all

    def note(self, line: int, what: str, why: str) -> None:
        problem = Problem(line, what, why)
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(problem)
        if self.tell is not None:
            self.tell(problem)

    def note_too_old(self, readings: Readings, limits_us: NDArray[np.int64]) -> None:
        """Count what of a block is older than the limits, which are those of its keys."""
        old = readings.times_us < limits_us[readings.places]
        lost = {*readings.places[old].tolist()}
        texts = [each.place for each in readings.texts if each.time_us < limits_us[each.place]]
        self.too_old += int(old.sum()) + len(texts)
        if gone := sorted(lost.union(texts)):
            self.oldest_kept_us = max(self.oldest_kept_us, int(limits_us[gone].max()))
        elif not self.oldest_kept_us and len(limits_us):
            self.oldest_kept_us = int(limits_us.max())

    def show(self, found: Readings) -> None:
        """Keep the first readings of a file."""
        if room := MAX_SAMPLE - len(self.sample):
            first = np.argsort(found.lines, kind="stable")[:room]
            given = zip(
                *(each[first].tolist() for each in found[3:7]), strict=True
            )  # places, times, values, lines
            rows = [(line, us, place, value) for place, us, value, line in given]
            rows += [
                (each.line, each.time_us, each.place, each.text) for each in found.texts[:room]
            ]
            for line, us, place, value in sorted(rows, key=lambda row: row[0])[:room]:
                key = found.keys[place]
                unit = found.units.get(key, "")
                time = from_us(us).isoformat().replace("+00:00", "Z")
                self.sample.append(Sample(line, time, key.device, key.metric, unit, value))

    def preview(self) -> dict[str, Any]:
        """What a page shows before a file is imported."""
        return {
            "columns": self.columns[:MAX_SHOWN_COLUMNS],
            "layout": self.layout,
            "sample": [each._asdict() for each in self.sample],
            "names": [f"{device}.{metric}" for device, metric in sorted(self.series)[:MAX_NAMES]],
        }

    def reject(self, line: int, why: str) -> None:
        self.rejected += 1
        self.note(line, "rejected", why)

    def span(self, first_us: int, last_us: int) -> None:
        """Readings were found at these times."""
        self.first_us = min(self.first_us, first_us) if self.last_us else first_us
        self.last_us = max(self.last_us, last_us) if self.last_us else last_us

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in COUNTS}

    def form(self) -> dict[str, Any]:
        """As JSON: docs/import.md."""
        return {
            **self.counts(),
            "series": len(self.series),
            "devices": len({device for device, _ in self.series}),
            "first": from_us(self.first_us).isoformat() if self.last_us else None,
            "last": from_us(self.last_us).isoformat() if self.last_us else None,
            "oldest_kept": from_us(self.oldest_kept_us).isoformat()
            if self.oldest_kept_us
            else None,
            "missing_devices": sorted(self.missing)[:MAX_MISSING],
            "missing_count": len(self.missing),
            "problems": [each._asdict() for each in self.problems],
        }
