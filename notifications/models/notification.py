"""The outbox: what is to be told on which channel."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from devices.models import Site
from devices.stamps import CreatedAt
from notifications.models.channel import MAX_NAME, Channel, Kind

MAX_KEY = 200  # characters


class Notification(models.Model):
    """One thing told on one channel. It is decided once: (key, channel) is unique.

    Written by `notifications.outbox`, and from then on by `notifications.sender` alone.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        SENT = "sent"  # the other side took it
        FAILED = "failed"  # given up
        WITHDRAWN = "withdrawn"  # not wanted any more before it was sent

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=MAX_KEY)
    # The other side is told it with each attempt, and can so recognise one that comes twice.
    token = models.UUIDField(default=uuid.uuid4, editable=False)
    channel = models.ForeignKey(
        Channel, null=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    channel_name = models.CharField(max_length=MAX_NAME)  # readable when the channel is gone
    kind = models.CharField(max_length=10, choices=Kind.choices)
    user = models.ForeignKey(  # whom it is for; NULL: a shared channel
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL, related_name="+")
    alert_id = models.BigIntegerField(null=True, db_index=True)  # alerts stand above this app
    severity = models.CharField(max_length=8)
    content = models.JSONField()  # `notifications.content.Content`
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField()  # when it is wanted
    try_at = models.DateTimeField()  # when it is tried next
    attempts = models.PositiveIntegerField(default=0)
    created_at = CreatedAt()
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["key", "channel"], name="decided_once")]
        indexes = [
            models.Index(
                fields=["channel", "due_at", "id"],
                name="notification_waiting",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["ended_at"], name="notification_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.channel_name}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites)
