"""What somebody may see and change: everything, or what stands at some sites. Asked for by every
answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from django.apps import apps
from django.db import models

from access.compiled_query import CompiledQuery
from access.roles import Role

M = TypeVar("M", bound=models.Model)

CHANGES = "pulseboard_changes"  # of a request: the role that what it changes needs
_SOMEBODY = -987_654_321  # stands for the key of a user
Sites = frozenset[int] | None  # ids; None: every site, and what stands at none


@dataclass(frozen=True, slots=True)
class Scope:
    """Made with `Scope.of`. What stands at no site is seen only by who sees everything. Who may
    operate somewhere may see there, and who may administer may operate."""

    sites: Sites  # seen
    operates: Sites = frozenset()
    administers: Sites = frozenset()

    @classmethod
    def of(cls, who: Any) -> Scope:
        """The scope of a user, of an API token, or of a request of either.

        It follows from the user's grants at this moment; a token has what both it and its owner
        have. Of a request that changes something it is where its caller may (`limit`).
        """
        scope, role = cls.seen_by(who), getattr(_plain(who), CHANGES, None)
        return scope if role is None else scope.where(role)

    @classmethod
    def seen_by(cls, who: Any) -> Scope:
        """What may be seen, also while something is changed. Of one request it is read once."""
        if not hasattr(who, "user"):
            return cls._read(who)
        # A request of the API names its token in `auth`; a page's request has a user only.
        whose = getattr(who, "auth", None) or who.user
        request = _plain(who)
        if not hasattr(request, "META"):  # a token has a user too
            return cls._read(who)
        kept = getattr(request, "pulseboard_scope", None)
        if kept is None or kept[0] != whose:
            kept = request.pulseboard_scope = (whose, cls._read(whose))
        scope: Scope = kept[1]
        return scope

    @classmethod
    def _read(cls, who: Any) -> Scope:
        """Of a user or a token."""
        user = getattr(who, "user", who)
        if user is None or not user.is_authenticated or not user.is_active:
            return NOTHING
        scope = EVERYTHING if user.is_superuser else cls.granted(_grants_of(user))
        given = getattr(who, "given", None)  # how far a token reaches
        return scope if given is None else scope & given.reach()

    @classmethod
    def granted(cls, grants: Iterable[tuple[int, int | None]]) -> Scope:
        """What roles at sites come to; None: for every site."""
        held = list(grants)

        def where(role: Role) -> Sites:
            sites = [site for each, site in held if each >= role]
            return None if None in sites else frozenset(site for site in sites if site is not None)

        return cls(where(Role.VIEWER), where(Role.OPERATOR), where(Role.ADMINISTRATOR))

    def __and__(self, other: Scope) -> Scope:
        return Scope(
            _both(self.sites, other.sites),
            _both(self.operates, other.operates),
            _both(self.administers, other.administers),
        )

    def where(self, role: Role) -> Scope:
        """What of it has at least this role: `visible_to` of it gives what may be changed so."""
        sites = {Role.VIEWER: self.sites, Role.OPERATOR: self.operates}.get(role, self.administers)
        return Scope(sites, _both(self.operates, sites), _both(self.administers, sites))

    @property
    def role(self) -> Role | None:
        """The highest it has at any site; None: it sees nothing."""
        for role in (Role.ADMINISTRATOR, Role.OPERATOR, Role.VIEWER):
            if self.where(role).sites != frozenset():
                return role
        return None

    def role_at(self, site_id: int | None) -> Role | None:
        """Its role at this site; None: it does not see it."""
        for role in (Role.ADMINISTRATOR, Role.OPERATOR, Role.VIEWER):
            if self.where(role).sees_site(site_id):
                return role
        return None

    @property
    def sees_everything(self) -> bool:
        return self.sites is None

    def sees_site(self, site_id: int | None) -> bool:
        """Whether it sees what stands at this site; None: at no site."""
        return self.sites is None or site_id in self.sites

    def may_operate(self, site_id: int | None) -> bool:
        """Whether it attends to what stands at this site; None: at no site."""
        return self.operates is None or site_id in self.operates

    def may_administer(self, site_id: int | None) -> bool:
        """Whether it says what there is at this site; None: at no site."""
        return self.administers is None or site_id in self.administers


def limit(request: Any, role: Role) -> None:
    """From now on the request's scope is where its caller has this role."""
    setattr(_plain(request), CHANGES, role)


def limited_to(request: Any) -> Role | None:
    """The role its changes need; None: it only reads, or changes what is the caller's own."""
    return getattr(_plain(request), CHANGES, None)


def _plain(request: Any) -> Any:
    """Django's request, which that of the REST framework wraps."""
    return getattr(request, "_request", request)


_GRANTS: CompiledQuery[Any] = CompiledQuery(
    lambda: apps.get_model("access", "Grant").objects.filter(user_id=_SOMEBODY), _SOMEBODY
)


def _grants_of(user: Any) -> Iterable[tuple[int, int | None]]:
    known = getattr(user, "_prefetched_objects_cache", {}).get("grants")
    rows = _GRANTS.rows(user.pk) if known is None else known
    return ((each.role, each.site_id) for each in rows)


def _both(one: Sites, other: Sites) -> Sites:
    if one is None or other is None:
        return one if other is None else other
    return one & other


EVERYTHING = Scope(None, None, None)
NOTHING = Scope(frozenset())


class ScopedQuerySet(models.QuerySet[M]):
    """Rows of a model that says, in `standing_at(sites)`, which of them stand at some sites."""

    def visible_to(self, scope: Scope) -> ScopedQuerySet[M]:
        """Those the scope sees. Whoever answers a person starts with this."""
        if scope.sites is None:
            return self.all()
        return self.filter(self.model.standing_at(scope.sites))  # type: ignore[attr-defined]


class ScopedManager(models.Manager[M]):
    """`Model.objects` of such a model."""

    def get_queryset(self) -> ScopedQuerySet[M]:
        return ScopedQuerySet(self.model, using=self._db)

    def visible_to(self, scope: Scope) -> ScopedQuerySet[M]:
        return self.get_queryset().visible_to(scope)


class AtNoSite(models.Model):
    """A model whose rows stand at no site: they are for who sees everything."""

    objects: ClassVar[ScopedManager[Self]] = ScopedManager()

    class Meta:
        abstract = True

    @staticmethod
    def standing_at(_sites: frozenset[int]) -> models.Q:
        return models.Q(pk__in=())
