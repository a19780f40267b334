"""What is told of an alert, whoever is told and on whichever channel."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self

_TIMES = ("started_at", "cleared_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Facts of the alert, and the words for one recipient. What is empty does not apply."""

    what: str = ""  # fired, worsened, cleared, escalated, digest, mentioned, test
    alert_id: int | None = None
    severity: str = "info"
    sentence: str = ""  # what is wrong, in words with values
    said: dict[str, Any] | None = None  # the same with its values apart; None: somebody's own words
    language: str = ""  # of the words for one recipient
    rule: str = ""
    device: str = ""  # its name
    uid: str = ""
    site_id: int | None = None
    site: str = ""  # its name
    metric: str = ""
    value: float | None = None
    unit: str = ""
    limit: float | None = None
    labels: dict[str, str] = field(default_factory=dict)
    started_at: datetime | None = None
    cleared_at: datetime | None = None
    runbook: str = ""
    url: str = ""  # of the alert's page, with host
    subject: str = ""
    text: str = ""
    acknowledge_url: str = ""
    items: list[dict[str, Any]] = field(default_factory=list)  # of a digest

    @property
    def words(self) -> str:
        """The text, or the bare sentence where nobody has written one."""
        return self.text or self.sentence

    def as_json(self) -> dict[str, Any]:
        """What a row keeps and `read` reads: without what is empty."""
        facts = {each.name: getattr(self, each.name) for each in fields(self)}
        facts = {name: value for name, value in facts.items() if value not in (None, "")}
        return facts | {name: facts[name].isoformat() for name in _TIMES if name in facts}

    @classmethod
    def read(cls, facts: dict[str, Any]) -> Self:
        """The content that was kept. A field that a later version wrote is left out."""
        ours = {each.name for each in fields(cls)}
        kept = {name: value for name, value in facts.items() if name in ours}
        times = {name: datetime.fromisoformat(kept[name]) for name in _TIMES if kept.get(name)}
        return cls(**kept | times)
