"""What people do about an alert: acknowledge, assign, snooze, comment.

Each locks the alert's row, so of two people at once one is first and the other is told so. What is
done already is not done again, and the answer says why. Who did it and when, by the database's
clock, is kept as an event of the alert; pages are told after the commit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import transaction

from access.scope import Scope
from alerts import logged
from alerts.errors import AlertsError
from alerts.events import announce_alerts
from alerts.models import Alert, AlertEvent
from devices import clock
from telemetry.moments import ms_if_any

MAX_NOTE = 2_000  # characters
# What people change; the rest of the row is the engine's.
OWN = ["acknowledged_at", "acknowledged_by", "assignee", "snoozed_until", "updated_at"]
MAX_SNOOZE = timedelta(days=31)
Kind = AlertEvent.Kind


class NoSuchAlert(AlertsError):
    """It is not there, not there any more, or not to be seen by who asks."""


class Refused(AlertsError):
    """What was asked for can never be done; says why."""


class Answer(NamedTuple):
    """What became of it. `changed`: something did; otherwise `detail` says in words why not."""

    alert: Alert
    changed: bool
    detail: str


def acknowledge(
    alert_id: int, scope: Scope, by: User | None, note: str = "", via: str = ""
) -> Answer:
    """Somebody takes it. `via`: another way than a page, `link`. Raises `NoSuchAlert`."""

    def change(alert: Alert, now: datetime) -> str:
        if alert.acknowledged_at is not None:
            who = "You" if by and alert.acknowledged_by_id == by.pk else _who(alert.acknowledged_by)
            return f"{who} acknowledged it at {_time(alert.acknowledged_at)}."
        if alert.cleared_at is not None:
            return f"It cleared at {_time(alert.cleared_at)}: nothing is left to acknowledge."
        alert.acknowledged_at, alert.acknowledged_by = now, by
        _note(alert, Kind.ACKNOWLEDGED, now, by, note=note, via=via)
        logged.note_acknowledged(alert, by, note)
        return ""

    return _locked(alert_id, scope, change)


def unacknowledge(alert_id: int, scope: Scope, by: User | None) -> Answer:
    """It is nobody's again. Raises `NoSuchAlert`."""

    def change(alert: Alert, now: datetime) -> str:
        if alert.acknowledged_at is None:
            return "Nobody has acknowledged it."
        if alert.cleared_at is not None:
            return f"It cleared at {_time(alert.cleared_at)}."
        alert.acknowledged_at = alert.acknowledged_by = None
        _note(alert, Kind.UNACKNOWLEDGED, now, by)
        return ""

    return _locked(alert_id, scope, change)


def assign(alert_id: int, scope: Scope, by: User | None, to: User | None) -> Answer:
    """To somebody who can see it, or to nobody. Raises `NoSuchAlert`, `Refused`."""

    def change(alert: Alert, now: datetime) -> str:
        if alert.assignee_id == (to.pk if to else None):
            return f"It is {_who(to)}'s already." if to else "It is nobody's already."
        if to is not None and not Scope.of(to).may_operate(alert.site_id):
            raise Refused(f"{to.get_username()} is no operator of where this alert stands.")
        if alert.cleared_at is not None:
            return f"It cleared at {_time(alert.cleared_at)}: there is nothing to do."
        alert.assignee = to
        _note(alert, Kind.ASSIGNED, now, by, to=to.get_username() if to else None)
        return ""

    return _locked(alert_id, scope, change)


def snooze(alert_id: int, scope: Scope, by: User | None, until: datetime | None) -> Answer:
    """Nobody is told of it until then; None: from now on again. Raises `NoSuchAlert`, `Refused`."""

    def change(alert: Alert, now: datetime) -> str:
        if until is not None and not now < until <= now + MAX_SNOOZE:
            raise Refused(f"Snooze until a time within the next {MAX_SNOOZE.days} days.")
        if alert.cleared_at is not None:
            return f"It cleared at {_time(alert.cleared_at)}: there is nothing to snooze."
        if alert.snoozed_until == until:
            return f"It is snoozed until {_time(until)} already." if until else "It is not snoozed."
        alert.snoozed_until = until
        _note(alert, Kind.SNOOZED, now, by, until=ms_if_any(until))
        return ""

    return _locked(alert_id, scope, change)


def comment(alert_id: int, scope: Scope, by: User | None, text: str) -> Answer:
    """Said twice, it stands there twice: only the writer knows whether it was meant so. Raises
    `NoSuchAlert`, `Refused`."""
    if not text.strip():
        raise Refused("Write something.")

    def change(alert: Alert, now: datetime) -> str:
        if by is None:
            _note(alert, Kind.COMMENTED, now, by, text=text.strip())
        else:
            logged.comment(alert, by, text.strip())  # which is kept with the alert as well
        return ""

    return _locked(alert_id, scope, change)


def _locked(alert_id: int, scope: Scope, change: Callable[[Alert, datetime], str]) -> Answer:
    """Do it to the row as it is now; `change` says why it did nothing, or "" when it did."""
    with transaction.atomic():
        visible = Alert.objects.visible_to(scope).select_for_update(of=("self",))
        alert = visible.filter(pk=alert_id).first()
        if alert is None:
            raise NoSuchAlert("There is no such alert, or it is gone.")
        detail = change(alert, clock.now())
        if not detail:
            alert.save(update_fields=OWN)
            announce_alerts([alert.pk])
    return Answer(alert, not detail, detail)


def _note(alert: Alert, kind: Kind, at: datetime, by: User | None, **detail: Any) -> None:
    said = {name: value for name, value in detail.items() if value != ""}
    AlertEvent(alert=alert, kind=kind, at=at, by=by, detail=said).save()


def _who(user: User | None) -> str:
    return "Somebody" if user is None else user.get_username()


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
