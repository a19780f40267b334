"""Open pages of the audit log are told that there is more, and read it for themselves."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from access.audit import recorded
from devices.events import announce_after_commit
from telemetry.live import contract


@receiver(recorded, dispatch_uid="dashboard.audit_recorded")
def tell(**_kwargs: Any) -> None:
    announce_after_commit(lambda: [contract.event("audit")])
