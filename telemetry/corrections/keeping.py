"""The job that forgets what corrections removed."""

from __future__ import annotations

from telemetry.corrections import change
from telemetry.jobs import Job
from telemetry.storage import retention


def _forget_former_readings() -> str:
    gone = change.forget_former(retention.believed_now())
    return f"forgot what {gone} correction{'s' * (gone > 1)} removed" if gone else ""


JOBS = (Job("forget_former_readings", every=3600.0, timeout=300.0, run=_forget_former_readings),)
