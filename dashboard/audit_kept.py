"""The job that forgets old entries of the audit log: the one way by which any of it goes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from access.audit_entry import AuditEntry
from telemetry.jobs import Job
from telemetry.storage import retention
from telemetry.storage.deletion import delete_in_steps

AT_ONCE = 5_000  # entries of one DELETE
MOST = 100_000  # entries of one run; the next one goes on


def forget(now: datetime) -> int:
    """Delete what is older than is kept; how many. The database refuses what is younger than 90
    days, whatever it is told."""
    table = connection.ops.quote_name(AuditEntry._meta.db_table)
    before = now - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    statement = (
        f"DELETE FROM {table} WHERE id IN"  # noqa: S608  the table's own name
        f" (SELECT id FROM {table} WHERE at < %s ORDER BY at LIMIT %s)"
    )
    return delete_in_steps(statement, [before, AT_ONCE], step=AT_ONCE, most=MOST)


def _forget() -> str:
    gone = forget(retention.believed_now())
    return f"{gone} entries of the audit log deleted" if gone else ""


JOBS = (Job("forget_audit", every=3_600.0, timeout=600.0, run=_forget),)
