"""What the system notes in the log. Call it inside of the transaction of what it tells of: then
the log says what happened, and nothing that was rolled back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from devices.models import Device, Site
from shiftlog.models import SYSTEM, Entry, Kind
from shiftlog.models.entry import MAX_KEY, MAX_TEXT
from shiftlog.numbering import catch_up_after_commit

BATCH = 1_000  # entries of one INSERT


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something to be noted."""

    kind: Kind | str
    text: str  # in English, with what it is about; pages write it anew by kind and facts
    site: Site | int | None = None  # of the device when it is named
    device: Device | None = None
    at: datetime | None = None  # when it happened, or began; None: now
    until: datetime | None = None
    by: Any = None  # the user whose doing it is
    key: str | None = None  # unique for ever: what has it already is not written again
    thread_key: str | None = None  # key of the entry it answers
    facts: dict[str, Any] = field(default_factory=dict)  # small, for programs


def record(kind: Kind | str, text: str, **more: Any) -> None:
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
    catch_up_after_commit()


def _row(note: Note, thread: int | None) -> Entry:
    if note.kind not in SYSTEM:
        raise ValueError(f"{note.kind!r} is no kind of what the system notes")
    device, by = note.device, note.by if note.by is not None and note.by.pk is not None else None
    site = note.site.pk if isinstance(note.site, Site) else note.site
    return Entry(
        kind=note.kind,
        text=note.text[:MAX_TEXT],
        site_id=device.site_id if device is not None else site,
        device=device if device is not None and device.pk is not None else None,
        uid=device.uid if device is not None else "",
        device_name=device.name if device is not None else "",
        author=by,
        author_name="" if by is None else by.get_username(),
        starts_at=note.at,
        ends_at=note.until,
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
