"""Correct a range of a series, and undo it.

All of it in one transaction that no batch runs beside: what is deleted, what takes its place, what
was there before, and that the range is closed from now on. docs/decisions/0036-corrections.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.db import connection, transaction
from django.db.models import Q

from devices import clock
from devices.events import announce_after_commit
from telemetry.correction import Correction
from telemetry.corrections.former import difference, packed, unpacked
from telemetry.corrections.refusals import REFUSALS
from telemetry.corrections.signals import readings_corrected
from telemetry.errors import TelemetryError
from telemetry.history import columns, news
from telemetry.history.read_limit import limited
from telemetry.live import contract
from telemetry.models import Series
from telemetry.moments import in_ms, to_us
from telemetry.storage import closed, kept, replace
from telemetry.storage.backend import backend

MAX_READINGS = 50_000  # removed by one correction: batches wait while it is made
MAX_POINTS = 20_000  # put in their place
UNDO_FOR = timedelta(days=30)  # how long what was there before is kept


class Refused(TelemetryError):
    """It cannot be done; says why, by field."""

    def __init__(self, field: str, said: str) -> None:
        super().__init__(said)
        self.field = field


class Wanted(NamedTuple):
    """That a series has these readings in [start, stop), and no others."""

    series: Series
    start: datetime
    stop: datetime
    points: Mapping[int, float | str]  # by Unix us


class Effect(NamedTuple):
    """What a correction changes, or would."""

    removed: replace.Readings  # gone, or with another value
    written: replace.Readings


def effect(wanted: Wanted) -> Effect:
    """Raises `Refused`, and `TooSlow`."""
    with limited():
        check(wanted)
        return _effect(wanted)


def make(wanted: Wanted, action: str, reason: str, by: Any) -> Correction:
    """Raises `Refused`, and what the database raises; then nothing is changed."""

    def write(cursor: Any) -> Correction:
        check(wanted)
        found = _effect(wanted)
        replace.exchange(cursor, wanted.series.pk, found.removed, found.written)
        made = Correction.objects.create(
            series=wanted.series, action=action, reason=reason, starts_at=wanted.start,
            ends_at=wanted.stop, by=by, by_name=name_of(by), made_at=clock.now(),
            removed=len(found.removed), written=len(found.written),
            removed_readings=packed(found.removed), written_readings=packed(found.written),
        )  # fmt: skip
        _tell(made, by, undone=False)
        return made

    return correcting(write, wanted.points)


def undo(correction: Correction, by: Any) -> Correction:
    """Have the series hold what it held before, and its range open again. Raises as `make`; of one
    that is undone already nothing is changed."""

    def write(cursor: Any) -> Correction:
        held = Correction.objects.select_for_update(of=("self",)).select_related("series__device")
        found = held.get(pk=correction.pk)
        if found.undone_at is not None:
            return found
        _check_undo(found)
        if found.parts.exists():  # `large` goes on
            found.state, found.undone_by = Correction.State.UNDOING, name_of(by)
            found.save()
            _tell_lists(found)
            return found
        # Nothing but corrections came into the range since, and none of those stands.
        removed, written = unpacked(found.written_readings), unpacked(found.removed_readings)
        replace.exchange(cursor, found.series_id, removed, written)
        found.undone_at, found.undone_by = clock.now(), name_of(by)
        found.removed_readings = found.written_readings = ""
        found.save()
        _tell(found, by, undone=True)
        return found

    return correcting(write, unpacked(correction.removed_readings))


def undoable_until(correction: Correction) -> datetime | None:
    """None: it cannot be undone."""
    if correction.undone_at is not None or correction.state != Correction.State.DONE:
        return None
    if clock.now() >= correction.made_at + UNDO_FOR:
        return None
    return correction.made_at + UNDO_FOR


def forget_former(now: datetime) -> int:
    """Delete what corrections removed that cannot be undone any more; of how many."""
    kept = ~Q(removed_readings="", written_readings="")
    old = Correction.objects.filter(kept, made_at__lt=now - UNDO_FOR)
    return old.update(removed_readings="", written_readings="")


def correcting(write: Callable[[Any], Correction], points: Mapping[int, object]) -> Correction:
    def once() -> Correction:
        with transaction.atomic(), connection.cursor() as cursor:
            closed.begin_correction(cursor)
            return write(cursor)

    return replace.with_room(once, np.array(list(points), np.int64))


def check(wanted: Wanted) -> None:
    for refusal in REFUSALS:
        if said := refusal(wanted.series):
            raise Refused("series", said)
    now = clock.now()
    if wanted.stop > now:
        raise Refused("to", "It must not be later than now: what comes yet cannot be wrong yet.")
    check_kept(wanted.series.pk, wanted.start, now)
    beside = Correction.objects.filter(
        series=wanted.series, starts_at__lt=wanted.stop, ends_at__gt=wanted.start
    )
    if beside.exclude(state=Correction.State.DONE).exists():
        raise Refused("from", "A correction of this time is still being made, or undone.")
    if not wanted.points:
        return
    points = wanted.points
    if not (to_us(wanted.start) <= min(points) and max(points) < to_us(wanted.stop)):
        raise Refused("points", "Each must lie from `from` on and before `to`.")
    # What is newer than all there is would be judged by alert rules as if it came just now.
    newest = news.newest_by(np.array([wanted.series.pk], np.int32), np.array([to_us(now)]))
    if max(points) > newest.get(0, 0):
        raise Refused("points", "None may be later than the newest reading of the series.")
    words = any(type(value) is str for value in points.values())
    if words and wanted.series.texts_since is None:
        raise Refused("points", "This series has no texts.")


def check_kept(series_id: int, start: datetime, now: datetime) -> None:
    oldest = backend().keeps_from(kept.all_of([series_id], now).raw)
    if start < oldest:
        raise Refused(
            "from",
            f"Readings before {oldest:%Y-%m-%d %H:%M} UTC are removed by retention, and their"
            " summaries cannot be made anew.",
        )


def _effect(wanted: Wanted) -> Effect:
    start_us, stop_us = to_us(wanted.start), to_us(wanted.stop)
    times, values = columns.words(wanted.series.pk, start_us, stop_us, MAX_READINGS + 1)
    if len(times) > MAX_READINGS:
        raise Refused(
            "to",
            f"There are more than {MAX_READINGS} readings in the range, the most of one"
            f" correction. The first so many end at {in_ms(int(times[MAX_READINGS]))} (Unix ms).",
        )
    return Effect(*difference(dict(zip(times.tolist(), values, strict=True)), wanted.points))


def _check_undo(correction: Correction) -> None:
    now = clock.now()
    if correction.state != Correction.State.DONE:
        raise Refused("detail", "It is still being made, or undone.")
    if undoable_until(correction) is None:
        raise Refused("detail", f"After {UNDO_FOR.days} days it cannot be undone any more.")
    check_kept(correction.series_id, correction.starts_at, now)
    later = Correction.objects.filter(
        series=correction.series_id, undone_at=None, pk__gt=correction.pk, whole=None,
        starts_at__lt=correction.ends_at, ends_at__gt=correction.starts_at,
    )  # fmt: skip
    if later.exists():
        raise Refused("detail", "A later correction of the same time stands: undo that first.")


def _tell(correction: Correction, by: Any, *, undone: bool) -> None:
    readings_corrected.send(None, correction=correction, by=by, undone=undone)
    start, stop = in_ms(to_us(correction.starts_at)), in_ms(to_us(correction.ends_at))
    message = contract.refill("corrected", [correction.series_id], start, stop)
    announce_after_commit(lambda: [message])
    _tell_lists(correction)


def _tell_lists(correction: Correction) -> None:
    device = correction.series.device
    message = contract.event("corrections", site=device.site_id, uid=device.uid)
    announce_after_commit(lambda: [message])


def name_of(by: Any) -> str:
    return "" if by is None else by.get_username()
