"""What is kept of the past of presence: facts, each with the instant at which it held.

States are not stored. They follow from the facts (`devices.presence_past`), so that a message that
comes late, an engine that was away or two of them change nothing but what is known.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now

from access.scope import AtNoSite, ScopedManager


class PresenceFact(models.Model):
    """Something that was learned of a device. Written in the transaction that learns it.

    That a device goes on speaking is no fact. One says when it was heard again after it had been
    away for longer than it may, or had said that it goes offline. `after` is when its telemetry was
    heard last, as far as was known then.
    """

    class What(models.TextChoices):
        ONLINE = "online"  # its status topic said so
        OFFLINE = "offline"  # so did its status topic, or its last will
        HEARD = "heard"  # telemetry came; none had since `after`
        EXPECTED = "expected"  # from here on it was judged by `interval`
        DISABLED = "disabled"  # from here on it was not judged
        FORGOTTEN = "forgotten"  # facts before this are not kept any more

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(
        "devices.Device", on_delete=models.CASCADE, related_name="presence_facts", db_index=False
    )
    at = models.DateTimeField()
    what = models.CharField(max_length=9, choices=What.choices)
    after = models.DateTimeField(null=True)
    interval = models.FloatField(null=True)  # seconds
    noted_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["device_id", "at", "id"]
        indexes = [
            models.Index(fields=["device", "at"], name="presence_fact_at"),
            # Of a device that comes and goes all day, the few that are not of that.
            models.Index(
                fields=["device", "at"],
                name="presence_fact_base",
                condition=~models.Q(what="heard"),
            ),
            models.Index(fields=["at"], name="presence_fact_age"),
        ]
        constraints = [
            # Two bridges that hear a device again at the same time say it once.
            models.UniqueConstraint(
                fields=["device", "after"],
                name="presence_fact_once",
                condition=models.Q(what="heard"),
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.device_id} {self.what} {self.at}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(device__site__in=sites)


class PresenceUnknown(AtNoSite):
    """A span in which nobody listened to devices: whoever was not heard in it was not silent."""

    start = models.DateTimeField()
    stop = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["start"]

    def __str__(self) -> str:
        return f"{self.start} {self.stop}"


class PresenceKnown(AtNoSite):
    """One row: until when it is known whether somebody listened."""

    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.until}"


class PresenceAway(models.Model):
    """A device that is silent or offline, as was said of it last."""

    device = models.OneToOneField(
        "devices.Device", primary_key=True, on_delete=models.CASCADE, related_name="away"
    )
    state = models.CharField(max_length=7)
    since = models.DateTimeField()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    def __str__(self) -> str:
        return f"{self.device_id} {self.state}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(device__site__in=sites)
