"""What the engine keeps: what is remembered of each target, and which process does which share."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from access.scope import ScopedManager
from alerts.models.alert import Alert
from alerts.models.rule import AlertRule
from devices.models import Device
from telemetry.models import Series


class TargetState(models.Model):
    """A target of a rule that holds, or held; written only when that changes. Of all others there
    is nothing to remember."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(AlertRule, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    series = models.ForeignKey(Series, null=True, on_delete=models.CASCADE, related_name="+")
    revision = models.PositiveIntegerField()  # of the rule, by which it was judged
    memory = models.JSONField()  # of alerts.conditions
    alert = models.ForeignKey(Alert, null=True, on_delete=models.SET_NULL, related_name="+")

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "device", "series"], name="alert_target", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.device_id} {self.series_id}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(device__site__in=sites)


class EngineShare(models.Model):
    """A share of all devices. Who judges it locks this row."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    version = models.BigIntegerField(default=0)  # counts what was written of its targets
    holder = models.CharField(max_length=64, default="")  # the process that judged it last
    judged_at = models.DateTimeField(null=True)  # up to when, by the database's clock

    def __str__(self) -> str:
        return f"{self.number} {self.holder}"


class EngineProcess(models.Model):
    """A process that judges: it says so each second, and shares with the others that do."""

    name = models.CharField(primary_key=True, max_length=64)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
