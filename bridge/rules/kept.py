"""Messages that a rule is about, in quarantine and just now: to try it on them, and to decode them
again."""

from __future__ import annotations

import base64

from access.scope import Scope
from bridge.decode.rules.topic_pattern import TopicPattern
from bridge.rules.preview import SampleMessage
from telemetry.live import traffic_log
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


def just_now(topic: TopicPattern, limit: int) -> list[SampleMessage]:
    """The last message of each topic that this pattern matches and something came on since somebody
    looks, newest first; asking has the bridges tell for some seconds more. None while Redis does
    not answer."""
    try:
        traffic_log.watch()
        found = traffic_log.read()
    except traffic_log.TrafficUnavailable:
        return []
    matching = [
        max(entries, key=lambda each: each["at"])
        for name, entries in found.items()
        if name and topic.match(name) is not None
    ]
    newest_first = sorted(matching, key=lambda each: (-each["at"], each["topic"]))
    return [
        SampleMessage(
            each["topic"],
            base64.b64decode(each["payload"]),
            each["at"] * 1_000,
            "live",
            each["retained"],
            each["size"],
        )
        for each in newest_first[:limit]
    ]
