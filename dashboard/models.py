"""What people arrange for themselves and each other: saved views, and what a card shows."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from access.scope import AtNoSite, Scope
from devices.line import Line
from devices.models import Device
from devices.stamps import ChangedAt, CreatedAt
from telemetry.models import MAX_METRIC_LENGTH

MAX_VIEW_NAME = 80  # characters
MAX_VIEW_PATH = 4_000  # characters; a server takes an address of 8 KiB
MAX_LAYOUT = 8_000  # characters, as a page reads of an address
MAX_OTHERS = 3  # values of a card beside its main one


class SavedView(models.Model):
    """An address under a name: a page as it was filtered, ordered and zoomed."""

    name = Line(max_length=MAX_VIEW_NAME)
    # NULL: shared by all.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    path = models.CharField(max_length=MAX_VIEW_PATH)  # with its query
    created_at = CreatedAt()
    updated_at = ChangedAt()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_view_of_a_name"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(owner=None), name="one_shared_view_of_a_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def seen_by(cls, owner_id: int, scope: Scope) -> models.QuerySet[SavedView]:
        """One's own; and the shared ones for who sees every site, for names and addresses may speak
        of any."""
        seen = models.Q(owner=owner_id)
        return cls.objects.filter(seen | models.Q(owner=None) if scope.sees_everything else seen)


class CardTemplate(AtNoSite):
    """Which values the card of a device shows, for all of a kind; by metric, where it has it."""

    kind = models.CharField(
        max_length=Device._meta.get_field("kind").max_length, unique=True, blank=True
    )
    main = models.CharField(max_length=MAX_METRIC_LENGTH, blank=True)  # empty: the first it sent
    others = ArrayField(
        models.CharField(max_length=MAX_METRIC_LENGTH), size=MAX_OTHERS, default=list, blank=True
    )
    word = models.CharField(max_length=MAX_METRIC_LENGTH, blank=True)  # whose value is its state
    bar = models.CharField(max_length=MAX_METRIC_LENGTH, blank=True)  # shown against its limits
    updated_at = ChangedAt()

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind


class ChartLayout(models.Model):
    """What a person chose of the charts of a device: pinned, hidden, order, overlays, axes."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    layout = models.CharField(max_length=MAX_LAYOUT, blank=True)  # empty: the usual one
    updated_at = ChangedAt()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "device"], name="one_layout_of_a_device")
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} {self.device_id}"

    @classmethod
    def of(cls, owner: Any, device: Device) -> str | None:
        """None: they chose nothing yet."""
        found = cls.objects.filter(owner=owner, device=device)
        return found.values_list("layout", flat=True).first()
