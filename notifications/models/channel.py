"""A channel: one place where people are told, and how to reach it."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from devices.line import Line
from devices.stamps import ChangedAt, CreatedAt
from notifications import sealed

MAX_NAME = 100  # characters
MAX_LANE = 260  # characters: a host name and a little more


class Kind(models.TextChoices):
    """Ways to tell; `notifications.channels` has a sender for each."""

    WEBHOOK = "webhook"
    EMAIL = "email", "E-mail"
    NTFY = "ntfy", "ntfy"
    TELEGRAM = "telegram"
    SLACK = "slack"
    TEAMS = "teams"
    MATRIX = "matrix"
    SMS = "sms", "SMS"
    WEB_PUSH = "web_push", "Web Push"


class Channel(models.Model):
    """It stands at no site. One with an owner is that person's own: a phone, a browser."""

    id = models.BigAutoField(primary_key=True)
    name = Line(max_length=MAX_NAME)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(  # NULL: shared, as a team's room
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE,
        related_name="channels",
    )  # fmt: skip
    enabled = models.BooleanField(default=True)
    minimum = models.CharField(max_length=8, default="info")  # severity; what is milder goes by
    settings = models.JSONField(default=dict, blank=True)  # what anybody who sees it may read
    sealed = models.TextField(blank=True, default="", editable=False)  # secrets, see `sealed.py`
    # Whose server answers: at most some are sent to one at the same time (`notifications.sender`).
    lane = models.CharField(max_length=MAX_LANE, blank=True, default="", editable=False)
    # Of the sender. The times are of the database's clock.
    leased_until = models.DateTimeField(null=True, editable=False)
    leased_by = models.CharField(max_length=64, blank=True, default="", editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)  # in a row
    resting_until = models.DateTimeField(null=True, editable=False)  # it did not answer
    reached_at = models.DateTimeField(null=True, editable=False)  # when it last took something
    trouble = models.CharField(max_length=300, blank=True, default="", editable=False)
    created_at = CreatedAt()
    updated_at = ChangedAt()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["name", "owner"], name="own_channel_name"),
            models.UniqueConstraint(
                fields=["name"],
                name="shared_channel_name",
                condition=models.Q(owner__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def standing_at(_sites: frozenset[int]) -> models.Q:
        """None: whoever sees some sites only finds their own channels by `owner`."""
        return models.Q(pk__in=())

    def seal(self, secrets: dict[str, str]) -> None:
        """Take these secrets in; the caller saves."""
        self.sealed = sealed.seal(secrets) if secrets else ""

    def secrets(self) -> dict[str, str]:
        """In the clear, for the sender alone. Raises `sealed.Unreadable`."""
        return sealed.unseal(self.sealed)
