"""Readings that somebody deleted or replaced, in the transaction that did it."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from shiftlog.models import Kind
from shiftlog.record import record
from telemetry.corrections.signals import readings_corrected
from telemetry.models import Correction
from telemetry.moments import to_ms


@receiver(readings_corrected, dispatch_uid="shiftlog.readings_corrected")
def note_correction(correction: Correction, by: Any, undone: bool, **_kwargs: Any) -> None:
    series = correction.series
    what = f"{series.device.name}: readings of {series.metric}"
    between = f"from {correction.starts_at:%Y-%m-%d %H:%M:%S} to {correction.ends_at:%H:%M:%S} UTC"
    if correction.starts_at.date() != correction.ends_at.date():
        between = f"{between[:-12]}{correction.ends_at:%Y-%m-%d %H:%M:%S} UTC"
    counts = f"{correction.removed} went, {correction.written} came"
    if undone:
        text = f"{what} {between} are as they were before: a correction was undone."
    elif correction.action == Correction.Action.DELETE:
        text = f"{what} {between} were deleted ({correction.removed}): {correction.reason}"
    else:
        text = f"{what} {between} were replaced ({counts}): {correction.reason}"
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
