"""The jobs that go on with large corrections, and forget what corrections removed."""

from __future__ import annotations

from telemetry.corrections import change, large
from telemetry.jobs import Job
from telemetry.storage import retention


def _forget_former_readings() -> str:
    gone = change.forget_former(retention.believed_now())
    return f"forgot what {gone} correction{'s' * (gone > 1)} removed" if gone else ""


def _correct_readings() -> str:
    parts = large.run()
    return f"corrected {parts} part{'s' * (parts > 1)}" if parts else ""


JOBS = (
    Job("correct_readings", every=2.0, timeout=120.0, run=_correct_readings),
    Job("forget_former_readings", every=3600.0, timeout=300.0, run=_forget_former_readings),
)
