"""The delivery log: each attempt, with what the other side answered."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from access.scope import ScopedManager
from notifications.models.notification import Notification

MAX_ANSWER = 2_000  # characters kept of what the other side said


class Delivery(models.Model):
    """One attempt. Nothing is overwritten."""

    class Outcome(models.TextChoices):
        TAKEN = "taken"  # the other side took it
        REFUSED = "refused"  # it will not take this one, ever
        FAILED = "failed"  # it answered that it cannot now
        UNANSWERED = "unanswered"  # it was not reached, or said nothing in time

    id = models.BigAutoField(primary_key=True)
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="deliveries"
    )
    at = models.DateTimeField(db_index=True)  # when the attempt began
    took_ms = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    status = models.PositiveIntegerField(null=True)  # of HTTP or SMTP
    answer = models.CharField(max_length=MAX_ANSWER, blank=True)
    retry_at = models.DateTimeField(null=True)  # NULL: there is no other try

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.notification_id} {self.outcome}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(notification__site__in=sites)
