"""What of sign-ins is over is not kept: Django leaves expired sessions for ever."""

from __future__ import annotations

from access import invitation, tries
from access.models import forget_ended
from telemetry.jobs import Job


def _forget() -> str:
    gone = forget_ended()
    tries.forget_empty()
    invitation.forget_over()
    return f"{gone} sessions deleted" if gone else ""


JOBS = (Job("forget_sessions", every=3600.0, timeout=300.0, run=_forget),)
