"""How far somebody has read."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from devices.stamps import ChangedAt

MAX_STREAM = 32  # characters


class ReadMark(models.Model):
    """Of one person in one stream: what has this place or a lower one is read."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    stream = models.CharField(max_length=MAX_STREAM)  # `shiftlog.unread.Stream`
    place = models.BigIntegerField()
    updated_at = ChangedAt(db_index=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["user", "stream"], name="one_read_mark")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.stream} {self.place}"
