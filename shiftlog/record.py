"""What the system notes in the log. Call it inside of the transaction of what it tells of: then
the log says what happened, and nothing that was rolled back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db import DatabaseError, IntegrityError, InterfaceError, transaction

from access import audit
from access.audit import Of
from access.small import small
from devices.models import Device, Site
from shiftlog.differences import ACTS, changed, with_changes
from shiftlog.models import SYSTEM, Entry, Kind
from shiftlog.models.entry import MAX_KEY, MAX_TEXT
from shiftlog.numbering import catch_up_after_commit
from telemetry.series.said import Said, form_of

logger = logging.getLogger(__name__)

BATCH = 1_000  # entries of one INSERT
# What an entry refers to and is kept without, should it be deleted while the entry is written.
GONE: tuple[tuple[str, ...], ...] = ((), ("author",), ("author", "device", "site"))


class About(NamedTuple):
    """What an entry is about, as it is called then; ids and names, so that nothing is loaded."""

    site_id: int | None
    device_id: int | None = None
    uid: str = ""
    name: str = ""

    @classmethod
    def device(cls, device: Device) -> About:
        return cls(device.site_id, device.pk, device.uid, device.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to be noted."""

    kind: Kind | str
    text: Said | str  # with what it is about; said in English, and by pages as they are read
    site: Site | None = None
    device: Device | None = None  # its site is then the entry's
    about: About | None = None  # in place of both
    at: datetime | None = None  # when it happened, or began; None: now
    by: Any = None  # the user whose doing it is
    key: str | None = None  # unique for ever: what has it already is not written again
    thread_key: str | None = None  # key of the entry it answers
    facts: dict[str, Any] = field(default_factory=dict)  # small, for programs


def record(kind: Kind | str, text: Said | str, **more: Any) -> None:
    """Note one thing; the rest as in `Note`. Raises `ValueError` for a kind of people's."""
    record_all([Note(kind=kind, text=text, **more)])


def record_all(notes: Iterable[Note]) -> None:
    """As `record`, many in one statement."""
    notes = list(notes)
    if not notes:
        return
    threads = _held({note.thread_key for note in notes if note.thread_key})
    rows = [_row(note, threads.get(note.thread_key or "")) for note in notes]
    Entry.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    if threads:  # how many replies they have is another number now
        Entry.objects.filter(pk__in=list(threads.values())).update(unnumbered=True)
    # Who did something looks for it. What nobody's hand did is told by the follower in a second: a
    # process that judges or commits readings does not wait for Redis here.
    if any(note.by is not None for note in notes):
        catch_up_after_commit()


def record_done(made: Callable[[], Note]) -> None:
    """As `record`, of what is committed already: nothing that fails here may make it look undone.
    Who, or what, was deleted meanwhile is named as in older entries; what the database raises is
    logged."""
    try:
        for gone in GONE:
            try:
                with transaction.atomic():
                    row = _row(made(), None)
                    for name in gone:
                        setattr(row, name, None)
                    Entry.objects.bulk_create([row], ignore_conflicts=True)
                    catch_up_after_commit()
            except IntegrityError:
                if gone == GONE[-1]:
                    raise
            else:
                return
    except (DatabaseError, InterfaceError):
        logger.exception("what was done is not in the log", extra={"action": "log_lost"})


def _row(note: Note, thread: int | None) -> Entry:
    if note.kind not in SYSTEM:
        raise ValueError(f"{note.kind!r} is no kind of what the system notes")
    by = note.by
    about = note.about or (
        About.device(note.device) if note.device else About(note.site.pk if note.site else None)
    )
    return Entry(
        kind=note.kind,
        text=str(note.text)[:MAX_TEXT],
        said=form_of(note.text),
        site_id=about.site_id,
        device_id=about.device_id,
        uid=about.uid,
        device_name=about.name,
        author=by,
        author_name="" if by is None else by.get_username(),
        starts_at=note.at,
        key=note.key and note.key[:MAX_KEY],
        thread_id=thread,
        facts=note.facts,
    )


def _held(keys: set[str]) -> dict[str, int]:
    """The entries with these keys, held in one order, so that two who answer in several threads
    never wait for each other."""
    if not keys:
        return {}
    found = Entry.objects.filter(key__in=sorted(keys)).order_by("id")
    return {str(entry.key): entry.pk for entry in found.select_for_update(no_key=True)}


def record_change(
    kind: Kind,
    thing: Said,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    *,
    by: Any,
    site_id: int | None = None,
) -> None:
    """Note that a thing (`say("The policy {name}", name="Night")`) was created (`before` is None),
    deleted (`after` is) or changed, and how; nothing of one that is as it was. Its readers are
    those of the site, so it says nothing of another; without one, those who see every site."""
    act = "created" if before is None else "deleted" if after is None else "changed"
    fields = changed(before or {}, after or {})
    if not fields:
        return
    told = fields if act == "changed" else {}
    who = by if getattr(by, "is_authenticated", False) else None
    facts = {"act": act, "thing": str(thing), "changed": small(fields)}
    what = str(kind).removesuffix("_changed")
    old, new = ({name: pair[which] for name, pair in fields.items()} for which in (0, 1))
    audit.record(
        who, f"{what}.{act}", Of(what, label=str(thing), site_id=site_id),
        None if before is None else old, None if after is None else new,
    )  # fmt: skip
    text = with_changes(ACTS[act], told, thing=thing)
    record(kind, text, about=About(site_id), by=who, facts=facts)
