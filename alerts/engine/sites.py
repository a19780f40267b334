"""A site whose devices are nearly all offline makes one alert; theirs stand below it.

The holder of the first share looks; what it asks the database is of all sites, whoever judges them.
"""

from __future__ import annotations

from django.db import connection, transaction

from alerts.engine.book import WHOLE, Book, Kind
from alerts.engine.worse import is_graver, worsened
from alerts.models import Alert, Severity
from alerts.sql import load
from devices.models import Site
from telemetry.moments import from_us
from telemetry.series.said import say

NEARLY_ALL = 0.8  # share of a site's devices from which it is the site
FEWEST = 3  # devices; of fewer each speaks for itself
BACK = 0.5  # share of them below which the site is back

_SQL = load("engine")


def group(now_us: int) -> None:
    """Make, widen and end the alerts of sites."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SQL["count_offline"])
            rows = cursor.fetchall()
        causes = {
            alert.site_id: alert
            for alert in Alert.objects.select_for_update(of=("self",))
            .select_related("site")
            .filter(cleared_at=None, uid="", device=None, rule=None)
            .order_by("pk")
        }
        if not rows and not causes:
            return
        book = Book(now_us)
        counts = {site: (devices, offline) for site, devices, offline in rows}
        for site, (devices, offline) in counts.items():
            if site in causes or offline < max(FEWEST, NEARLY_ALL * devices):
                continue
            causes[site] = _cause(book, site, devices, offline)
        for site, cause in causes.items():
            devices, offline = counts.get(site, (0, 0)) if site is not None else (0, 0)
            if offline <= BACK * devices:
                cause.cleared_at = max(book.now, cause.started_at)
                book.change(cause)
                book.note(cause, Kind.CLEARED, text=f"{offline} of {devices} are still offline.")
                book.tell(cause, "cleared")
        book.write()
        for site, cause in causes.items():
            if site is not None and cause.cleared_at is None:
                _widen(site, cause, now_us)


def _cause(book: Book, site_id: int, devices: int, offline: int) -> Alert:
    effects = _effects(site_id)
    site = Site.objects.get(pk=site_id)
    severities = {alert.severity for alert in effects}
    worst = max(severities, key=Severity.values.index, default=Severity.WARNING)
    what = say(
        "{site} is offline: {offline} of {devices} devices are silent.",
        site=site.name, offline=offline, devices=devices,
    )  # fmt: skip
    cause = Alert(
        rule_name="Site offline",
        severity=worst,
        site=site,
        sentence=str(what),
        said=what.form(),
        started_at=min((alert.started_at for alert in effects), default=book.now),
        fired_at=book.now,
    )
    cause.silenced = book.is_silenced(cause)
    book.add(cause)
    book.note(cause, Kind.FIRED, text=f"{offline} of {devices} devices")
    book.tell(cause, "fired")
    return cause


def _effects(site_id: int) -> list[Alert]:
    return list(
        Alert.objects.filter(
            site=site_id, cleared_at=None, metric="", cause=None,
            rule__condition__type__in=WHOLE,
        ).exclude(uid="").order_by("pk")
    )  # fmt: skip


def _widen(site_id: int, cause: Alert, now_us: int) -> None:
    effects = [alert.pk for alert in _effects(site_id)]
    if not effects:
        return
    Alert.objects.filter(pk__in=effects).update(cause=cause, updated_at=from_us(now_us))
    book = Book(now_us)
    joined = list(Alert.objects.select_related("site").filter(pk__in=effects).order_by("pk"))
    for alert in joined:
        book.change(alert)
        book.note(alert, Kind.GROUPED, cause=cause.pk)
    worst = max((alert.severity for alert in joined), key=Severity.values.index)
    if is_graver(worst, cause.severity):
        cause.severity = worst
        worsened(book, cause)
    book.change(cause)
    book.write()
