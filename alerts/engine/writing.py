"""What steps found, as alerts with their history, and who is to hear of it: in the step's own
transaction, in a few statements however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alerts.conditions import Change, State
from alerts.conditions.sentence import short
from alerts.engine import said
from alerts.engine.book import Book, Kind, locked, waits
from alerts.engine.target import Found, Target
from alerts.engine.watched import UNREAD, Watched
from alerts.engine.worse import worsen
from alerts.models import Alert
from telemetry.moments import from_us, to_us
from telemetry.series.said import form_of

OLD_US = 15 * 60_000_000  # what is older when we learn of it wakes nobody
FLAP_US = 10 * 60_000_000  # what comes back within it is the same alert
GROUP_US = 30_000_000  # a device that is silent is told of after this: perhaps its whole site is


def write(found: Sequence[Found], still: Sequence[Target], now_us: int) -> None:
    """Make alerts of what was found, in its order. `still`: those that were learned of too late to
    tell, and hold still by what came since."""
    book = Book(now_us)
    ids = {f.target.alert for f in found} | {target.alert for target in still}
    there = locked(ids - {None})
    targets = (*(f.target for f in found), *still)
    of = {each.slot: there[each.alert] for each in targets if each.alert in there}
    for each in found:
        alert = of.get(each.target.slot)
        if each.is_worse:
            worsen(book, each.target, alert, each.change)
        elif each.change.state is State.FIRING:
            of[each.target.slot] = _fire(book, each, alert)
        elif each.change.state is State.CLEARED and alert is not None:
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
    target.is_worse, target.worst_us = False, book.now_us
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
