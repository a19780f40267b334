"""A rule: a condition, and which devices or series it is applied to."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from devices.line import Line
from devices.models import Device, Site
from devices.stamps import ChangedAt, CreatedAt

MAX_NAME = 100  # characters
MAX_TEXT = 500  # characters of a rule's own words
MAX_PATTERN = 200  # characters


class Severity(models.TextChoices):
    """The mildest first. No other order is used anywhere."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertRule(models.Model):
    """Every device or series that fits all that is named is judged by itself; new ones join.

    What is left empty fits everything: a rule with nothing but `metric` is for that metric of every
    device. In `uid_pattern` and `metric` a `*` stands for any characters.
    """

    name = Line(max_length=MAX_NAME, unique=True)
    enabled = models.BooleanField(default=False)
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.WARNING)
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.CASCADE, related_name="alert_rules"
    )
    device = models.ForeignKey(
        Device, null=True, blank=True, on_delete=models.CASCADE, related_name="alert_rules"
    )
    uid_pattern = models.CharField(max_length=MAX_PATTERN, blank=True)
    kind = models.CharField(max_length=64, blank=True)
    tag = models.CharField(max_length=32, blank=True)
    metric = models.CharField(max_length=MAX_PATTERN, blank=True)  # "": it is about whole devices
    condition = models.JSONField()  # alerts.conditions reads it
    schedule = models.JSONField(null=True, blank=True)  # when it is judged; NULL: always
    labels = models.JSONField(default=dict, blank=True)
    text = Line(max_length=MAX_TEXT, blank=True)  # with {value} …; "": made of the facts
    runbook = models.URLField(blank=True)
    ready_made = models.CharField(max_length=40, blank=True)  # which one of ours it was made of
    # Counts changes of what it means: what is remembered of its targets is of one revision.
    revision = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = CreatedAt()
    updated_at = ChangedAt(db_index=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        """Those for there alone; a rule for everywhere is for who sees everything."""
        return models.Q(site__in=sites) | models.Q(device__site__in=sites)
