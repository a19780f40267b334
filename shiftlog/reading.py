"""The log as one reader sees it: narrowed, page by page, and on from a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from access.scope import Scope
from devices.models import Device, Site
from shiftlog.form import with_all
from shiftlog.models import Entry, Kind
from shiftlog.models.entry import SEARCHED
from shiftlog.numbering import catch_up, last_number

Whose = Literal["people", "system", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a reader asks for; what is empty does not narrow."""

    site: Site | None = None
    device: Device | None = None
    uid: str = ""  # of a device that is gone
    thread: int = 0
    whose: Whose = "all"
    tag: str = ""
    words: tuple[str, ...] = ()
    author: str = ""
    start: datetime | None = None
    stop: datetime | None = None
    pinned: bool = False
    marks: bool = False  # what has a time of its own, for charts
    before: int = 0  # the place of an entry
    after: int | None = None  # a cursor
    limit: int = 100


class Page(NamedTuple):
    entries: list[Entry]
    more: bool
    cursor: int  # read on from here, and nothing is missing and nothing doubled


def page(scope: Scope, wanted: Wanted) -> Page:
    """Newest first; on from a cursor, the oldest change first."""
    catch_up()
    # Before the entries are read: what is numbered meanwhile comes with the next question.
    cursor = last_number()
    found = _narrowed(Entry.objects.visible_to(scope).filter(version__gt=0), wanted)
    if wanted.after is not None:
        found = found.filter(version__gt=wanted.after, version__lte=cursor).order_by("version")
    else:
        found = found.order_by(*(("-starts_at", "-place") if wanted.marks else ("-place",)))
        if wanted.before:
            found = found.filter(place__lt=wanted.before)
    rows = list(with_all(found)[: wanted.limit + 1])
    shown, more = rows[: wanted.limit], len(rows) > wanted.limit
    if wanted.after is not None and more:
        cursor = shown[-1].version
    return Page(shown, more, cursor)


def _narrowed(entries: QuerySet[Entry], wanted: Wanted) -> QuerySet[Entry]:
    if wanted.marks:
        entries = _touching(entries.filter(_reaching(wanted)), wanted.start, wanted.stop)
    else:
        entries = entries.filter(_within(wanted))
    if wanted.thread:
        entries = entries.filter(thread=wanted.thread)
    if wanted.whose != "all":
        people = Q(kind=Kind.SAID)
        entries = entries.filter(people if wanted.whose == "people" else ~people)
    if wanted.tag:
        entries = entries.filter(tags__contains=[wanted.tag.lower()])
    if wanted.author:
        entries = entries.filter(author__username=wanted.author)
    if wanted.pinned:
        entries = entries.filter(pinned=True)
    if wanted.words:
        entries = entries.annotate(searched=SEARCHED).filter(
            searched=beginning_with(wanted.words), deleted_at=None
        )
    return entries


def _within(wanted: Wanted) -> Q:
    """Of the site, or of the device, written in the span."""
    where = Q()
    if wanted.site is not None:
        where &= Q(site=wanted.site)
    if wanted.device is not None:
        where &= Q(device=wanted.device)
    if wanted.uid:
        where &= Q(uid=wanted.uid)
    if wanted.start is not None:
        where &= Q(created_at__gte=wanted.start)
    if wanted.stop is not None:
        where &= Q(created_at__lt=wanted.stop)
    return where


def _reaching(wanted: Wanted) -> Q:
    """What is shown on charts of a device: its own, and notes on its site or on all."""
    noted = Q(kind=Kind.SAID, device=None)
    if wanted.device is not None:
        device = wanted.device
        wider = Q(site=None) if device.site_id is None else Q(site=None) | Q(site=device.site_id)
        return Q(device=device) | (noted & Q(uid="") & wider)
    if wanted.uid:
        return Q(uid=wanted.uid)
    if wanted.site is not None:
        return Q(site=wanted.site) | (noted & Q(uid="", site=None))
    return Q()


def _touching(
    entries: QuerySet[Entry], start: datetime | None, stop: datetime | None
) -> QuerySet[Entry]:
    """Instants within the span, and ranges that reach into it; not what was deleted."""
    entries = entries.filter(starts_at__isnull=False, deleted_at=None)
    if stop is not None:
        entries = entries.filter(starts_at__lt=stop)
    if start is not None:
        instant = Q(ends_at=None, starts_at__gte=start)
        entries = entries.filter(instant | Q(ends_at__isnull=False, ends_at__gte=start))
    return entries


def beginning_with(words: tuple[str, ...]) -> SearchQuery:
    """Entries with words that begin with each of these. Quoted, so that none is an operator."""
    quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
    return SearchQuery(
        " & ".join(f"'{word}':*" for word in quoted), search_type="raw", config="simple"
    )
