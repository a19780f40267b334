"""Make, change and remove derived series, and ask for what lies before them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models.functions import Now

from derived import chains, commits, publish
from derived.checking import Checked, Refused, Source
from derived.models import Backfill, DerivedInput, DerivedSeries
from devices import clock, turn
from devices.models import Device
from telemetry.history import instants, stored_count
from telemetry.models import Series
from telemetry.moments import to_us
from telemetry.series.registry import MAX_SERIES_PER_DEVICE
from telemetry.storage import commit_log

MAX_DERIVED = 1_000  # derived series of an installation
BEGINS_BEFORE = timedelta(hours=1)  # that a new one has results of at once
AHEAD = timedelta(days=1)  # a clock that runs ahead has readings there
LOCK = 0x50554C44  # advisory: one change at a time, so that two make no circle


def create(
    device: Device,
    metric: str,
    facts: Mapping[str, Any],
    wanted: Checked,
    sources: Mapping[str, Source],
    *,
    by: Any = None,
    backfill_from: datetime | None = None,
) -> DerivedSeries:
    """`facts` are those of its series that were given. Raises `Refused`."""
    commit_log.add_reader(commits.READER)

    def work() -> DerivedSeries:
        if DerivedSeries.objects.count() >= MAX_DERIVED:
            raise Refused({"formula": f"There may be {MAX_DERIVED} derived series."})
        if device.series.filter(metric=metric).exists():
            raise Refused({"metric": "The device has a series of this name already."})
        if device.series.count() >= MAX_SERIES_PER_DEVICE:
            raise Refused({"device": "The device has no room for another series."})
        _check_chain(None, sources)
        series = Series(device=device, metric=metric, kind=wanted.kind.value, **facts)
        series.chosen = series.chosen_with({**facts, "kind": series.kind})
        series.unit = series.unit or wanted.gives.unit
        series.save()
        derived = DerivedSeries.objects.create(
            series=series, formula=wanted.formula.text, at=wanted.at, created_by=by
        )
        _set_inputs(derived, sources)
        _begin(derived)
        if backfill_from is not None:
            ask_backfill(derived, backfill_from)
        return derived

    return turn.alone(LOCK, work)


def redefine(
    derived: DerivedSeries, wanted: Checked, sources: Mapping[str, Source]
) -> DerivedSeries:
    """Give it another formula or other inputs; what it has computed is computed anew. Raises
    `Refused`."""

    def work() -> DerivedSeries:
        _check_chain(derived.series_id, sources)
        derived.formula, derived.at = wanted.formula.text, wanted.at
        derived.revision += 1
        derived.problem, derived.due_at = "", None
        derived.save()
        series = derived.series
        before = (series.unit, series.kind)
        series.kind = wanted.kind.value
        if "unit" not in series.chosen:
            series.unit = wanted.gives.unit
        if (series.unit, series.kind) != before:
            series.save()
        derived.inputs.all().delete()
        _set_inputs(derived, sources)
        _begin(derived)
        oldest = instants.first_after(series.pk, 0, to_us(clock.now() + AHEAD))
        if oldest is not None:
            commits.add({derived.pk: [(oldest, to_us(clock.now() + AHEAD))]})
        return derived

    return turn.alone(LOCK, work)


def switch(derived: DerivedSeries, *, enabled: bool) -> None:
    """What changes while it is off is computed when it is on again."""

    def work() -> None:
        derived.enabled = enabled
        derived.due_at = None
        derived.save(update_fields=["enabled", "due_at", "updated_at"])
        publish.announce_changed(derived)

    turn.alone(LOCK, work)


def remove(derived: DerivedSeries) -> None:
    """Its series goes too: without the formula nobody could say what it holds."""

    def work() -> None:
        publish.announce_changed(derived)
        derived.series.delete()

    turn.alone(LOCK, work)


def ask_backfill(derived: DerivedSeries, start: datetime, stop: datetime | None = None) -> Backfill:
    """Have the results from `start` on computed, to `stop` or to now; in place of one that runs."""
    at = derived.inputs.get(name=derived.at).series_id
    start_us, stop_us = to_us(start), to_us(stop or clock.now())
    facts = {
        "state": Backfill.State.RUNNING,
        "start_us": start_us,
        "stop_us": stop_us,
        "left_us": stop_us,
        "rows": 0,
        "estimate": stored_count.estimate(at, start_us, stop_us) if at is not None else 0,
        "error": "",
        "asked_at": Now(),
        "ended_at": None,
    }
    backfill, _ = Backfill.objects.update_or_create(derived=derived, defaults=facts)
    DerivedSeries.objects.filter(pk=derived.pk).update(due_at=None)
    publish.announce_changed(derived)
    return backfill


def cancel_backfill(derived: DerivedSeries) -> None:
    """What it has computed by then stays."""
    running = Backfill.objects.filter(derived=derived, state=Backfill.State.RUNNING)
    running.update(state=Backfill.State.CANCELLED, ended_at=Now())
    publish.announce_changed(derived)


def _check_chain(series_id: int | None, sources: Mapping[str, Source]) -> None:
    try:
        chains.check(series_id, [each.series.pk for each in sources.values()])
    except chains.BadChain as exc:
        raise Refused({"inputs": str(exc)}) from exc


def _set_inputs(derived: DerivedSeries, sources: Mapping[str, Source]) -> None:
    DerivedInput.objects.bulk_create(
        DerivedInput(
            derived=derived,
            name=name,
            series=source.series,
            was=f"{source.series.device.uid} {source.series.metric}",
            hold=source.held,
        )
        for name, source in sources.items()
    )


def _begin(derived: DerivedSeries) -> None:
    """What was committed before the log is read for it is computed by this."""
    now = clock.now()
    commits.add({derived.pk: [(to_us(now - BEGINS_BEFORE), to_us(now + AHEAD))]})
    publish.announce_changed(derived)


def take_turn() -> None:
    """Nobody else changes one until the transaction ends."""
    turn.take_turn(LOCK)
