"""What happened since somebody came, as facts and as text to copy: the hand over of a shift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext

from access.scope import Scope
from devices import clock
from devices.models import Site
from shiftlog.form import entry_form, with_all
from shiftlog.models import Entry, Kind
from shiftlog.numbering import catch_up
from telemetry.series.worded import worded

MAX_LISTED = 500  # entries; of more, the newest
MAX_LINE = 300  # characters of an entry's line


@dataclass(frozen=True, slots=True)
class Shift:
    """A span, and what happened in it."""

    start: datetime
    stop: datetime
    counts: dict[str, int]  # entries by kind
    people: list[str]  # who wrote
    entries: list[dict[str, Any]]  # the newest, oldest first
    more: bool  # there were more
    text: str


def since(scope: Scope, reader_id: int, start: datetime, site: Site | None, zone: tzinfo) -> Shift:
    """What was written or noted from then until now, and what is pinned. Times of the text are of
    the zone."""
    catch_up()
    now = clock.now()
    visible = Entry.objects.visible_to(scope).filter(place__gt=0, deleted_at=None)
    if site is not None:
        visible = visible.filter(site=site)
    within = visible.filter(created_at__gte=start, created_at__lte=now)
    newest = list(with_all(within).order_by("-place")[: MAX_LISTED + 1])
    shown = newest[:MAX_LISTED][::-1]
    counts = dict(within.order_by("kind").values_list("kind").annotate(Count("pk")))
    authors = within.filter(kind=Kind.SAID).order_by("author_name").values_list("author_name")
    people = [name for (name,) in authors.distinct()]
    pinned = list(with_all(visible.filter(pinned=True)).order_by("place")[:MAX_LISTED])
    return Shift(
        start,
        now,
        counts,
        people,
        [entry_form(each, reader_id) for each in shown],
        len(newest) > MAX_LISTED,
        _text(shown, pinned, start, now, zone),
    )


def _text(
    shown: list[Entry], pinned: list[Entry], start: datetime, stop: datetime, zone: tzinfo
) -> str:
    head = gettext("Shift from {start} to {stop} ({zone})")
    lines = [head.format(start=_time(start, zone), stop=_time(stop, zone), zone=zone), ""]
    if pinned:
        lines += [gettext("Pinned:"), *(_line(each, zone) for each in pinned), ""]
    lines += [_line(each, zone) for each in shown] or [gettext("Nothing was written or noted.")]
    return "\n".join(lines) + "\n"


def _line(entry: Entry, zone: tzinfo) -> str:
    about = entry.device_name or (entry.site.name if entry.site is not None else "")
    who = f"{entry.author_name}: " if entry.kind == Kind.SAID else ""
    text = " ".join(worded(entry.said, entry.text).split())
    cut = text if len(text) <= MAX_LINE else f"{text[: MAX_LINE - 1]}…"
    where = f"[{about}] " if about else ""
    return f"- {_time(entry.starts_at or entry.created_at, zone)} {where}{who}{cut}"


def _time(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
