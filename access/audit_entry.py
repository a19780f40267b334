"""One row of the audit log."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Now

from access.scope import AtNoSite

MAX_NAME = 150  # characters, as of a user
MAX_ACTION = 60  # characters
MAX_KIND = 40  # characters
MAX_ID = 64  # characters
MAX_LABEL = 200  # characters
SEARCHED = SearchVector("by", "action", "label", "object_id", config="simple")


class AuditEntry(AtNoSite):
    """Who did what to what, from where. Only ever added to: triggers refuse anything more, see
    migration 0002. So it refers to no other row: what it tells of may be deleted, and it stays.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())  # the trigger's, whatever is written
    by = models.CharField(max_length=MAX_NAME)  # an account's name then, or a process's
    account_id = models.IntegerField(null=True)  # NULL: a process, or nobody who is registered
    token_key = models.CharField(max_length=25, blank=True)  # of the API token used, if one was
    address = models.GenericIPAddressField(null=True)  # NULL: of no connection
    action = models.CharField(max_length=MAX_ACTION)  # as device.rotated
    kind = models.CharField(max_length=MAX_KIND)  # of the thing it was done to, as device
    object_id = models.CharField(max_length=MAX_ID, blank=True)
    label = models.CharField(max_length=MAX_LABEL, blank=True)  # as the thing was called then
    site_id = models.IntegerField(null=True)  # where it stood
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["by", "-id"], name="audit_by_whom"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["kind", "object_id", "-id"], name="audit_by_object"),
            GinIndex(SEARCHED, name="audit_words"),
        ]

    def __str__(self) -> str:
        return f"{self.by} {self.action} {self.label}"
