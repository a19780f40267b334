"""Of the audit log goes what is older than is kept, and nothing else can be made to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from access import audit
from access.audit_entry import AuditEntry
from dashboard.audit_kept import forget

pytestmark = pytest.mark.django_db


def aged(days: int) -> None:
    """An entry that old: who owns the table may switch its triggers off, and no other role."""
    audit.record("bridge", f"of.{days}", "device")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_auditentry DISABLE TRIGGER only_added_to")
        cursor.execute(
            "UPDATE access_auditentry SET at = now() - %s WHERE action = %s",
            [timedelta(days=days), f"of.{days}"],
        )
        cursor.execute("ALTER TABLE access_auditentry ENABLE TRIGGER only_added_to")


def test_what_is_older_than_is_kept_goes(settings: Any):
    settings.AUDIT_RETENTION_DAYS = 100
    for days in (0, 99, 101, 5_000):
        aged(days)
    assert forget(timezone.now()) == 2
    left = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(left) == ["of.0", "of.99"]


def test_the_database_keeps_ninety_days_whatever_is_asked(settings: Any):
    aged(89)
    with pytest.raises(ProgrammingError, match="only ever added to"), transaction.atomic():
        forget(timezone.now() + timedelta(days=10_000))
    assert AuditEntry.objects.count() == 1
