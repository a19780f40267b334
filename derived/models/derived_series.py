"""A series that is computed by a formula, what it is computed from, and what is to be done."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from access.scope import ScopedManager
from devices.models import MAX_EXPECTED_INTERVAL, Device
from devices.stamps import ChangedAt, CreatedAt
from telemetry.formula_bounds import MAX_LENGTH, MAX_NAME
from telemetry.models import Series

MAX_PROBLEM = 300  # characters
# A value holds for so many of its device's expected intervals, and not for less than this, unless
# another time is given.
HELD_INTERVALS = 3
LEAST_HOLD = 180.0  # seconds
MAX_HOLD = HELD_INTERVALS * MAX_EXPECTED_INTERVAL  # seconds


def default_hold(device: Device) -> float:
    """Seconds that a value of this device holds when none comes after it."""
    return max(LEAST_HOLD, HELD_INTERVALS * device.expected_interval)


class DerivedSeries(models.Model):
    """Its results are the readings of a series like any other, which goes when this goes."""

    series = models.OneToOneField(Series, on_delete=models.CASCADE, related_name="derived")
    formula = models.CharField(max_length=MAX_LENGTH)
    at = models.CharField(
        max_length=MAX_NAME, help_text="The name at whose readings there is a result."
    )
    enabled = models.BooleanField(default=True)
    # Counts changes of what it means: what was computed by another revision is not written.
    revision = models.PositiveIntegerField(default=1)
    problem = models.CharField(max_length=MAX_PROBLEM, blank=True, default="")
    # Who computes it, until when; not before when it is computed again, so that one that is dear
    # leaves time to others.
    holder = models.CharField(max_length=64, blank=True, default="", editable=False)
    held_until = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    computed_at = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = CreatedAt()
    updated_at = ChangedAt()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "derived series"

    def __str__(self) -> str:
        return f"{self.series_id} = {self.formula}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        """Those whose results stand there; whose inputs may stand elsewhere."""
        return models.Q(series__device__site__in=sites)


class DerivedInput(models.Model):
    """What a name of the formula stands for."""

    derived = models.ForeignKey(DerivedSeries, on_delete=models.CASCADE, related_name="inputs")
    name = models.CharField(max_length=MAX_NAME)
    series = models.ForeignKey(
        Series, null=True, on_delete=models.SET_NULL, related_name="derived_inputs"
    )
    was = models.CharField(max_length=300)  # uid and metric, to be said when the series is gone
    hold = models.FloatField(
        validators=[MinValueValidator(0.001), MaxValueValidator(MAX_HOLD)],
        help_text="Seconds that a value holds when none comes after it.",
    )

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["derived", "name"], name="derived_input_name")
        ]

    def __str__(self) -> str:
        return f"{self.name} = {self.was}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(derived__series__device__site__in=sites)


class Due(models.Model):
    """Instants, both ends included, whose results are to be computed again."""

    id = models.BigAutoField(primary_key=True)
    derived = models.ForeignKey(DerivedSeries, on_delete=models.CASCADE, related_name="dues")
    start_us = models.BigIntegerField()
    stop_us = models.BigIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.derived_id} {self.start_us} to {self.stop_us}"
