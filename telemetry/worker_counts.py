"""What the workers have counted: as it is now, and minute by minute."""

from __future__ import annotations

from django.db import models


class IngestWorker(models.Model):
    """The latest counters of one bridge worker, overwritten about once a second by itself."""

    name = models.CharField(primary_key=True, max_length=64)
    started_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    counters = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class PipelineMinute(models.Model):
    """What one process of a worker had counted by the end of a minute; see
    `telemetry.workers.past`."""

    minute = models.DateTimeField()
    worker = models.CharField(max_length=64)
    process = models.CharField(max_length=16)  # a random word of each process
    up_ms = models.BigIntegerField()  # how long it had run
    finished = models.BigIntegerField()  # messages since it began, as the two below
    readings = models.BigIntegerField()
    rejected = models.BigIntegerField()
    lag_ms = models.BigIntegerField()  # the longest of the minute
    spooled = models.BigIntegerField()  # messages, the most of the minute

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "worker", "process"], name="telemetry_pipelineminute_one"
            )
        ]

    def __str__(self) -> str:
        return f"{self.worker} {self.minute:%Y-%m-%d %H:%M}"
