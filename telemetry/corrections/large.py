"""Corrections of more readings than one transaction may change: made, and undone, part by part by a
job of `manage.py maintain`.

The whole range is closed from the first moment. Each part is a row of its own with what was there,
so a job that was killed goes on behind the last, and all of it can be undone.
"""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth import get_user_model

from devices import clock
from devices.events import announce_after_commit
from telemetry.correction import Correction
from telemetry.corrections import change
from telemetry.corrections.change import Refused, Wanted
from telemetry.corrections.former import difference, packed, unpacked
from telemetry.corrections.signals import readings_corrected
from telemetry.history import columns, stored_count
from telemetry.live import contract
from telemetry.moments import from_us, in_ms, to_us
from telemetry.storage import replace

MAX_READINGS = 5_000_000  # of one large correction: what was there is kept for a month
PART_READINGS = 20_000  # of one transaction, which batches wait for
RUN_SECONDS = 20.0  # of one run of the job

State = Correction.State


def is_needed(wanted: Wanted) -> bool:
    """Whether it is more than one transaction changes. Raises `TooSlow`."""
    edges = to_us(wanted.start), to_us(wanted.stop)
    times, _ = columns.words(wanted.series.pk, *edges, change.MAX_READINGS + 1)
    return len(times) > change.MAX_READINGS


def estimate(wanted: Wanted) -> int:
    """About how many readings it removes. Raises `Refused`."""
    change.check(wanted)
    edges = to_us(wanted.start), to_us(wanted.stop)
    count = max(stored_count.estimate(wanted.series.pk, *edges), change.MAX_READINGS + 1)
    if count > MAX_READINGS:
        raise Refused(
            "to", f"There are about {count} readings in the range, and {MAX_READINGS} is the most."
        )
    return count


def begin(wanted: Wanted, action: str, reason: str, by: Any) -> Correction:
    """Close the range, and have it corrected by the job. Raises as `change.make`."""
    estimate(wanted)

    def write(_cursor: Any) -> Correction:
        change.check(wanted)
        made = Correction.objects.create(
            series=wanted.series, action=action, reason=reason, starts_at=wanted.start,
            ends_at=wanted.stop, by=by, by_name=change.name_of(by), made_at=clock.now(),
            removed=0, written=0, written_readings=packed(wanted.points), state=State.RUNNING,
            done_until=wanted.start,
        )  # fmt: skip
        _tell(made)
        return made

    return change.correcting(write, {})


def run(*, seconds: float = RUN_SECONDS) -> int:
    """Go on with what is under way, the oldest first; how many parts were done."""
    until, parts = time.monotonic() + seconds, 0
    while (whole := _next()) and time.monotonic() < until:
        began = time.monotonic()
        step(whole)
        parts += 1
        time.sleep(time.monotonic() - began)  # batches have their turn as long
    return parts


def _next() -> Correction | None:
    return Correction.with_removed.exclude(state=State.DONE).order_by("pk").first()


def step(whole: Correction) -> None:
    """One part. Raises what the database raises; then it is as it was."""
    points = whole.written_readings
    if whole.state == State.UNDOING:
        last = _last_part(whole)
        points = last.removed_readings if last else ""

    def write(cursor: Any) -> Correction:
        held = Correction.with_removed.select_for_update(of=("self",))
        found = held.select_related("series__device", "by").get(pk=whole.pk)
        if found.state == State.RUNNING:
            _correct(cursor, found)
        elif found.state == State.UNDOING:
            _undo(cursor, found)
        return found

    change.correcting(write, unpacked(points))


def _correct(cursor: Any, whole: Correction) -> None:
    start, stop = whole.done_until or whole.starts_at, whole.ends_at
    try:
        change.check_kept(whole.series_id, start, clock.now())
    except Refused as exc:
        return _end(whole, error=str(exc))
    times, values = columns.words(whole.series_id, to_us(start), to_us(stop), PART_READINGS + 1)
    if len(times) > PART_READINGS:
        stop = from_us(int(times[PART_READINGS]))
    stored = dict(zip(times.tolist(), values, strict=True))
    inside = range(to_us(start), to_us(stop))
    points = {us: each for us, each in unpacked(whole.written_readings).items() if us in inside}
    removed, written = difference({us: each for us, each in stored.items() if us in inside}, points)
    replace.exchange(cursor, whole.series_id, removed, written)
    if removed or written:
        Correction.objects.create(
            whole=whole, series=whole.series, action=whole.action, reason=whole.reason,
            starts_at=start, ends_at=stop, by=whole.by, by_name=whole.by_name,
            made_at=clock.now(), removed=len(removed), written=len(written),
            removed_readings=packed(removed), written_readings=packed(written),
        )  # fmt: skip
    whole.removed += len(removed)
    whole.written += len(written)
    whole.done_until = stop
    _refill(whole, start, stop)
    if stop < whole.ends_at:
        whole.save()
        return _tell(whole)
    return _end(whole)


def _end(whole: Correction, *, error: str = "") -> None:
    whole.state, whole.error = State.DONE, error
    whole.done_until, whole.written_readings = None, ""
    whole.save()
    readings_corrected.send(None, correction=whole, by=whole.by, undone=False)
    _tell(whole)


def _undo(cursor: Any, whole: Correction) -> None:
    """The last part that stands; none: it is undone."""
    part = _last_part(whole)
    if part is None:
        whole.state, whole.undone_at = State.DONE, clock.now()
        whole.save()
        by = get_user_model().objects.filter(username=whole.undone_by).first()
        readings_corrected.send(None, correction=whole, by=by, undone=True)
        return _tell(whole)
    removed, written = unpacked(part.written_readings), unpacked(part.removed_readings)
    replace.exchange(cursor, whole.series_id, removed, written)
    part.undone_at, part.undone_by = clock.now(), whole.undone_by
    part.removed_readings = part.written_readings = ""
    part.save()
    _refill(whole, part.starts_at, part.ends_at)
    return _tell(whole)


def _last_part(whole: Correction) -> Correction | None:
    """The newest that stands."""
    return whole.parts.filter(undone_at=None).order_by("pk").last()


def _refill(whole: Correction, start: Any, stop: Any) -> None:
    message = contract.refill(
        "corrected", [whole.series_id], in_ms(to_us(start)), in_ms(to_us(stop))
    )
    announce_after_commit(lambda: [message])


def _tell(whole: Correction) -> None:
    device = whole.series.device
    message = contract.event("corrections", site=device.site_id, uid=device.uid)
    announce_after_commit(lambda: [message])
