"""Policies: which alerts are told to whom, and to whom next when nobody acknowledges."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from devices.line import Line
from devices.models import Site
from devices.stamps import ChangedAt, CreatedAt
from notifications.models.channel import MAX_NAME, Channel
from notifications.models.team import Rota, Team


class Policy(models.Model):
    """For each alert that fits all that it names. Of several that fit, each is carried out."""

    name = Line(max_length=MAX_NAME, unique=True)
    enabled = models.BooleanField(default=True)
    minimum = models.CharField(max_length=8, default="warning")  # severity
    site = models.ForeignKey(  # NULL: every site
        Site, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    labels = models.JSONField(default=dict)  # each must be a label of the alert
    repeat = models.PositiveIntegerField(default=0)  # times that the steps begin anew
    created_at = CreatedAt()
    updated_at = ChangedAt()

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites)


class PolicyStep(models.Model):
    """Whom it is told, and how long is waited for an acknowledgement before the next."""

    policy = models.ForeignKey(Policy, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()  # from 0
    minutes = models.PositiveIntegerField()
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True)
    teams = models.ManyToManyField(Team, related_name="+", blank=True)
    rotas = models.ManyToManyField(Rota, related_name="+", blank=True)
    channels = models.ManyToManyField(Channel, related_name="+", blank=True)  # shared ones

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["policy", "number"], name="step_number")]

    def __str__(self) -> str:
        return f"{self.policy_id} {self.number}"
