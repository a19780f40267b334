"""Tells dashboards that what an account may do has changed, so that its live sockets are judged
again at once. A word that is lost costs seconds: each socket also looks by itself."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from knox.models import AuthToken

from access.factor import CodeApp, Passkey
from access.models import Grant
from devices import clock
from devices.api_token_name import ApiTokenName
from devices.events import announce_account, announce_after_commit

SAYS_NOTHING = {"last_login"}  # fields of an account that give it no right


def announce_rights(user_id: int) -> None:
    """After commit: its grants, its activity, a session or a token of it is other than before."""
    message = {"type": "live.rights", "user": user_id}
    announce_after_commit(lambda: [message])


def announce_people(site_id: int | None) -> None:
    """After commit, have pages of who may what at this site read themselves again; None: of all."""
    message = {"type": "live.event", "event": "people", "site": site_id}
    announce_after_commit(lambda: [message])


@receiver([post_save, post_delete], sender=Grant)
def _granted(instance: Grant, **_: Any) -> None:
    announce_rights(instance.user_id)
    announce_people(instance.site_id)


@receiver(post_save, sender=User)
def _changed(instance: User, created: bool, update_fields: Any = None, **_: Any) -> None:
    if not created and not SAYS_NOTHING.issuperset(update_fields or {"any"}):
        announce_rights(instance.pk)
        announce_people(None)


@receiver(post_delete, sender=User)
def _deleted(instance: User, **_: Any) -> None:
    if instance.pk:
        announce_rights(instance.pk)
        announce_people(None)


@receiver(post_save, sender=AuthToken)
def _given(instance: AuthToken, created: bool, **_: Any) -> None:
    """By whoever, as those below."""
    if not created:  # it may end sooner
        announce_rights(instance.user_id)
    announce_account(instance.user.get_username())


@receiver(post_delete, sender=AuthToken)
def _revoked(instance: AuthToken, **_: Any) -> None:
    """By whoever: REST, the admin, a command."""
    announce_rights(instance.user_id)
    announce_account(instance.user.get_username())


@receiver(post_delete, sender=CodeApp)
@receiver(post_delete, sender=Passkey)
def _lost(instance: CodeApp | Passkey, **_: Any) -> None:
    announce_account(instance.user.get_username())


@receiver(post_save, sender=ApiTokenName)
def _reaches(instance: ApiTokenName, **_: Any) -> None:
    announce_rights(instance.token.user_id)


@receiver(post_delete, sender=Session)
def _ended(instance: Session, **_: Any) -> None:
    """Expired ones are deleted by the thousand: their sockets have noticed by themselves."""
    if instance.expire_date > clock.now():
        user_id = instance.get_decoded().get(SESSION_KEY)
        if user_id:
            announce_rights(int(user_id))
