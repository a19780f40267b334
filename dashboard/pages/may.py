"""What pages offer: what their viewer may do somewhere, or where the page is about."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from access.roles import Role
from access.scope import Scope
from devices.models import Site


class May:
    """For templates: `role`, a word of the highest ("": none), and what it comes to; `roles`, of
    lists that mix sites."""

    def __init__(self, scope: Scope | None) -> None:
        role = None if scope is None else scope.role
        self.role = _word(role)
        self.operate = role is not None and role >= Role.OPERATOR
        self.administer = role is Role.ADMINISTRATOR
        self.roles = "" if scope is None else _by_site(scope)


def may(request: HttpRequest) -> dict[str, Any]:
    """A context processor; asked for by pages alone, so that others cost nothing."""
    return {"may": SimpleLazyObject(lambda: May(_scope(request)))}


def _scope(request: HttpRequest) -> Scope | None:
    return Scope.of(request) if hasattr(request, "user") else None


def _by_site(scope: Scope) -> str:
    """JSON: the role at each site, by its slug, and at "" that of what stands at none; "" where it
    is the same for all one sees."""
    if scope.sites == scope.where(scope.role or Role.VIEWER).sites:
        return ""
    sites = Site.objects.visible_to(scope).values_list("slug", "pk")
    roles = {slug: _word(scope.role_at(pk)) for slug, pk in sites}
    return json.dumps({"": _word(scope.role_at(None)), **roles})


def _word(role: Role | None) -> str:
    return "" if role is None else role.label


def role_at(request: HttpRequest, site_id: int | None) -> str:
    """A word of the viewer's role where a page is about one place; "": none."""
    return _word(Scope.of(request).role_at(site_id))
