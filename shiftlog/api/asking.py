"""What a reader of the log asks for, read out of a query."""

from __future__ import annotations

from datetime import datetime

from rest_framework.request import Request

from access.scope import Scope
from devices.models import Device, Site
from shiftlog.models import Entry
from shiftlog.models.entry import MAX_NAME, MAX_TAG
from shiftlog.reading import Wanted
from telemetry.api import parameters as query
from telemetry.moments import from_ms

LIMIT, MAX_LIMIT = 100, 500  # entries of one answer
MAX_SEARCH = 200  # characters
MAX_ASKED = 64  # characters of a uid or a slug
MAX_CURSOR = 2**63 - 1
WHOSE = ("people", "system", "all")
PARAMETERS = [
    query.described("site", "A site's slug."),
    query.described("device", "A device's uid; also of one that is gone, for its history."),
    query.described("thread", "Replies to the entry with this id.", int),
    query.described("kind", f"One of {', '.join(WHOSE)}."),
    query.described("tag", "Those with this tag."),
    query.described("search", "Those with words that begin with each of these."),
    query.described("author", "A user's name."),
    query.described("from", "Written then or later: Unix ms or ISO 8601. With `marks`, about it."),
    query.described("to", "Written before: Unix ms or ISO 8601. With `marks`, about it."),
    query.described("pinned", "1: those that are pinned."),
    query.described(
        "marks",
        "1: what a chart of the device, of the site or of all marks: entries that have a time,"
        " the latest first.",
    ),
    query.described("before", "Those before the entry with this id.", int),
    query.described("after", "What is new or changed since this cursor, the oldest change first."),
    query.described("limit", f"At most this many: 1 to {MAX_LIMIT}.", int),
]
NAMES = {each.name for each in PARAMETERS}


def wanted(request: Request) -> Wanted:
    """Raises `ValidationError` that names the parameter."""
    query.known(request, NAMES)
    scope = Scope.of(request)
    marks, after = _flag(request, "marks"), query.text(request, "after")
    before = query.row_id(request, "before")
    if marks and (before or after):
        query.refuse("marks", "They are not read page by page; narrow the span.")
    if before and after:
        query.refuse("after", "Not together with `before`.")
    device, uid = _device(request, scope)
    return Wanted(
        site=site_named(request, scope),
        device=device,
        uid=uid,
        thread=query.row_id(request, "thread"),
        whose=query.one_of(request, "kind", WHOSE) or "all",  # type: ignore[arg-type]
        tag=_bounded(request, "tag", MAX_TAG),
        words=tuple(_bounded(request, "search", MAX_SEARCH).replace("\x00", " ").split()),
        author=_bounded(request, "author", MAX_NAME),
        start=_moment(request, "from"),
        stop=_moment(request, "to"),
        pinned=_flag(request, "pinned"),
        marks=marks,
        before=_place(scope, before) if before else 0,
        after=query.integer(request, "after", 0, least=0, most=MAX_CURSOR) if after else None,
        limit=query.integer(request, "limit", LIMIT, least=1, most=MAX_LIMIT),
    )


def _device(request: Request, scope: Scope) -> tuple[Device | None, str]:
    """The device; of one that is gone, or stands where the reader does not see it now, the uid by
    which entries that they do see call it."""
    asked = _bounded(request, "device", MAX_ASKED)
    if not asked:
        return None, ""
    device = Device.objects.visible_to(scope).filter(uid=asked).first()
    if device is None and not Entry.objects.visible_to(scope).filter(uid=asked).exists():
        query.refuse("device", f"There is no device {asked!r}.")
    return device, "" if device is not None else asked


def site_named(request: Request, scope: Scope) -> Site | None:
    asked = _bounded(request, "site", MAX_ASKED)
    if not asked:
        return None
    found = Site.objects.visible_to(scope).filter(slug=asked).first()
    if found is None:
        query.refuse("site", f"There is no site {asked!r}.")
    return found


def _place(scope: Scope, entry_id: int) -> int:
    place = Entry.objects.visible_to(scope).filter(pk=entry_id).values_list("place", flat=True)
    found = place.first()
    if found is None:
        query.refuse("before", "There is no such entry.")
    return found


def _moment(request: Request, name: str) -> datetime | None:
    ms = query.milliseconds(request, name)
    return None if ms is None else from_ms(ms)


def _flag(request: Request, name: str) -> bool:
    return query.one_of(request, name, ("0", "1")) == "1"


def _bounded(request: Request, name: str, most: int) -> str:
    text = query.text(request, name)
    if len(text) > most or ("\x00" in text and name != "search"):
        query.refuse(name, f"At most {most} characters, and none of them NUL.")
    return text
