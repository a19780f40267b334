"""Readings that somebody deleted or replaced, in the transaction that did it."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from shiftlog.models import Kind
from shiftlog.record import record
from telemetry.correction import Correction
from telemetry.corrections.signals import readings_corrected
from telemetry.moments import to_ms
from telemetry.series.said import say


@receiver(readings_corrected, dispatch_uid="shiftlog.readings_corrected")
def note_correction(correction: Correction, by: Any, undone: bool, **_kwargs: Any) -> None:
    series = correction.series
    start, stop = correction.starts_at, correction.ends_at
    until = f"{stop:%H:%M:%S}" if start.date() == stop.date() else f"{stop:%Y-%m-%d %H:%M:%S}"
    what = say(
        "{device}: readings of {metric} from {start} to {stop} UTC",
        device=series.device.name, metric=series.metric, start=f"{start:%Y-%m-%d %H:%M:%S}",
        stop=until,
    )  # fmt: skip
    if undone:
        text = say("{what} are as they were before: a correction was undone.", what=what)
    elif correction.action == Correction.Action.DELETE:
        text = say(
            "{what} were deleted ({n}): {reason}",
            what=what, n=correction.removed, reason=correction.reason,
        )  # fmt: skip
    else:
        text = say(
            "{what} were replaced ({gone} went, {came} came): {reason}",
            what=what, gone=correction.removed, came=correction.written, reason=correction.reason,
        )  # fmt: skip
    record(
        Kind.READINGS_CORRECTED,
        text,
        device=series.device,
        by=by,
        facts={
            "correction": correction.pk, "metric": series.metric, "action": correction.action,
            "from": to_ms(correction.starts_at), "to": to_ms(correction.ends_at),
            "removed": correction.removed, "written": correction.written, "undone": undone,
            "reason": correction.reason,
        },
    )  # fmt: skip
