"""What somebody shows beside a password: codes of an app, passkeys, recovery codes."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models
from django.db.models.functions import Now

from access.scope import Scope

MAX_PASSKEY_NAME = 80  # characters
MAX_PASSKEYS = 20  # of one account


class CodeApp(models.Model):
    """An app that shows another code every 30 seconds (RFC 6238)."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE
    )
    sealed = models.TextField()
    last_step = models.BigIntegerField()  # of the code that was taken last: none is taken twice
    made_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return str(self.user_id)


class Passkey(models.Model):
    """A key pair that a device or a browser keeps; this is its public half."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys"
    )
    name = models.CharField(max_length=MAX_PASSKEY_NAME)
    credential_id = models.BinaryField(unique=True)
    public = models.BinaryField()  # AttestedCredentialData, as WebAuthn writes it
    uses = models.BigIntegerField()  # as the device counts them; many always say 0
    made_at = models.DateTimeField(db_default=Now())
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """Used once, for then it is deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="one_recovery_code")]

    def __str__(self) -> str:
        return str(self.user_id)


def has_any(user: User) -> bool:
    """Whether the password alone does not let it in."""
    return CodeApp.objects.filter(user=user).exists() or Passkey.objects.filter(user=user).exists()


def is_required(user: User) -> bool:
    """Whether it may not be without one."""
    if settings.SECOND_FACTOR == "ADMINISTRATORS":
        return user.is_staff or Scope.of(user).administers != frozenset()
    return bool(settings.SECOND_FACTOR == "EVERYBODY")


def remove_all(user: User) -> int:
    """All that it has beside its password; how many."""
    return sum(
        kind.objects.filter(user=user).delete()[0] for kind in (CodeApp, Passkey, RecoveryCode)
    )
