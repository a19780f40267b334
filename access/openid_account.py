"""Which account somebody of another server has here."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class OpenIdAccount(models.Model):
    """Found by what its server gives to nobody else: a name or an e-mail may change hands."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE
    )
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_openid_account")
        ]

    def __str__(self) -> str:
        return self.subject
