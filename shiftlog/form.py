"""The one form of an entry: how REST and the live event show it."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from shiftlog.models import Entry, Mention, Reaction
from telemetry.moments import ms_if_any, to_ms


def with_all(entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """With what the form shows, in a few queries however many there are."""
    replies = Entry.objects.filter(thread=OuterRef("pk")).order_by().values("thread")
    count = replies.annotate(count=Count("pk")).values("count")  # of the rows that are given alone
    return (
        entries.select_related("site", "device", "author")
        .annotate(replies_count=Coalesce(Subquery(count), 0))
        .prefetch_related(
            Prefetch("reactions", Reaction.objects.select_related("user").order_by("id")),
            Prefetch("mentions", Mention.objects.select_related("user").order_by("id")),
        )
    )


def entry_form(entry: Entry, reader_id: int | None = None) -> dict[str, Any]:
    """docs/shiftlog.md. Load with `with_all`. `mine` is there only when a reader is named: a live
    event is one text for everybody."""
    site, deleted = entry.site, entry.deleted_at is not None
    form = {
        "id": entry.pk,
        "version": entry.version,
        "place": entry.place,
        "at": to_ms(entry.created_at),
        "kind": str(entry.kind),
        "text": "" if deleted else entry.text,
        "said": None if deleted else entry.said,
        "author": _author(entry),
        "site": None if site is None else {"slug": site.slug, "name": site.name},
        "device": _device(entry),
        "thread": entry.thread_id,
        "replies": entry.replies_count,  # type: ignore[attr-defined]  # annotated
        "starts": ms_if_any(entry.starts_at),
        "ends": ms_if_any(entry.ends_at),
        "view": "" if deleted else entry.view,
        "tags": [] if deleted else list(entry.tags),
        "mentions": [] if deleted else [each.user.get_username() for each in entry.mentions.all()],
        "reactions": _reactions(entry),
        "pinned": entry.pinned,
        "edited": ms_if_any(entry.edited_at),
        "deleted": deleted,
        "client_id": None if entry.client_id is None else str(entry.client_id),
        "facts": {"deleted_by": entry.deleted_by} if deleted else entry.facts,
    }
    if reader_id is not None:
        form["mine"] = entry.author_id == reader_id
    return form


def _author(entry: Entry) -> dict[str, str] | None:
    """Who is gone is called as they were when they wrote."""
    if entry.author is not None:
        return {"name": entry.author.get_username()}
    return {"name": entry.author_name} if entry.author_name else None


def _device(entry: Entry) -> dict[str, Any] | None:
    """One that is gone is called as it was when the entry was written."""
    if entry.device is not None:
        return {"uid": entry.device.uid, "name": entry.device.name}
    return {"uid": entry.uid, "name": entry.device_name} if entry.uid else None


def _reactions(entry: Entry) -> list[dict[str, Any]]:
    by: dict[str, list[str]] = {}
    for each in entry.reactions.all():
        by.setdefault(each.word, []).append(each.user.get_username())
    return [{"word": word, "by": names} for word, names in by.items()]
