"""What time and people change of alerts that stand: a silence that ends, a snooze that is over, a
device whose site is well, one that came and went and has stayed away.

Whoever does it twice tells nobody twice: what is told has a key that is unique for ever.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Mod

from alerts.engine.book import WHOLE, Book, Kind
from alerts.engine.processes import SHARES
from alerts.engine.writing import FLAP_US, GROUP_US
from alerts.models import Alert
from alerts.standing import BY_ITSELF

LOOKED_BACK = timedelta(hours=1)  # what came due longer ago, while no engine ran, is told no more
REMEMBERED = 10_000  # keys of what was told, so that it is not put down again each time


class Tending:
    """Of one process."""

    def __init__(self) -> None:
        self._told: OrderedDict[str, None] = OrderedDict()

    def tend(self, shares: Sequence[int], now_us: int) -> None:
        """Look at the alerts of these shares."""
        if not shares:
            return
        with transaction.atomic():
            book = Book(now_us)
            ours = _of(shares).select_related("site")
            self._silences(book, ours)
            self._snoozes(book, ours)
            self._alone(book, ours)
            self._stayed_away(book, ours)
            book.write()

    def _silences(self, book: Book, ours: QuerySet[Alert]) -> None:
        for alert in _locked(ours.filter(cleared_at=None, silenced=True)):
            if not book.is_silenced(alert):
                alert.silenced = False
                book.change(alert)
                book.note(alert, Kind.SILENCED, text="The silence is over.")
                if alert.acknowledged_at is None:
                    book.tell(alert, "fired")

    def _snoozes(self, book: Book, ours: QuerySet[Alert]) -> None:
        over = ours.filter(cleared_at=None, snoozed_until__lte=book.now)
        for alert in _locked(over):
            until = alert.snoozed_until
            Alert.objects.filter(pk=alert.pk).update(snoozed_until=None)
            alert.snoozed_until = None
            book.change(alert)
            book.note(alert, Kind.SNOOZED, until=None, text="The snooze is over.")
            if alert.acknowledged_at is None and until is not None:
                book.tell(alert, "fired", f"-snoozed-{int(until.timestamp())}")

    def _alone(self, book: Book, ours: QuerySet[Alert]) -> None:
        """Devices that are silent for a while, and are no part of a site that is."""
        due = book.now - timedelta(microseconds=GROUP_US)
        waiting = ours.filter(
            BY_ITSELF, cleared_at=None, metric="",
            rule__condition__type__in=WHOLE,
            fired_at__lte=due, fired_at__gt=due - LOOKED_BACK, acknowledged_at=None,
        )  # fmt: skip
        for alert in waiting:
            if self._is_new(f"{alert.pk}-fired"):
                alert.cause = None  # whatever it was part of is over
                book.tell(alert, "fired")

    def _stayed_away(self, book: Book, ours: QuerySet[Alert]) -> None:
        due = book.now - timedelta(microseconds=FLAP_US)
        away = ours.filter(flaps__gt=0, cleared_at__lte=due, cleared_at__gt=due - LOOKED_BACK)
        for alert in away:
            if self._is_new(f"{alert.pk}-cleared-{alert.flaps}"):
                book.tell(alert, "cleared", f"-{alert.flaps}")

    def _is_new(self, key: str) -> bool:
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


def _of(shares: Sequence[int]) -> QuerySet[Alert]:
    wanted: Any = Q(share__in=shares)
    if 0 in shares:
        wanted |= Q(device=None)
    return Alert.objects.annotate(share=Mod(F("device_id"), SHARES)).filter(wanted)


def _locked(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    return alerts.select_for_update(of=("self",)).order_by("pk")
