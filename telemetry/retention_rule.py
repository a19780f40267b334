"""How long what some series measured is kept, where that is another time than the settings say."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from access.scope import ScopedManager
from devices.models import Device, Site
from devices.stamps import ChangedAt, CreatedAt

MAX_DAYS = 36_500  # which is as good as for good
MAX_RULES = 1_000  # each is looked at for every window that is read


def _days(said: str) -> models.PositiveIntegerField[int | None, int | None]:
    bounds = [MinValueValidator(1), MaxValueValidator(MAX_DAYS)]
    return models.PositiveIntegerField(null=True, blank=True, validators=bounds, help_text=said)


def _of(model: type[models.Model] | str) -> models.OneToOneField[Any, Any]:
    return models.OneToOneField(
        model, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )


class RetentionRule(models.Model):
    """Of one site, one kind of device, one device or one series. Of several the most specific wins,
    in this order from the last; where it leaves a number of days empty, the next one says it."""

    site = _of(Site)
    kind = models.CharField(max_length=64, null=True, blank=True, unique=True)
    device = _of(Device)
    series = _of("telemetry.Series")
    raw_days = _days("Readings.")
    minute_days = _days("Summaries of minutes.")
    hour_days = _days("Summaries of hours.")
    day_days = _days("Summaries of days.")
    created_at = CreatedAt()
    updated_at = ChangedAt()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="telemetry_retentionrule_of_one",
                condition=Q(kind=None, device=None, series=None, site__isnull=False)
                | Q(site=None, device=None, series=None, kind__isnull=False)
                | Q(site=None, kind=None, series=None, device__isnull=False)
                | Q(site=None, kind=None, device=None, series__isnull=False),
            )
        ]

    def __str__(self) -> str:
        if self.series is not None:
            return f"{self.series.device.uid} {self.series.metric}"
        return str(self.device or self.kind or self.site)

    @staticmethod
    def standing_at(sites: frozenset[int]) -> Q:
        return Q(site__in=sites) | Q(device__site__in=sites) | Q(series__device__site__in=sites)

    def refused(self) -> str:
        """Why there cannot be another rule as this one, or ""."""
        of = {
            "site": self.site_id,
            "kind": self.kind,
            "device": self.device_id,
            "series": self.series_id,
        }
        there = type(self).objects.all()
        if there.filter(**of).exists():
            return "There is a rule of it: change that one."
        return f"There are {MAX_RULES} rules already." if there.count() >= MAX_RULES else ""

    @property
    def site_id_of(self) -> int | None:
        """The site that what it is of stands at; None for a kind, which stands at any."""
        if self.series is not None:
            return self.series.device.site_id
        return self.site_id if self.device is None else self.device.site_id
