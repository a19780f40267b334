"""Alerts that stand and get worse: in their value, by a rule that is graver now, or by what joins
them. Said once, and told again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from alerts.conditions import Change
from alerts.conditions.sentence import short
from alerts.engine import said
from alerts.engine.book import Book, Kind, locked, waits
from alerts.engine.target import Target
from alerts.models import Alert, AlertRule, Severity
from telemetry.series.said import form_of

WORST_US = 60_000_000  # between two notes of the worst value of an alert that stands


def worsen(book: Book, target: Target, alert: Alert | None, change: Change) -> None:
    """Once in the life of an alert. Of one that fires now already so, it is how it begins."""
    target.is_worse = True
    if alert is None or alert.worsened_at is not None or not target.is_open:
        return
    alert.worsened_at = book.now
    alert.severity = graver(target.place.rule.row.severity)
    if isinstance(change.worst, float):
        alert.worst = change.worst
    if alert.pk is not None:
        what = said.said_of(target, change)
        alert.sentence, alert.said = short(str(what)), form_of(what)
        worsened(book, alert, value=change.worst)


def worsened(book: Book, alert: Alert, **detail: Any) -> None:
    """It is told again, also to who had it acknowledged or snoozed: that was about what it was."""
    if alert.acknowledged_at is not None or alert.snoozed_until is not None:
        alert.acknowledged_at = alert.acknowledged_by = alert.snoozed_until = None
        detail["text"] = f"{detail.get('text', '')} It is open again.".strip()
        alert.save(update_fields=["acknowledged_at", "acknowledged_by", "snoozed_until"])
    book.change(alert)
    book.note(alert, Kind.WORSENED, **detail)
    if not waits(alert):
        book.tell(alert, "worsened")


def regrade(rule: AlertRule, now_us: int) -> None:
    """Give the alerts of a rule that stand the severity it has now. Inside a transaction."""
    book = Book(now_us)
    standing = Alert.objects.select_for_update(of=("self",)).select_related("site", "rule")
    for alert in standing.filter(rule=rule, cleared_at=None).order_by("pk"):
        before = alert.severity
        alert.severity = rule.severity if alert.worsened_at is None else graver(rule.severity)
        if is_graver(alert.severity, before):
            worsened(book, alert, text=f"The rule is {rule.severity} now.")
        elif alert.severity != before:
            book.change(alert)
    book.write()


def is_graver(severity: str, than: str) -> bool:
    return Severity.values.index(severity) > Severity.values.index(than)


def graver(severity: str) -> str:
    """One above it, if there is one."""
    order = Severity.values
    return str(order[min(order.index(severity) + 1, len(order) - 1)])


def note_worst(targets: Iterable[Target], now_us: int) -> list[int]:
    """Put down the worst values of alerts that stand, each now and then; the slots of those that
    need no more of it."""
    due = [
        target for target in targets
        if not target.is_open or not target.fires or now_us - target.worst_us >= WORST_US
    ]  # fmt: skip
    there = locked({target.alert for target in due if target.is_open and target.fires} - {None})
    book = Book(now_us)
    for target in due:
        target.worst_us = now_us
        alert, worst = there.get(target.alert or 0), target.memory.worst
        if alert is not None and alert.worst != worst and isinstance(worst, float):
            alert.worst = worst
            book.change(alert)
    book.write()
    return [target.slot for target in due]
