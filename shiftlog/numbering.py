"""Numbers entries in the order in which they became visible, and tells open pages of each.

Numbers of a sequence are taken long before COMMIT, so they become visible out of order, and a page
that reads on from the highest would miss what commits later. Here a number is given after COMMIT,
by one process at a time; so all below the last one are there. Who wrote numbers at once; what a
process that was killed left, whoever comes next does. docs/decisions/0034-numbered-after-commit.md.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, transaction

from devices.events import announce_all
from shiftlog.form import entry_form, with_all
from shiftlog.models import Counter, Entry
from shiftlog.sql import load
from telemetry.followers import Follower
from telemetry.live import contract

MAX_NUMBERED = 1_000  # entries of one transaction
MAX_ANNOUNCED = 100  # entries told one by one; of more, pages read the log again
IDLE = 1.0  # seconds between two looks of the follower
# Characters of a text in a live event; pages read the rest. A frame is one JSON text for all.
MAX_LIVE_TEXT = 4_000

_SQL = load("numbering")


def catch_up() -> None:
    """Number what waits and tell of it. Not inside of the transaction that wrote: that would hold
    the counter until its end."""
    while Entry.objects.filter(unnumbered=True).exists():
        numbered = _number()
        if numbered:
            announce_all(_events(numbered))
        if len(numbered) < MAX_NUMBERED:
            return


def catch_up_after_commit() -> None:
    """Call it in a transaction that wrote an entry; several times do no harm."""
    last = connection.run_on_commit[-1] if connection.run_on_commit else None
    if last is None or last[1] is not catch_up or last[0] != set(connection.savepoint_ids):
        # Robust: what was written is committed; that it is not numbered must not look like failure.
        transaction.on_commit(catch_up, robust=True)


def last_number() -> int:
    """All entries and changes up to it can be read by now."""
    return Counter.objects.values_list("last", flat=True).first() or 0


def _number() -> list[int]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SQL["hold_counter"])
        (last,) = cursor.fetchone()
        cursor.execute(_SQL["give_numbers"], {"last": last, "limit": MAX_NUMBERED})
        numbered = [entry_id for (entry_id,) in cursor.fetchall()]
        cursor.execute(_SQL["move_counter"], {"last": last + len(numbered)})
    return numbered


def _events(ids: Sequence[int]) -> list[dict[str, object]]:
    if len(ids) > MAX_ANNOUNCED:
        sites = Entry.objects.filter(pk__in=ids).order_by("site").values_list("site").distinct()
        return [contract.event("log", site=site, entry=None) for (site,) in sites]
    found = with_all(Entry.objects.filter(pk__in=ids)).order_by("version")
    return [contract.event("log", site=each.site_id, entry=_live_form(each)) for each in found]


def _live_form(entry: Entry) -> dict[str, object]:
    form = entry_form(entry)
    if len(entry.text) > MAX_LIVE_TEXT:
        form |= {"text": form["text"][:MAX_LIVE_TEXT], "cut": True}
    return form


class Numbering:
    """Work of one process: numbers what nobody has."""

    def step(self) -> float:
        catch_up()
        return IDLE

    def close(self) -> None:
        """Nothing is held between two steps."""


FOLLOWERS = (Follower("number_log", Numbering),)
