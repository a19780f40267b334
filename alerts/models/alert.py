"""An alert: from when to when a condition held for one device or series; and its history."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from alerts.models.rule import MAX_NAME, AlertRule, Severity
from devices.models import Device, Site
from devices.stamps import ChangedAt
from telemetry.models import MAX_METRIC_LENGTH, Series

MAX_SENTENCE = 500  # characters


class Alert(models.Model):
    """It is open until its condition has cleared, whatever people did about it.

    Times are those of the readings; `fired_at` is when the engine decided. What it was about stays
    readable when the rule, the device or the series is gone.
    """

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(AlertRule, null=True, on_delete=models.SET_NULL, related_name="alerts")
    rule_name = models.CharField(max_length=MAX_NAME)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL, related_name="alerts")
    device = models.ForeignKey(Device, null=True, on_delete=models.SET_NULL, related_name="alerts")
    device_name = models.CharField(max_length=120)
    uid = models.CharField(max_length=64)
    series = models.ForeignKey(Series, null=True, on_delete=models.SET_NULL, related_name="alerts")
    metric = models.CharField(max_length=MAX_METRIC_LENGTH, blank=True)
    unit = models.CharField(max_length=32, blank=True)
    sentence = models.CharField(max_length=MAX_SENTENCE)  # what is wrong, in words with values
    said = models.JSONField(null=True)  # the same by `telemetry.series.said`; NULL: own words
    runbook = models.URLField(blank=True)
    labels = models.JSONField(default=dict)
    started_at = models.DateTimeField()  # from when on the condition held
    fired_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)  # from when on it held no more
    value = models.FloatField(null=True)  # when it fired
    worst = models.FloatField(null=True)  # the value furthest beyond the limit
    limit = models.FloatField(null=True)
    worsened_at = models.DateTimeField(null=True)  # when it became so bad that it is told again
    # It was over when we learned of it (late data): nobody was told.
    historic = models.BooleanField(default=False)
    flaps = models.PositiveIntegerField(default=0)  # times it cleared and came back as this alert
    # The one it is part of: a site that is offline makes one alert, its devices' stand below it.
    cause = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="effects")
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    snoozed_until = models.DateTimeField(null=True)
    silenced = models.BooleanField(default=False)  # a silence held when it fired
    updated_at = ChangedAt(db_index=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-fired_at", "-id"]
        indexes = [
            models.Index(
                fields=["fired_at"], name="alert_open", condition=models.Q(cleared_at__isnull=True)
            ),
            models.Index(fields=["-fired_at", "-id"], name="alert_newest"),
            models.Index(fields=["device", "-started_at"], name="alert_of_device"),
            models.Index(fields=["rule", "-fired_at"], name="alert_of_rule"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites)


class AlertEvent(models.Model):
    """Something that happened to an alert, by the engine or by somebody; nothing is overwritten."""

    class Kind(models.TextChoices):
        FIRED = "fired"
        CLEARED = "cleared"
        REOPENED = "reopened"
        WORSENED = "worsened"
        CORRECTED = "corrected"  # late data changed when it began or ended
        ACKNOWLEDGED = "acknowledged"
        UNACKNOWLEDGED = "unacknowledged"
        ASSIGNED = "assigned"
        SNOOZED = "snoozed"
        SILENCED = "silenced"
        COMMENTED = "commented"
        GROUPED = "grouped"
        ESCALATED = "escalated"
        NOTIFIED = "notified"

    id = models.BigAutoField(primary_key=True)
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    detail = models.JSONField(default=dict)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.kind}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(alert__site__in=sites)
