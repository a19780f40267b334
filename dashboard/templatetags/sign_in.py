"""What a page says of how its viewer signs in."""

from __future__ import annotations

from typing import Any

from django import template

from access import printed

register = template.Library()


@register.simple_tag
def printed_password_stands(user: Any) -> bool:
    """Whether the first operator's password is still the one that was printed."""
    return bool(user.is_superuser) and printed.stands(user)
