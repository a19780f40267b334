"""Teams, and rotas of who is on call."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from access.scope import AtNoSite
from devices.line import Line
from devices.stamps import ChangedAt, CreatedAt
from notifications.models.channel import MAX_NAME
from notifications.models.recipient import MAX_ZONE


class Team(AtNoSite):
    """People who are told together."""

    name = Line(max_length=MAX_NAME, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="teams", blank=True)
    created_at = CreatedAt()
    updated_at = ChangedAt()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Rota(AtNoSite):
    """People who take turns; `notifications.people.duty` says whose turn it is."""

    name = Line(max_length=MAX_NAME, unique=True)
    zone = models.CharField(max_length=MAX_ZONE)
    starts_on = models.DateField()  # what calendar and clock on the wall show …
    starts_at = models.TimeField()  # … when the first shift begins
    shift_hours = models.PositiveIntegerField()  # by the clock on the wall
    created_at = CreatedAt()
    updated_at = ChangedAt()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RotaMember(models.Model):
    """A place in the order. Somebody may have several."""

    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="places")
    position = models.PositiveIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["rota", "position"], name="one_at_a_position")
        ]

    def __str__(self) -> str:
        return f"{self.rota_id} {self.position}"


class Substitution(models.Model):
    """Somebody is on call instead; of two at one time the one that was made later counts."""

    id = models.BigAutoField(primary_key=True)
    rota = models.ForeignKey(Rota, on_delete=models.CASCADE, related_name="substitutions")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    user = models.ForeignKey(  # NULL: nobody is on call
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = CreatedAt()

    class Meta:
        ordering = ["starts_at", "id"]

    def __str__(self) -> str:
        return f"{self.rota_id} {self.starts_at}"
