"""How an alert stands now: asked of whoever keeps alerts, which is above this app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from notifications.errors import NotificationsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Of one alert."""

    sentence: str  # in the language of who asks
    severity: str
    started_at: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""  # a name
    snoozed_until: datetime | None = None  # may lie behind
    silenced: bool = False
    said: dict[str, Any] | None = None  # the sentence and its values apart

    @property
    def over(self) -> bool:
        return self.cleared_at is not None

    @property
    def acknowledged(self) -> bool:
        return self.acknowledged_at is not None


class Source(Protocol):
    """What `alerts` registers."""

    def standings(self, alert_ids: Iterable[int], *, lock: bool = False) -> dict[int, Standing]:
        """Of those that are there. `lock`: nobody changes them until the transaction ends."""

    def acknowledge(self, alert_id: int, by: Any, via: str) -> None:
        """As the user `by` (None: nobody in particular) by way of `via`; again it does nothing."""

    def note(self, lines: Mapping[int, tuple[str, str]]) -> None:
        """A line in the history of each of these alerts, as (kind, text); `kind`: notified,
        escalated."""


class NoSource(NotificationsError):
    """Nobody has registered."""


_source: list[Source] = []


def register(source: Source) -> None:
    """Once a process, from `AppConfig.ready`."""
    _source[:] = [source]


def source() -> Source:
    """Raises `NoSource`."""
    if not _source:
        raise NoSource("Nobody keeps alerts: register a source.")
    return _source[0]
