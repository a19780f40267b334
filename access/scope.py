"""What somebody may see: everything, or what stands at some sites. Asked for by every read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True)
class Scope:
    """Made with `Scope.of`. What stands at no site is seen only by who sees everything."""

    sites: frozenset[int] | None  # ids; None: every site, and what stands at none

    @classmethod
    def of(cls, who: Any) -> Scope:
        """The scope of a user, of an API token, or of a request of either.

        Today everybody who is signed in sees everything. A token sees what its owner sees.
        """
        # A request of the API names its token in `auth`; a page's request has a user only.
        who = getattr(who, "auth", None) or who
        who = getattr(who, "user", who)
        return EVERYTHING if who is not None and who.is_authenticated and who.is_active else NOTHING

    @property
    def sees_everything(self) -> bool:
        return self.sites is None

    def sees_site(self, site_id: int | None) -> bool:
        """Whether it sees what stands at this site; None: at no site."""
        return self.sites is None or site_id in self.sites


EVERYTHING = Scope(None)
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
