"""Who is told: a person on their own channels, or a shared channel; and what they want."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from devices.stamps import ChangedAt
from notifications.models.channel import Channel

DEFAULT_HOURLY = 30  # messages an hour, when nobody has said otherwise
MAX_ZONE = 64  # characters
MAX_LANGUAGE = 16  # characters of its code


class Recipient(models.Model):
    """Of a user, or of a shared channel. Made when it is first told or looked at."""

    id = models.BigAutoField(primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="recipient"
    )
    channel = models.OneToOneField(
        Channel, null=True, on_delete=models.CASCADE, related_name="recipient"
    )
    # Of what is sent; "": nobody has said, so English. The pages write what their viewer chose.
    language = models.CharField(max_length=MAX_LANGUAGE, blank=True, default="")
    zone = models.CharField(max_length=MAX_ZONE, default="UTC")  # of the hours below
    minimum = models.CharField(max_length=8, default="info")  # severity; what is milder is not told
    paused_until = models.DateTimeField(null=True)
    # [{"days": [1 … 7], "from": "22:00", "to": "07:00"}], as `notifications.people.hours` reads it
    quiet = models.JSONField(default=list)
    through = models.CharField(max_length=8, blank=True, default="critical")  # "": nothing
    digest_below = models.CharField(max_length=8, blank=True, default="")  # "": no digest
    digest_at = models.JSONField(default=list)  # ["08:00"]
    ends = models.BooleanField(default=True)  # is told when an alert is over
    hourly = models.PositiveIntegerField(default=DEFAULT_HOURLY)  # messages; more come together
    # The bucket of that limit: what it held, and when. Written by who decides.
    tokens = models.FloatField(default=0, editable=False)
    tokens_at = models.DateTimeField(null=True, editable=False)
    updated_at = ChangedAt()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=True) ^ models.Q(channel__isnull=True),
                name="recipient_is_one",
            )
        ]

    def __str__(self) -> str:
        return str(self.user or self.channel)

    @staticmethod
    def standing_at(_sites: frozenset[int]) -> models.Q:
        """None: everybody has their own by `user`."""
        return models.Q(pk__in=())
