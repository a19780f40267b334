"""Who gives whom which role, and takes it: the rules that hold for pages, REST and the admin alike.

Nobody gives more than he has, or where he has nothing to give; and somebody always administers
everything.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from access.models import Grant, SignIn, end
from access.roles import Role
from access.scope import Scope, Sites


class NotYours(Exception):
    """Who gives or takes does not administer there."""


class LastAdministrator(Exception):
    """Nobody would be left who administers everything."""

    def __init__(self) -> None:
        super().__init__("Somebody else must administer everything first.")


def people(scope: Scope) -> QuerySet[User]:
    """Those an administrator answers for: who has a role where he administers, or everywhere; all,
    for who administers everything."""
    everybody: QuerySet[User] = get_user_model()._default_manager.all()
    return everybody if scope.administers is None else holders(scope.administers)


def holders(sites: Sites, role: Role = Role.VIEWER) -> QuerySet[User]:
    """Who has this role or a higher at one of these sites, or everywhere; None: anywhere."""
    if sites == frozenset():
        return get_user_model()._default_manager.none()
    held = Grant.objects.filter(role__gte=role)
    if sites is not None:
        held = held.filter(Q(site__in=sites) | Q(site=None))
    return _having(held)


def seeing(site_id: int | None) -> QuerySet[User]:
    """Active accounts that see what stands at this site; None: at no site."""
    held = Grant.objects.filter(Q(site=site_id) | Q(site=None))
    return _having(held).filter(is_active=True)


def _having(held: QuerySet[Grant]) -> QuerySet[User]:
    """Who has one of these, or needs none."""
    everybody: QuerySet[User] = get_user_model()._default_manager.all()
    return everybody.filter(Q(pk__in=held.values("user")) | Q(is_superuser=True))


def grants(scope: Scope) -> QuerySet[Grant]:
    """Those it may see the people of: at its sites, and everywhere."""
    if scope.administers is None:
        return Grant.objects.all()
    return Grant.objects.filter(Q(site__in=scope.administers) | Q(site=None))


@transaction.atomic
def give(by: Scope, user: User, role: Role, site: Any) -> Grant:
    """This role at this site, or at every one (None), in place of what he has there. Raises
    `NotYours` and `LastAdministrator`."""
    _check(by, site)
    had = _locked().filter(user=user, site=site).first()
    given = had or Grant(user=user, site=site)
    given.role = role
    given.save()
    _keep_one()
    return given


@transaction.atomic
def take(by: Scope, user: User, site: Any) -> bool:
    """Whether he had one there. Raises `NotYours` and `LastAdministrator`."""
    _check(by, site)
    had = _locked().filter(user=user, site=site).first()
    if had is None:
        return False
    had.delete()
    _keep_one()
    return True


@transaction.atomic
def set_active(by: User, user: User, active: bool) -> None:
    """Let an account in, or no more; then its sessions end. By who administers everything, a
    superuser by a superuser. Raises `NotYours` and `LastAdministrator`."""
    if not Scope.of(by).may_administer(None) or (user.is_superuser and not by.is_superuser):
        raise NotYours
    list(_locked())
    user.is_active = active
    user.save(update_fields=["is_active"])
    if not active:
        end(SignIn.objects.filter(user=user))
    _keep_one()


def keep_one() -> None:
    """For the admin, after what it wrote. Raises `LastAdministrator`."""
    list(_locked())
    _keep_one()


def _check(by: Scope, site: Any) -> None:
    if not by.may_administer(None if site is None else site.pk):
        raise NotYours


def _locked() -> QuerySet[Grant]:
    """All grants, after those that administer everything are ours alone: two who take away each
    other's at once wait for one another, in one order everywhere."""
    widest = Grant.objects.filter(site=None, role=Role.ADMINISTRATOR)
    list(widest.select_for_update().order_by("pk").values_list("pk"))
    return Grant.objects.all()


def _keep_one() -> None:
    active = get_user_model()._default_manager.filter(is_active=True)
    widest = Q(grants__site=None, grants__role=Role.ADMINISTRATOR)
    if not active.filter(Q(is_superuser=True) | widest).exists():
        raise LastAdministrator
