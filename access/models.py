"""Who is signed in where."""

from __future__ import annotations

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models.functions import Now

from access.audit_entry import AuditEntry
from access.factor import CodeApp, Passkey, RecoveryCode
from access.grant import Grant
from access.invitation import Invitation
from access.openid_account import OpenIdAccount
from access.printed import PrintedPassword
from access.tries import Tries

__all__ = [
    "AuditEntry",
    "CodeApp",
    "Grant",
    "Invitation",
    "OpenIdAccount",
    "Passkey",
    "PrintedPassword",
    "RecoveryCode",
    "SignIn",
    "Tries",
    "end",
    "forget_ended",
]


class SignIn(models.Model):
    """One session of somebody, as its requests show it; Django's own table says neither whose it
    is nor when it was used. Its key opens the session, so nobody is ever shown it."""

    session_key = models.CharField(max_length=40, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    began_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)  # of its last request
    browser = models.CharField(max_length=300, blank=True)  # as it names itself

    def __str__(self) -> str:
        return f"{self.user_id} {self.began_at:%Y-%m-%d %H:%M}"

    @staticmethod
    def standing() -> models.QuerySet[SignIn]:
        """Those whose session has not ended."""
        open_ones = Session.objects.filter(expire_date__gt=Now()).values("session_key")
        return SignIn.objects.filter(session_key__in=open_ones)


def end(signed_in: models.QuerySet[SignIn]) -> int:
    """End these sessions; how many. A request of one that is under way is the last it has."""
    keys = list(signed_in.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    return SignIn.objects.filter(session_key__in=keys).delete()[0]


def forget_ended() -> int:
    """Delete sessions that have expired, and what is kept of ended ones; how many."""
    expired, _ = Session.objects.filter(expire_date__lte=Now()).delete()
    kept = Session.objects.values("session_key")
    gone, _ = SignIn.objects.exclude(session_key__in=kept).delete()
    return max(expired, gone)
