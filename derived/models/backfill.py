"""Results of a time before the series was derived, computed when somebody asks for it."""

from __future__ import annotations

from django.db import models

from derived.models.derived_series import MAX_PROBLEM, DerivedSeries


class Backfill(models.Model):
    """The last one of a series. It goes from the newest to the oldest, in bounded steps."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        CANCELLED = "cancelled"
        FAILED = "failed"

    derived = models.OneToOneField(DerivedSeries, on_delete=models.CASCADE, related_name="backfill")
    state = models.CharField(max_length=9, choices=State.choices, default=State.RUNNING)
    start_us = models.BigIntegerField()
    stop_us = models.BigIntegerField()
    left_us = models.BigIntegerField()  # from `start_us` to this, included, is still to be done
    rows = models.BigIntegerField(default=0)  # results computed
    estimate = models.BigIntegerField(default=0)  # of how many
    error = models.CharField(max_length=MAX_PROBLEM, blank=True, default="")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.derived_id} {self.state}"
