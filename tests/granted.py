"""What an account of a test may do, instead of everything."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from access.roles import Role


def may(user: User, *roles: tuple[Role, Any]) -> User:
    """It has these roles, each at a site or for every one (None), and no others."""
    user.grants.all().delete()
    for role, site in roles:
        user.grants.create(role=role, site=site)
    return user
