"""The thread of each alert in the log: it begins when the alert fires; that it cleared, who
acknowledged it and what people say of it stand below.

What is said in the thread is a comment of the alert, and the other way round, because there is one
way for both: `comment` writes in the thread, and what is written there is kept with the alert.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User
from django.dispatch import receiver

from alerts.events import announce_alerts
from alerts.models import Alert, AlertEvent
from shiftlog import signals, writing
from shiftlog.models import Entry, Kind
from shiftlog.record import About, Note, record_all
from telemetry.series.said import Said, read, say

MAX_COMMENT = 2_000  # characters of what is said that are kept with the alert


def note_all(happened: Iterable[tuple[Alert, str, str]]) -> None:
    """Of (alert, what, more), as it is told: what of `fired`, `worsened` and `cleared`, and which
    time. What was noted before is not noted again."""
    told = list(happened)
    record_all({alert.pk: _fired(alert) for alert, _, _ in told}.values())  # its beginning first
    record_all(
        _cleared(alert, more) if what == "cleared" else _again(alert, what, more)
        for alert, what, more in told
        if what != "fired" or more
    )


def note_acknowledged(alert: Alert, by: User | None, note: str) -> None:
    record_all([_fired(alert)])
    what = read(alert.said, alert.sentence)
    text = (
        say("Acknowledged: {sentence} — {note}", sentence=what, note=note)
        if note
        else say("Acknowledged: {sentence}", sentence=what)
    )
    record_all([_answer(alert, Kind.ALERT_ACKNOWLEDGED, text, by=by, facts={"note": note})])


def comment(alert: Alert, by: User, text: str) -> None:
    record_all([_fired(alert)])
    root = Entry.objects.get(key=_key(alert))
    writing.write(writing.Draft(text=text, thread=root, client_id=uuid4()), by)


@receiver(signals.said, dispatch_uid="alerts.said_in_the_thread")
def said_in_the_thread(entry: Entry, **_kwargs: Any) -> None:
    """Keep what somebody said in the thread of an alert with the alert."""
    root = entry.thread
    alert_id = root.facts.get("alert") if root is not None and root.key else None
    if alert_id is None or not Alert.objects.filter(pk=alert_id).exists():
        return
    AlertEvent.objects.create(
        alert_id=alert_id,
        kind=AlertEvent.Kind.COMMENTED,
        at=entry.created_at,
        by=entry.author,
        detail={"text": entry.text[:MAX_COMMENT]},
    )
    announce_alerts([alert_id])


def _key(alert: Alert) -> str:
    return f"alert-{alert.pk}"


def _fired(alert: Alert) -> Note:
    facts = {
        "alert": alert.pk,
        "severity": str(alert.severity),
        "rule": alert.rule_name,
        "metric": alert.metric,
        "historic": alert.historic,
        "silenced": alert.silenced,
    }
    return Note(
        kind=Kind.ALERT_FIRED, text=read(alert.said, alert.sentence), key=_key(alert),
        at=alert.started_at, facts=facts, about=_about(alert),
    )  # fmt: skip


def _again(alert: Alert, what: str, more: str) -> Note:
    sentence = read(alert.said, alert.sentence)
    if what == "worsened":
        text = say("Worse: {sentence}", sentence=sentence)
    else:
        text = say("Again, or still: {sentence}", sentence=sentence)
    return _answer(alert, Kind.ALERT_FIRED, text, key=f"{_key(alert)}-{what}{more}")


def _cleared(alert: Alert, more: str) -> Note:
    text = say("Over: {sentence}", sentence=read(alert.said, alert.sentence))
    key = f"{_key(alert)}-cleared{more}"
    return _answer(alert, Kind.ALERT_CLEARED, text, key=key, at=alert.cleared_at)


def _answer(alert: Alert, kind: Kind, text: Said, **more: Any) -> Note:
    facts = {"alert": alert.pk, "severity": str(alert.severity), **more.pop("facts", {})}
    return Note(
        kind=kind, text=text, thread_key=_key(alert), facts=facts, about=_about(alert), **more
    )


def _about(alert: Alert) -> About:
    """Where it was when it fired, which is where its readers are."""
    return About(alert.site_id, alert.device_id, alert.uid, alert.device_name)
