"""Who changed a rule, when, and how it stood before and after."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models

from access.scope import ScopedManager
from alerts.models.rule import MAX_NAME, AlertRule
from devices.stamps import CreatedAt

KEPT_CHANGES = 100  # of one rule; the oldest go first
KEPT_DELETED = 500  # of all rules that are gone


class RuleChange(models.Model):
    """One change. Both forms are those of a file of rules, so either can be taken in again."""

    id = models.BigAutoField(primary_key=True)
    rule = models.ForeignKey(
        AlertRule, null=True, on_delete=models.SET_NULL, related_name="changes"
    )
    name = models.CharField(max_length=MAX_NAME)  # stays when the rule is gone
    at = CreatedAt()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    before = models.JSONField(null=True)  # NULL: it was made
    after = models.JSONField(null=True)  # NULL: it was deleted

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        """Of a rule that is gone nobody can say where it stood."""
        return models.Q(rule__site__in=sites) | models.Q(rule__device__site__in=sites)
