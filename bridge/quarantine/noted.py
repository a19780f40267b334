"""What somebody replayed, noted in the log."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bridge.quarantine.replay import Summary
from bridge.quarantine.selection import Selection
from devices.models import Device
from shiftlog.models import Kind
from shiftlog.record import Note, record_done
from telemetry.series.said import say


def note(selection: Selection, summary: Summary, by: Any) -> None:
    """Where the device stands, if one was named. Nothing is noted of nothing."""
    if not summary.replayed:
        return

    def made() -> Note:
        uids = [selection.uid] if selection.uid else selection.uids or []
        device = Device.objects.filter(uid=uids[0]).first() if len(uids) == 1 else None
        text = say(
            "{n} quarantined messages were replayed: {stored} are stored, {rest} stay.",
            n=summary.replayed, stored=summary.stored, rest=summary.replayed - summary.stored,
        )  # fmt: skip
        facts = {**asdict(summary), "reason": selection.reason}
        who = by if getattr(by, "is_authenticated", False) else None
        return Note(kind=Kind.REPLAY, text=text, device=device, by=who, facts=facts)

    record_done(made)
