"""What happened that people may be told of, what was decided about it, and what comes next."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from devices.models import Site
from devices.stamps import CreatedAt
from notifications.models.channel import MAX_NAME, Channel
from notifications.models.notification import MAX_KEY
from notifications.models.policy import Policy

MAX_WHY = 20  # characters of a reason's name
MAX_WHO = 150  # characters


class Occasion(models.Model):
    """Written by who found out, in the same transaction; the follower `deciding` does the rest."""

    class What(models.TextChoices):
        FIRED = "fired"
        WORSENED = "worsened"
        CLEARED = "cleared"

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=MAX_KEY, unique=True)
    what = models.CharField(max_length=10, choices=What.choices)
    alert_id = models.BigIntegerField(db_index=True)  # alerts stand above this app
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL, related_name="+")
    content = models.JSONField()  # `notifications.content.Content`
    created_at = CreatedAt(db_index=True)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)  # that failed
    decided_at = models.DateTimeField(null=True)
    policies = models.PositiveIntegerField(null=True)  # that fit it

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="occasion_undecided",
                condition=models.Q(decided_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return self.key

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites)


class Escalation(models.Model):
    """Where one policy is with one alert: the step that is due next."""

    class Ended(models.TextChoices):
        ACKNOWLEDGED = "acknowledged"
        OVER = "over"  # the alert has cleared
        GONE = "gone"  # the alert was deleted
        ALL_TOLD = "all_told"  # after the last step
        REPLACED = "replaced"  # it fired anew, or became worse
        SWITCHED_OFF = "switched_off"  # the policy

    id = models.BigAutoField(primary_key=True)
    occasion = models.ForeignKey(Occasion, on_delete=models.CASCADE, related_name="escalations")
    alert_id = models.BigIntegerField()
    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="escalations")
    number = models.PositiveIntegerField(default=0)  # steps done, those of earlier rounds included
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)  # that failed
    ended_at = models.DateTimeField(null=True)
    ended = models.CharField(max_length=12, choices=Ended.choices, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["occasion", "policy"], name="one_escalation_a_policy")
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="escalation_due",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.Index(fields=["alert_id"], name="escalation_of_alert"),
        ]

    def __str__(self) -> str:
        return f"{self.alert_id} {self.policy_id}"


class Decision(models.Model):
    """Whether one recipient is told of an occasion, when, and why so. Nothing is overwritten but
    when it was sent, and when its link was used."""

    id = models.BigAutoField(primary_key=True)
    occasion = models.ForeignKey(Occasion, on_delete=models.CASCADE, related_name="decisions")
    alert_id = models.BigIntegerField(db_index=True)
    site = models.ForeignKey(Site, null=True, on_delete=models.SET_NULL, related_name="+")
    policy_name = models.CharField(max_length=MAX_NAME, blank=True)  # "": the alert's end
    step = models.PositiveIntegerField(default=0)
    # One of them, or neither: nobody was found, or they are gone since.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    channel = models.ForeignKey(Channel, null=True, on_delete=models.SET_NULL, related_name="+")
    who = models.CharField(max_length=MAX_WHO)
    why = models.CharField(max_length=MAX_WHY)  # `notifications.people.decision.Why`
    due_at = models.DateTimeField(null=True)  # NULL: never
    sent_at = models.DateTimeField(null=True)  # given to the outbox
    key = models.CharField(max_length=MAX_KEY, blank=True)  # of the notification it went into
    link_used_at = models.DateTimeField(null=True)
    created_at = CreatedAt(db_index=True)

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="decision_held",
                condition=models.Q(sent_at__isnull=True, due_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.who}: {self.why}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites)
