"""A correction of readings, as it is kept."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import M, ScopedManager
from devices.line import Line
from devices.models import NotRemoved


class OfSeries(NotRemoved[M]):
    """Without what belongs to a series of a removed device."""

    path = "series__device__removed_at"


class Correction(models.Model):
    """A range of a series that somebody deleted or replaced. Until it is undone the range is
    closed: no reading comes into it (`telemetry.storage.closed`)."""

    class Action(models.TextChoices):
        DELETE = "delete"
        REPLACE = "replace"

    class State(models.TextChoices):
        RUNNING = "running"
        UNDOING = "undoing"
        DONE = "done"

    id = models.BigAutoField(primary_key=True)
    series = models.ForeignKey(
        "telemetry.Series", on_delete=models.CASCADE, related_name="corrections"
    )
    action = models.CharField(max_length=8, choices=Action.choices)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # not included
    reason = Line(max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    by_name = models.CharField(max_length=150, blank=True)  # readable when they are gone
    made_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.CharField(max_length=150, blank=True)
    removed = models.IntegerField()  # readings
    written = models.IntegerField()
    # What was changed, as JSON, which keeps every number to the bit: [[Unix us, value], …]. Empty
    # when it cannot be undone any more.
    removed_readings = models.TextField(blank=True)
    written_readings = models.TextField(blank=True)
    # Of more readings than go at once: made part by part, each a row with what was there. They go
    # with their series in one statement, with nothing to look for first.
    whole = models.ForeignKey("self", null=True, on_delete=models.DO_NOTHING, related_name="parts")
    state = models.CharField(max_length=8, choices=State, default=State.DONE, db_default=State.DONE)
    done_until = models.DateTimeField(null=True)  # of one that is being made
    error = models.CharField(max_length=500, blank=True, default="", db_default="")  # why it ended

    objects: ClassVar[ScopedManager[Self]] = OfSeries()
    with_removed: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["made_at"],
                name="correction_undoable",
                condition=~models.Q(removed_readings="", written_readings=""),
            ),
            models.Index(
                fields=["id"], name="correction_under_way", condition=~models.Q(state="done")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} {self.action} {self.starts_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(series__device__site__in=sites)
