"""Which messages in quarantine are meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from access.scope import EVERYTHING, Scope
from bridge.decode.rules.topic_pattern import TopicPattern
from telemetry.models import QuarantinedMessage


@dataclass(frozen=True, slots=True)
class Selection:
    """Which messages. What is not given does not narrow; `since` is included, `until` is not."""

    uid: str | None = None  # "" for those that name no device
    uids: Sequence[str] | None = None  # of any of these
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    id: int | None = None
    topic: TopicPattern | None = None
    scope: Scope = EVERYTHING  # of the person who asks

    def messages(self) -> QuerySet[QuarantinedMessage]:
        wanted = {
            "uid": self.uid,
            "uid__in": self.uids,
            "reason": self.reason or None,
            "received_at__gte": self.since,
            "received_at__lt": self.until,
            "pk": self.id,
        }
        narrowed = {name: value for name, value in wanted.items() if value is not None}
        found = QuarantinedMessage.objects.visible_to(self.scope).filter(**narrowed)
        return found if self.topic is None else found.filter(topic__regex=self.topic.regex)
