"""How a link that lets somebody in begins, and where it leads."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode


def to(path: str, request: HttpRequest | None = None) -> str:
    """The whole address; without a request and PULSEBOARD_PUBLIC_URL, the path alone."""
    if settings.PUBLIC_URL or request is None:
        return f"{settings.PUBLIC_URL}{path}"
    return request.build_absolute_uri(path)


def reset_path(user: User) -> str:
    """Where this account may set another password, once and for an hour: Django's own token is
    made of the password there is."""
    words = [urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)]
    return reverse("reset", args=words)
