"""The key with which devices register themselves at a site. Nobody has one until an administrator
makes it; whoever has it makes devices there and nothing else."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models

from access.scope import ScopedManager
from devices import clock
from devices.stamps import CreatedAt

if TYPE_CHECKING:
    from devices.models import Site

BYTES = 24  # of randomness, of the secret


class ProvisioningKey(models.Model):
    """What a device proves with that it belongs to the site."""

    site = models.OneToOneField(
        "devices.Site", primary_key=True, on_delete=models.CASCADE, related_name="provisioning_key"
    )
    key = models.CharField(max_length=40, unique=True)  # names it; no secret
    digest = models.CharField(max_length=64)  # of the secret
    created_at = CreatedAt()
    expires_at = models.DateTimeField(null=True)  # null: it holds until it is ended
    used_at = models.DateTimeField(null=True)  # when a device was registered with it last

    secret = ""  # in the clear only on the instance that was just made

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    def __str__(self) -> str:
        return self.key

    @staticmethod
    def standing_at(sites: frozenset[int]) -> models.Q:
        return models.Q(site__in=sites)


def make_key(site: Site, holds: timedelta | None = None) -> ProvisioningKey:
    """In place of the one before, which stops at once. `holds`: for how long; None: until it is
    ended."""
    secret = secrets.token_urlsafe(BYTES)
    ProvisioningKey.objects.filter(site=site).delete()
    made = ProvisioningKey(site=site, key=secrets.token_hex(8), digest=secret_digest(secret))
    made.expires_at = None if holds is None else clock.now() + holds
    made.save(force_insert=True)
    made.secret = secret
    return made


def secret_digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
