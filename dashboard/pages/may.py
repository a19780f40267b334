"""What pages offer: what their viewer may do somewhere, or where the page is about."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from access.roles import Role
from access.scope import Scope


class May:
    """For templates: `role`, a word of the highest (""; none), and what it comes to."""

    def __init__(self, role: Role | None) -> None:
        self.role = "" if role is None else role.label
        self.operate = role is not None and role >= Role.OPERATOR
        self.administer = role is Role.ADMINISTRATOR


def may(request: HttpRequest) -> dict[str, Any]:
    """A context processor; asked for by pages alone, so that others cost nothing."""
    return {"may": SimpleLazyObject(lambda: May(_role(request)))}


def _role(request: HttpRequest) -> Role | None:
    return Scope.of(request).role if hasattr(request, "user") else None


def role_at(request: HttpRequest, site_id: int | None) -> str:
    """A word of the viewer's role where a page is about one place; "": none."""
    role = Scope.of(request).role_at(site_id)
    return "" if role is None else role.label
