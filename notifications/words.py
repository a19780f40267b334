"""The words for one recipient: somebody's wording or ours, filled with what is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext

from notifications.content import Content
from notifications.models import Wording
from notifications.people.template import InvalidTemplate, Value, fill, fill_line, read
from telemetry.series.said import marked
from telemetry.series.worded import worded as sentence_of

_DAY_AND_TIME = marked("%d %b %H:%M")  # as `strftime` has it
_OF_ONE = marked(
    "{sentence}\nDevice: {device} ({uid})\nSite: {site}\nSince {started}\nRunbook: {runbook}"
)
# By what is told: subject and text, in English.
OURS: dict[str, tuple[str, str]] = {
    "fired": (marked("[{severity}] {sentence}"), _OF_ONE),
    "worsened": (marked("[{severity}] Worse: {sentence}"), _OF_ONE),
    "escalated": (
        marked("[{severity}] Nobody has acknowledged: {sentence}"),
        marked(
            "{sentence}\nDevice: {device} ({uid})\nSite: {site}\nSince {started}"
            "\nRunbook: {runbook}\nStep {step} of {policy}"
        ),
    ),
    "cleared": (
        marked("[over] {sentence}"),
        marked(
            "{sentence}\nDevice: {device} ({uid})\nSite: {site}"
            "\nOver since {cleared}, after {lasted}"
        ),
    ),
    "digest": (marked("{count} alerts"), "{items}"),
}


def ours(what: str) -> tuple[str, str]:
    """In the language that is spoken (`telemetry.series.worded.spoken`, or a request)."""
    subject, text = OURS[what]
    return translation.gettext(subject), translation.gettext(text)


def wordings() -> dict[str, tuple[str, str]]:
    """Those in force: what somebody wrote, otherwise ours, in the language that is spoken."""
    written = {each.what: (each.subject, each.text) for each in Wording.objects.order_by("what")}
    return {what: written.get(what) or ours(what) for what in OURS}


def worded(content: Content, zone: ZoneInfo, wording: tuple[str, str], **more: Value) -> Content:
    """The content with its subject and text, in the language that is spoken. A wording that cannot
    be read any more costs nobody the notification: then it is ours."""
    content = spoken_content(content)
    values = {**values_of(content), **more}
    try:
        subject, text = (read(each) for each in wording)
    except InvalidTemplate:
        subject, text = (read(each) for each in ours(content.what))
    return replace(content, subject=fill_line(subject, values, zone), text=fill(text, values, zone))


def spoken_content(content: Content) -> Content:
    """Its sentence in the language that is spoken, which it names."""
    sentence = sentence_of(content.said, content.sentence)
    return replace(content, sentence=sentence, language=translation.get_language() or "")


def values_of(content: Content) -> dict[str, Value]:
    """What the places of a template stand for."""
    until = content.cleared_at
    known: Mapping[str, Value] = {
        "what": content.what,
        "sentence": content.sentence,
        "severity": translation.gettext(content.severity),
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
    content = spoken_content(content)
    severity, clock = translation.gettext(content.severity), translation.gettext(_DAY_AND_TIME)
    began = content.started_at.astimezone(zone).strftime(clock) if content.started_at else ""
    when = began
    if cleared_at is not None:
        over = gettext("{began}, over since {cleared}")
        when = over.format(began=began, cleared=cleared_at.astimezone(zone).strftime(clock))
    return {
        "alert_id": content.alert_id,
        "severity": content.severity,
        "sentence": content.sentence,
        "device": content.device,
        "url": content.url,
        "over": cleared_at is not None,
        "text": f"[{severity}] {content.sentence} ({when})",
    }
