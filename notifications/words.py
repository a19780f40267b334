"""The words for one recipient: somebody's wording or ours, filled with what is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from notifications.content import Content
from notifications.models import Wording
from notifications.people.template import InvalidTemplate, Value, fill, fill_line, read

_OF_ONE = "{sentence}\nDevice: {device} ({uid})\nSite: {site}\nSince {started}\nRunbook: {runbook}"
# By what is told: subject and text.
OURS: dict[str, tuple[str, str]] = {
    "fired": ("[{severity}] {sentence}", _OF_ONE),
    "worsened": ("[{severity}] Worse: {sentence}", _OF_ONE),
    "escalated": (
        "[{severity}] Nobody has acknowledged: {sentence}",
        f"{_OF_ONE}\nStep {{step}} of {{policy}}",
    ),
    "cleared": (
        "[over] {sentence}",
        "{sentence}\nDevice: {device} ({uid})\nSite: {site}\nOver since {cleared}, after {lasted}",
    ),
    "digest": ("{count} alerts", "{items}"),
}


def wordings() -> dict[str, tuple[str, str]]:
    """Those in force: what somebody wrote, otherwise ours."""
    written = {each.what: (each.subject, each.text) for each in Wording.objects.order_by("what")}
    return OURS | {what: words for what, words in written.items() if what in OURS}


def worded(content: Content, zone: ZoneInfo, wording: tuple[str, str], **more: Value) -> Content:
    """The content with its subject and text. A wording that cannot be read any more costs nobody
    the notification: then it is ours."""
    values = {**values_of(content), **more}
    try:
        subject, text = (read(each) for each in wording)
    except InvalidTemplate:
        subject, text = (read(each) for each in OURS[content.what])
    return replace(content, subject=fill_line(subject, values, zone), text=fill(text, values, zone))


def values_of(content: Content) -> dict[str, Value]:
    """What the places of a template stand for."""
    until = content.cleared_at
    known: Mapping[str, Value] = {
        "what": content.what,
        "sentence": content.sentence,
        "severity": content.severity,
        "rule": content.rule,
        "device": content.device,
        "uid": content.uid,
        "site": content.site,
        "metric": content.metric,
        "value": content.value,
        "limit": content.limit,
        "unit": content.unit,
        "labels": ", ".join(f"{name}={value}" for name, value in sorted(content.labels.items())),
        "started": content.started_at,
        "cleared": until,
        "lasted": until - content.started_at if until and content.started_at else None,
        "runbook": content.runbook,
        "url": content.url,
        "acknowledge_url": content.acknowledge_url,
        "count": float(len(content.items)) if content.items else None,
        "items": "\n".join(str(item["text"]) for item in content.items),
    }
    return dict(known)


def item(content: Content, zone: ZoneInfo, cleared_at: datetime | None) -> dict[str, Any]:
    """One alert within a digest."""
    began = (
        content.started_at.astimezone(zone).strftime("%d %b %H:%M") if content.started_at else ""
    )
    over = f", over since {cleared_at.astimezone(zone):%d %b %H:%M}" if cleared_at else ""
    return {
        "alert_id": content.alert_id,
        "severity": content.severity,
        "sentence": content.sentence,
        "device": content.device,
        "url": content.url,
        "over": cleared_at is not None,
        "text": f"[{content.severity}] {content.sentence} ({began}{over})",
    }
