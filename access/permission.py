"""Who may change what: the one place that decides it for REST.

A view says which role its changes need; one that says nothing needs an administrator, so that a
new view cannot be forgotten. From then on the scope of its request (`Scope.of`) holds what the
caller may change and nothing more. What he sees besides is told apart by `checked` and
`check_named`: 403 with the role that is needed, where it would be 404 otherwise.
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from access.roles import Role
from access.scope import Scope, limit, limited_to

M = TypeVar("M", bound=Model)

ONLY_READS = "This token only reads."
OF_SOME_SITES = "This token is for some sites; what is its owner's own is for none of them."


class Needs(PermissionDenied):
    """Says which role is missing, and where."""

    def __init__(self, role: Role, where: str = "there") -> None:
        super().__init__(f"This needs the role {role.label} {where}.")


class MayChange(IsAuthenticated):
    """Everybody reads what they see. What a change needs, the view says: `change_needs`, a role, or
    `changes_nothing` where a POST only asks."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if not _changes(request, view):
            return True
        role: Role = getattr(view, "change_needs", Role.ADMINISTRATOR)
        given = given_to(request)
        if given is not None and given.role < Role.OPERATOR:
            raise PermissionDenied(ONLY_READS)
        if role is Role.VIEWER:  # of one's own matters, which no site has
            if not own_id(request) and not getattr(view, "checks_reach", False):
                raise PermissionDenied(OF_SOME_SITES)
            return True
        limit(request, role)
        if Scope.of(request).sites == frozenset():
            raise Needs(role, "at some site")
        return True

    def has_object_permission(self, request: Request, view: Any, obj: Any) -> bool:
        if _changes(request, view):
            checked(request, obj)
        return True


class ForEverySite(MayChange):
    """REST of what stands at no site: who sees only some finds nothing, and changes nothing."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.method not in SAFE_METHODS and not Scope.of(request).sees_everything:
            role = getattr(view, "change_needs", Role.ADMINISTRATOR)
            raise Needs(role if _changes(request, view) else Role.VIEWER, "for every site")
        return True


def given_to(request: Request) -> Any:
    """How far the token of the request reaches; None: as far as its account."""
    return getattr(request.auth, "given", None)


def own_id(request: Request) -> int:
    """The account whose own matters the request reaches: channels, views, what it was told.

    0: none. They stand at no site, so a token of some sites would learn by them of the others: a
    channel that it added would be told whatever its owner is.
    """
    given = given_to(request)
    return 0 if given is not None and not given.every_site else request.user.pk or 0


def checked(request: Request, row: M) -> M:
    """The same row. Raises `Needs` when the request changes, and its caller may not change it."""
    check_named(request, type(row), pk=row.pk)
    return row


def for_change(request: Request, rows: QuerySet[M]) -> QuerySet[M]:
    """The same rows. When the request changes, each that is read is locked until the transaction
    ends, of which there has to be one. So two at once take turns, and the second finds what the
    first left, or that it is gone: it neither writes over it nor brings back what was deleted."""
    return rows if request.method in SAFE_METHODS else rows.select_for_update(of=("self",))


def check_named(request: Request, model: type[Model], **named: Any) -> None:
    """Raises `Needs` when the caller sees a row so named, of a scoped model, and may not change
    it."""
    seen, changes = Scope.seen_by(request), Scope.of(request)
    if seen.sites == changes.sites:
        return
    rows: Any = model._default_manager
    mine = rows.visible_to(changes).filter(**named)
    if rows.visible_to(seen).filter(**named).exclude(pk__in=mine.values("pk")).exists():
        raise Needs(limited_to(request) or Role.ADMINISTRATOR)


def check_site(request: Request, site_id: int | None) -> None:
    """Raises `Needs` when the caller sees this site and may not change what stands there; None: at
    no site."""
    seen, changes = Scope.seen_by(request), Scope.of(request)
    if seen.sees_site(site_id) and not changes.sees_site(site_id):
        raise Needs(limited_to(request) or Role.ADMINISTRATOR)


def _changes(request: Request, view: Any) -> bool:
    return request.method not in SAFE_METHODS and not getattr(view, "changes_nothing", False)
