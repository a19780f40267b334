"""What people do in the log: write, edit, delete, react, pin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from access.scope import Scope
from devices import clock
from devices.models import Device, Site
from shiftlog.errors import NoSuchEntry, Refused
from shiftlog.models import Entry, Former, Kind, Mention, Reaction
from shiftlog.models.entry import MAX_TAGS
from shiftlog.numbering import catch_up_after_commit
from shiftlog.signals import said
from shiftlog.words import people_named, tags_of

EDIT_WITHIN = timedelta(minutes=15)  # of writing it
MAX_REACTIONS = 200  # of one entry
MAX_PINNED = 100  # entries of one site


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants to write. What it is about was found within their scope."""

    text: str
    site: Site | None = None
    device: Device | None = None
    thread: Entry | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    view: str = ""
    tags: list[str] = field(default_factory=list)
    client_id: UUID


def write(draft: Draft, by: User) -> tuple[Entry, bool]:
    """The entry, and whether it was written now. Sent twice, late or by two processes at once it is
    the one that came first, whatever the other says."""
    with transaction.atomic():
        before = _written(draft, by)
        if before is not None:
            return before, False
        try:
            with transaction.atomic():
                entry = _insert(draft, by)
        except IntegrityError:  # another process was faster, and has committed by now
            before = _written(draft, by)
            if before is None:
                raise
            return before, False
        _name_people(entry)
        if entry.thread_id is not None:  # it has one reply more
            Entry.objects.filter(pk=entry.thread_id).update(unnumbered=True)
        said.send(None, entry=entry)
        catch_up_after_commit()
    return entry, True


def edit(entry_id: int, scope: Scope, by: User, facts: dict[str, Any]) -> Entry:
    """Change `text` or `tags`. Raises `NoSuchEntry` and `Refused`."""

    def change(entry: Entry, now: datetime) -> list[str]:
        if entry.author_id != by.pk or entry.kind != Kind.SAID:
            raise Refused("Only who wrote it may edit it.")
        if entry.deleted_at is not None:
            raise Refused("It was deleted.")
        text = facts.get("text", entry.text)
        kept = facts["tags"] if "tags" in facts else _given_tags(entry)
        tags = tags_of(text, kept)
        if (text, tags) == (entry.text, entry.tags):
            return []
        # Its clock is the database's on both sides.
        if now - entry.created_at > EDIT_WITHIN:
            minutes = EDIT_WITHIN // timedelta(minutes=1)
            raise Refused(f"It may be edited for {minutes} minutes; write a reply.")
        if text != entry.text:
            Former.objects.create(entry=entry, text=entry.text, until=now)
        entry.text, entry.tags, entry.edited_at = text, tags, now
        _name_people(entry)
        return ["text", "tags", "edited_at"]

    return _changed(entry_id, scope, change)


def delete(entry_id: int, scope: Scope, by: User) -> Entry:
    """Its place stays, with who deleted it; again changes nothing. Raises `NoSuchEntry` and
    `Refused`."""

    def change(entry: Entry, now: datetime) -> list[str]:
        if entry.kind != Kind.SAID:
            raise Refused("What the system noted stays.")
        if entry.author_id != by.pk and not scope.may_administer(entry.site_id):
            raise Refused("Only who wrote it may delete it, or an administrator.")
        if entry.deleted_at is not None:
            return []
        entry.deleted_at, entry.deleted_by, entry.pinned = now, by.get_username(), False
        Mention.objects.filter(entry=entry, told_at=None).delete()
        return ["deleted_at", "deleted_by", "pinned"]

    return _changed(entry_id, scope, change)


def pin(entry_id: int, scope: Scope, pinned: bool) -> Entry:
    """Keep it in sight, or no more. Raises `NoSuchEntry` and `Refused`."""

    def change(entry: Entry, _now: datetime) -> list[str]:
        if entry.pinned == pinned:
            return []
        if pinned and entry.deleted_at is not None:
            raise Refused("It was deleted.")
        others = Entry.objects.filter(site=entry.site_id, pinned=True)
        if pinned and others.count() >= MAX_PINNED:
            raise Refused(f"{MAX_PINNED} are pinned already; let go of one.")
        entry.pinned = pinned
        return ["pinned"]

    return _changed(entry_id, scope, change)


def react(entry_id: int, scope: Scope, by: User, word: str) -> Entry:
    """Put a word to it; twice is once. Raises `NoSuchEntry` and `Refused`."""

    def change(entry: Entry, _now: datetime) -> list[str]:
        if entry.deleted_at is not None:
            raise Refused("It was deleted.")
        if Reaction.objects.filter(entry=entry).count() >= MAX_REACTIONS:
            raise Refused(f"It has {MAX_REACTIONS} reactions already.")
        _, new = Reaction.objects.get_or_create(entry=entry, user=by, word=word)
        return ["unnumbered"] if new else []

    return _changed(entry_id, scope, change)


def take_back(entry_id: int, scope: Scope, by: User, word: str) -> Entry:
    """Take one's word off it; of one that is not there nothing happens. Raises `NoSuchEntry`."""

    def change(entry: Entry, _now: datetime) -> list[str]:
        gone, _ = Reaction.objects.filter(entry=entry, user=by, word=word).delete()
        return ["unnumbered"] if gone else []

    return _changed(entry_id, scope, change)


def _changed(entry_id: int, scope: Scope, change: Callable[[Entry, datetime], list[str]]) -> Entry:
    """The entry as it is now, after `change`, which says what it has set."""
    with transaction.atomic():
        visible = Entry.objects.visible_to(scope).select_for_update(of=("self",), no_key=True)
        entry = visible.filter(pk=entry_id).first()
        if entry is None:
            raise NoSuchEntry("There is no such entry.")
        written = change(entry, clock.now())
        if written:
            entry.unnumbered = True
            entry.save(update_fields=[*written, "unnumbered"])
            catch_up_after_commit()
    return entry


def _written(draft: Draft, by: User) -> Entry | None:
    return Entry.objects.filter(author=by, client_id=draft.client_id).first()


def _insert(draft: Draft, by: User) -> Entry:
    root = draft.thread
    if root is not None and root.thread is not None:
        root = root.thread  # a thread has one level
    device = draft.device
    site_id = device.site_id if device is not None else draft.site.pk if draft.site else None
    if root is not None:
        site_id, device = root.site_id, root.device
    named = device or root
    return Entry.objects.create(
        kind=Kind.SAID,
        text=draft.text,
        site_id=site_id,
        device=device,
        uid=named.uid if named is not None else "",
        device_name=_name(device, root),
        thread=root,
        author=by,
        author_name=by.get_username(),
        client_id=draft.client_id,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        view=draft.view,
        tags=tags_of(draft.text, draft.tags),
    )


def _name(device: Device | None, root: Entry | None) -> str:
    if device is not None:
        return device.name
    return root.device_name if root is not None else ""


def _given_tags(entry: Entry) -> list[str]:
    """Those that did not come from its text."""
    of_text = set(tags_of(entry.text))
    return [tag for tag in entry.tags if tag not in of_text][:MAX_TAGS]


def _name_people(entry: Entry) -> None:
    """Who is named now; who was told already is not told again."""
    named = people_named(entry.text, entry.site_id)
    Mention.objects.filter(entry=entry).exclude(user__in=named).delete()
    others = [user for user in named if user.pk != entry.author_id]
    rows = [Mention(entry=entry, user=user) for user in others]
    Mention.objects.bulk_create(rows, ignore_conflicts=True)
