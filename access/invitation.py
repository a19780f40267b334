"""An invitation: a link with which somebody makes an account that has a role already."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models.functions import Now

from access.grant import Grant
from access.roles import Role
from access.scope import Scope

LASTS = timedelta(days=7)
MAX_STANDING = 100  # invitations of one person that wait
TOKEN_BYTES = 32  # of randomness


class Invitation(models.Model):
    """Used once, for then it is deleted. Who has the database alone has no link."""

    digest = models.CharField(max_length=64, unique=True)
    role = models.PositiveSmallIntegerField(choices=Role.choices)
    site = models.ForeignKey("devices.Site", null=True, on_delete=models.CASCADE)  # NULL: every one
    email = models.EmailField(blank=True)  # it was sent to, and the account then has
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_default=Now() + LASTS)

    def __str__(self) -> str:
        where = "every site" if self.site is None else self.site.name
        return f"{self.get_role_display()} of {where}"


def make(
    by: User | None, role: Role, site_id: int | None, email: str = ""
) -> tuple[str, Invitation]:
    """Its token, known only now. `by` None: whoever has the machine."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    made = Invitation.objects.create(
        digest=_digest(token), role=role, site_id=site_id, email=email, made_by=by
    )
    return token, made


def standing() -> models.QuerySet[Invitation]:
    return Invitation.objects.filter(expires_at__gt=Now())


def find(token: str) -> Invitation | None:
    """What the link stands for; None: it was used, withdrawn, is over, or whoever made it may no
    longer give that."""
    found = standing().select_related("site", "made_by").filter(digest=_digest(token)).first()
    if found is None or found.made_by is None:
        return found
    return found if Scope.of(found.made_by).may_administer(found.site_id) else None


def accept(token: str, account: User) -> bool:
    """Save the new account with the role; False: the link is no longer good, and nothing is done.
    Two at the same instant are one after the other."""
    with transaction.atomic():
        found = find(token)
        if found is None or not Invitation.objects.filter(pk=found.pk).delete()[0]:
            return False
        account.email = found.email
        account.save()
        Grant.objects.update_or_create(user=account, site=found.site, defaults={"role": found.role})
    return True


def forget_over() -> int:
    """Delete those whose time is over; how many."""
    return Invitation.objects.filter(expires_at__lte=Now()).delete()[0]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
