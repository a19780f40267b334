"""A password that was printed, and so was seen by a screen and perhaps a log, and still stands."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models


class PrintedPassword(models.Model):
    """Kept as a digest of how the account keeps it: whatever changes the password, it stands no
    more, without anybody having to say so."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE
    )
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return str(self.user_id)


def note(user: User) -> None:
    """Its password has been printed."""
    PrintedPassword.objects.update_or_create(user=user, defaults={"digest": _digest(user)})


def stands(user: User) -> bool:
    return PrintedPassword.objects.filter(user_id=user.pk, digest=_digest(user)).exists()


def _digest(user: User) -> str:
    return hashlib.sha256(user.password.encode()).hexdigest()
