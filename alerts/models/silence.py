"""A time in which nobody is told: a maintenance window."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from alerts.models.rule import AlertRule
from devices.line import Line
from devices.models import Device, Site
from devices.stamps import ChangedAt, CreatedAt

MAX_REASON = 200  # characters


class Silence(models.Model):
    """Alerts that fit all that it names fire and are seen, but nobody is told of them meanwhile."""

    id = models.BigAutoField(primary_key=True)
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    device = models.ForeignKey(
        Device, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    rule = models.ForeignKey(
        AlertRule, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)  # NULL: until somebody ends it
    # Again in each week: {"zone", "days": [1 … 7], "from": "HH:MM", "to": "HH:MM"}; NULL: once.
    recurrence = models.JSONField(null=True, blank=True)
    reason = Line(max_length=MAX_REASON, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = CreatedAt()
    updated_at = ChangedAt()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-starts_at", "-id"]

    def __str__(self) -> str:
        return self.reason or f"silence {self.pk}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites) | models.Q(device__site__in=sites)
