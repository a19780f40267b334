"""What steps found, as alerts with their history, and who is to hear of it: in the step's own
transaction, in a few statements however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from alerts import logged, silences
from alerts.conditions import Change, State
from alerts.conditions.sentence import short
from alerts.engine import said
from alerts.engine.target import Found, Target
from alerts.engine.watched import UNREAD, Watched
from alerts.events import announce_alerts
from alerts.models import Alert, AlertEvent, Silence
from notifications import occasions
from notifications.content import Content
from telemetry.moments import from_us, to_us
from telemetry.series.said import form_of

OLD_US = 15 * 60_000_000  # what is older when we learn of it wakes nobody
FLAP_US = 10 * 60_000_000  # what comes back within it is the same alert
GROUP_US = 30_000_000  # a device that is silent is told of after this: perhaps its whole site is
BATCH = 1_000  # rows written in one statement

Kind = AlertEvent.Kind
# What the engine changes of an alert that is there; all else is people's.
OURS = (
    "started_at",
    "cleared_at",
    "value",
    "worst",
    "limit",
    "sentence",
    "said",
    "historic",
    "flaps",
    "silenced",
    "updated_at",
)


# Types of conditions that say that a device as a whole is gone, where they name no metric.
WHOLE = ("offline", "silent")


class Event(NamedTuple):
    alert: Alert
    kind: str
    at: datetime
    detail: dict[str, Any]


class Book:
    """What one transaction writes of alerts."""

    def __init__(self, now_us: int) -> None:
        self.now_us = now_us
        self.now = from_us(now_us)
        self._new: list[Alert] = []
        self._changed: dict[int, Alert] = {}
        self._events: list[Event] = []
        self._told: list[tuple[Alert, str, str]] = []
        self._logged: list[tuple[Alert, str, str]] = []
        self._silences: list[Silence] | None = None

    def add(self, alert: Alert) -> None:
        self._new.append(alert)

    def change(self, alert: Alert) -> None:
        """One that is there already, or is added in this transaction."""
        if alert.pk is not None:
            self._changed[alert.pk] = alert

    def note(self, alert: Alert, kind: str, at: datetime | None = None, **detail: Any) -> None:
        self._events.append(Event(alert, kind, at or self.now, detail))

    def tell(self, alert: Alert, what: str, more: str = "") -> None:
        """Unless nobody is to be told of it. In the log it is, but for what is part of another."""
        if not alert.cause_id:
            self.log(alert, what, more)
        if not (alert.historic or alert.silenced or alert.cause_id):
            self._told.append((alert, what, more))

    def log(self, alert: Alert, what: str, more: str = "") -> None:
        self._logged.append((alert, what, more))

    def is_silenced(self, alert: Alert) -> bool:
        if self._silences is None:
            self._silences = silences.holding(self.now)
        where = {"site": alert.site_id, "device": alert.device_id, "rule": alert.rule_id}
        return any(silences.fits(each, **where) for each in self._silences)

    def write(self) -> None:
        Alert.objects.bulk_create(self._new, batch_size=BATCH)
        for alert in self._changed.values():
            alert.updated_at = self.now
        Alert.objects.bulk_update(self._changed.values(), OURS, batch_size=BATCH)
        rows = [
            AlertEvent(alert=each.alert, kind=each.kind, at=each.at, detail=each.detail)
            for each in self._events
        ]
        AlertEvent.objects.bulk_create(rows, batch_size=BATCH)
        if self._told:
            occasions.tell_all(
                [
                    (f"alert-{alert.pk}-{what}{more}", what, content(alert))
                    for alert, what, more in self._told
                ]
            )
        logged.note_all(self._logged)
        announce_alerts([alert.pk for alert in (*self._new, *self._changed.values())])


def write(found: Sequence[Found], still: Sequence[Target], now_us: int) -> None:
    """Make alerts of what was found, in its order. `still`: those that were learned of too late to
    tell, and hold still by what came since."""
    book = Book(now_us)
    ids = {f.target.alert for f in found} | {target.alert for target in still}
    there = _locked(ids - {None})
    targets = (*(f.target for f in found), *still)
    of = {each.slot: there[each.alert] for each in targets if each.alert in there}
    for each in found:
        if each.change.state is State.FIRING:
            of[each.target.slot] = _fire(book, each, of.get(each.target.slot))
        elif each.change.state is State.CLEARED and (alert := of.get(each.target.slot)):
            _clear(book, each.target, alert, each.change, each.why)
    for target in still:
        if alert := of.get(target.slot):
            target.is_historic = alert.historic = False
            book.change(alert)
            if not waits(alert):
                book.tell(alert, "fired")
    book.write()
    for each in found:
        if alert := of.get(each.target.slot):
            each.target.alert = alert.pk


def _fire(book: Book, found: Found, before: Alert | None) -> Alert:
    target, change = found.target, found.change
    if before is not None and target.is_open:
        return before  # its rule was changed, and it holds by the new one as well
    came_back = (
        before is not None
        and target.cleared_us is not None
        and 0 <= change.since_us - target.cleared_us <= FLAP_US
    )
    late = book.now_us + target.lead_us - change.at_us > OLD_US
    target.is_open, target.cleared_us, target.is_historic = True, None, late
    if before is not None and came_back:
        before.cleared_at = None
        before.flaps += 1
        before.historic = before.historic and late
        target.is_historic = before.historic
        book.change(before)
        book.note(before, Kind.REOPENED, from_us(change.at_us))
        if before.flaps == 1 and not waits(before):
            book.tell(before, "fired", "-2")
        return before
    alert = made(book, target, change, historic=late)
    alert.silenced = book.is_silenced(alert)
    book.add(alert)
    book.note(alert, Kind.FIRED, text=_late(book, target, change) if late else "")
    if alert.silenced:
        book.note(alert, Kind.SILENCED, text="A silence holds: nobody is told.")
    if not waits(alert):
        book.tell(alert, "fired")
    return alert


def _clear(book: Book, target: Target, alert: Alert, change: Change, why: str) -> None:
    if not target.is_open:
        return
    at = max(from_us(change.at_us), alert.started_at)
    alert.cleared_at = at
    if isinstance(change.worst, float):
        alert.worst = change.worst
    target.is_open, target.cleared_us = False, to_us(at)
    target.alerted_us = max(target.alerted_us, to_us(at))
    book.change(alert)
    book.note(alert, Kind.CLEARED, at, **({"text": why} if why else {}))
    tell_cleared(book, alert)


def tell_cleared(book: Book, alert: Alert) -> None:
    """One that comes and goes is told of once it has stayed away (`alerts.engine.tending`); one
    that nobody was told of yet is not told of at all."""
    untold = waits(alert) and to_us(alert.fired_at) + GROUP_US > book.now_us
    if not alert.flaps and not untold:
        book.tell(alert, "cleared")


def waits(alert: Alert) -> bool:
    """Whether it is told of only once it is clear that it is not its whole site's."""
    rule = alert.rule
    return not alert.metric and rule is not None and rule.condition.get("type") in WHOLE


def ended(target: Target, at_us: int, why: str) -> Found:
    """It is over, for a reason that is no reading."""
    return Found(target, Change(at_us, State.CLEARED, None, None, at_us, None), why)


def end_all(alerts: Iterable[tuple[Alert, str]], now_us: int) -> None:
    """Clear alerts that nothing is judged for any more, saying why."""
    book = Book(now_us)
    for alert, why in alerts:
        alert.cleared_at = max(book.now, alert.started_at)
        book.change(alert)
        book.note(alert, Kind.CLEARED, text=why)
        tell_cleared(book, alert)
    book.write()


def hold_still(watched: Watched, now_us: int) -> list[Target]:
    """Alerts that were learned of too late to tell of, and that a reading of now says to hold."""
    found = []
    for slot, target in watched.holding.items():
        if target.is_historic and target.is_open and target.fires:
            newest = int(watched.screen.newest_us[slot])
            if newest != UNREAD and newest >= now_us + target.lead_us - OLD_US:
                found.append(target)
    return found


def content(alert: Alert) -> Content:
    """What is told of it."""
    return Content(
        alert_id=alert.pk,
        severity=alert.severity,
        sentence=alert.sentence,
        rule=alert.rule_name,
        device=alert.device_name,
        uid=alert.uid,
        site_id=alert.site_id,
        site=alert.site.name if alert.site is not None else "",
        metric=alert.metric,
        value=alert.value,
        unit=alert.unit,
        limit=alert.limit,
        labels={str(name): str(value) for name, value in alert.labels.items()},
        started_at=alert.started_at,
        cleared_at=alert.cleared_at,
        runbook=alert.runbook,
    )


def _locked(ids: Iterable[Any]) -> dict[int, Alert]:
    found = list(ids)
    if not found:
        return {}
    rows = Alert.objects.select_for_update(of=("self",)).select_related("site", "rule")
    return {row.pk: row for row in rows.filter(pk__in=found).order_by("pk")}


def made(book: Book, target: Target, change: Change, *, historic: bool) -> Alert:
    rule, device, series = target.place.rule.row, target.place.device, target.place.series
    value = change.value if isinstance(change.value, float) else None
    what = said.said_of(target, change)
    return Alert(
        rule=rule,
        rule_name=rule.name,
        severity=rule.severity,
        site_id=device.site_id,
        device_id=device.id,
        device_name=device.name,
        uid=device.uid,
        series_id=series.id if series else None,
        metric=series.metric if series else "",
        unit=series.unit if series else "",
        sentence=short(str(what)),
        said=form_of(what),
        runbook=rule.runbook,
        labels=rule.labels,
        started_at=from_us(change.since_us),
        fired_at=book.now,
        value=value,
        worst=value,
        limit=change.limit,
        historic=historic,
    )


def _late(book: Book, target: Target, change: Change) -> str:
    minutes = (book.now_us + target.lead_us - change.at_us) // 60_000_000
    return f"Learned {minutes} min later: nobody was told."
