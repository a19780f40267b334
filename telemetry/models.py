"""What was measured. Readings lie in partitioned tables without a model (migration 0002)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models

from access.scope import AtNoSite, ScopedManager
from devices.line import Line
from devices.models import Device, OfDevices
from devices.stamps import CreatedAt
from telemetry.correction import Correction  # noqa: F401 (a model of this app)
from telemetry.retention_rule import RetentionRule  # noqa: F401 (a model of this app)
from telemetry.worker_counts import (  # noqa: F401 (models of this app)
    IngestWorker,
    PipelineMinute,
)

KEPT_PAYLOAD = 256 * 1024  # bytes of a quarantined payload: whole, if it can ever be decoded
MAX_METRIC_LENGTH = 200  # characters of a dotted metric name
# Facts of a series that its device may tell, and an operator choose.
CHOOSABLE = frozenset({"unit", "kind", "label", "quantity", "precision"})


class Series(models.Model):
    """One metric of one device; its small id is what each stored reading carries."""

    class Kind(models.TextChoices):
        GAUGE = "gauge"
        COUNTER = "counter"
        BOOLEAN = "boolean"
        TEXT = "text"

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="series")
    metric = models.CharField(max_length=MAX_METRIC_LENGTH)
    unit = Line(max_length=32, blank=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.GAUGE)
    precision = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(9)],
        help_text="Decimals shown; empty shows as many as the value needs.",
    )
    label = Line(
        max_length=120, blank=True, default="", db_default="", help_text="Its name for people."
    )
    quantity = Line(
        max_length=32,
        blank=True,
        default="",
        db_default="",
        help_text="What it measures: temperature, energy …",
    )
    # What an operator chose of `CHOOSABLE`: what its device says never overwrites that.
    chosen = ArrayField(
        models.CharField(max_length=16), default=list, db_default=[], editable=False
    )
    texts_since = models.DateTimeField(null=True, editable=False)  # when its first text came
    created_at = CreatedAt()

    objects: ClassVar[ScopedManager[Self]] = OfDevices()
    with_removed: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["device_id", "id"]
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(fields=["device", "metric"], name="series_device_metric")
        ]
        indexes = [
            models.Index(
                fields=["texts_since"],
                name="series_texts_since",
                condition=models.Q(texts_since__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.metric}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(device__site__in=sites)

    def chosen_with(self, given: Mapping[str, object]) -> list[str]:
        """`chosen` after an operator gave these fields; what is left empty is no choice."""
        chosen = set(self.chosen) | (CHOOSABLE & given.keys())
        return sorted(
            name for name in chosen if given.get(name, getattr(self, name)) not in ("", None)
        )


class QuarantinedMessage(models.Model):
    """A message that could not be stored as sent, kept raw with the reason. Written by the bridge.

    `partial` marks a message whose good values were stored and whose bad values were not.
    """

    id = models.BigAutoField(primary_key=True)
    received_at = models.DateTimeField(db_index=True)
    topic = models.TextField()
    uid = models.CharField(max_length=64, blank=True, db_index=True)
    reason = models.CharField(max_length=40, db_index=True)
    detail = models.TextField(blank=True)
    payload = models.BinaryField()
    payload_size = models.PositiveIntegerField()  # bytes as sent; `payload` may be cut
    properties = models.JSONField(default=dict)
    retained = models.BooleanField(default=False)
    partial = models.BooleanField(default=False)
    worker = models.CharField(max_length=64, blank=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-received_at", "-id"]

    def __str__(self) -> str:
        return f"{self.received_at:%Y-%m-%d %H:%M:%S} {self.reason} {self.topic}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        """Those of devices there. Who sent the others, nobody can place."""
        there = Device.with_removed.filter(Device.standing_at(sites))
        return models.Q(uid__in=there.values("uid"))


class JobRun(models.Model):
    """How a job of `manage.py maintain` went: its lease and its last runs."""

    name = models.CharField(primary_key=True, max_length=64)
    holder = models.CharField(max_length=64, default="", db_default="")  # process, while it runs
    held_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(default="", db_default="")  # of the last failure
    runs = models.BigIntegerField(default=0, db_default=0)  # that ended well
    failures = models.BigIntegerField(default=0, db_default=0)
    failures_in_row = models.IntegerField(default=0, db_default=0)
    seconds = models.FloatField(default=0, db_default=0)  # of the last run
    did = models.TextField(default="", db_default="")  # the last that had something to do
    did_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class ReadingImport(AtNoSite):
    """A file of readings, by what is in it and how it is read: how far it is stored, and what came
    of it. Written in the transactions that store its readings, so none is stored twice and none is
    left out when it is continued. It may be of any devices."""

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"  # or given up; it can be continued

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=255)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    options = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RUNNING)
    rows_done = models.BigIntegerField(default=0)  # from the beginning of the file
    # Of the block behind them: where it ends, and the last day of it that is stored.
    block_end = models.BigIntegerField(default=0)
    day_done = models.DateField(null=True)
    rows_total = models.BigIntegerField(default=0)
    readings_total = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)  # of what was stored, over all its runs
    report = models.JSONField(default=dict)  # once it ended
    error = models.TextField(blank=True, default="")
    started_at = CreatedAt()
    updated_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class FollowerRun(models.Model):
    """How a follower of `manage.py runengine` goes, whichever process it runs in."""

    name = models.CharField(primary_key=True, max_length=64)
    worked_at = models.DateTimeField(null=True)  # a step ended well, within some seconds
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(default="", db_default="")  # of the last failure

    def __str__(self) -> str:
        return self.name
