"""What the menu offers its viewer beside what everybody has."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from access.scope import Scope


def menu(request: HttpRequest) -> dict[str, Callable[[], bool]]:
    """Asked by the template where somebody is signed in: an error page asks nothing."""
    return {"may_audit": lambda: Scope.of(request).may_administer(None)}
