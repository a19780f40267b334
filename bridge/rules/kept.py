"""Messages in quarantine that a rule is about: to try it on them, and to decode them again."""

from __future__ import annotations

from access.scope import Scope
from bridge.decode.rules.topic_pattern import TopicPattern
from telemetry.models import QuarantinedMessage

LOOKED_THROUGH = 5_000  # newest messages in quarantine among which samples are looked for
MAX_COUNTED = 10_000  # messages; more are counted as so many


def newest(scope: Scope, topic: TopicPattern, limit: int) -> list[QuarantinedMessage]:
    """The newest that this topic pattern matches, newest first."""
    visible = QuarantinedMessage.objects.visible_to(scope).order_by("-received_at", "-id")
    looked = visible.values("id")[:LOOKED_THROUGH]
    return list(visible.filter(pk__in=looked, topic__regex=topic.regex)[:limit])


def waiting(scope: Scope, topic: TopicPattern) -> int:
    """How many of the topic are kept and could be decoded again, at most `MAX_COUNTED`."""
    kept = QuarantinedMessage.objects.visible_to(scope).filter(topic__regex=topic.regex)
    return kept[:MAX_COUNTED].count()
