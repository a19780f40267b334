"""Whether what let a request in still stands while its answer is on its way, which may be hours."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.http import HttpRequest
from knox.models import AuthToken
from rest_framework.request import Request

from access.scope import Scope
from devices.api.authentication import is_over

LOOK_EVERY = 1.0  # seconds between two looks


class RightEnded(Exception):
    """The session or the token has ended since, or its owner may do less."""


class Right:
    """What a request may do when it is made. `look` as often as one likes."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._had = Scope.seen_by(request)
        self._looked = time.monotonic()

    def look(self) -> None:
        """Asks the database when the last look is long enough ago. Raises `RightEnded`."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return
        self._looked = now
        if (Scope.of(_whose(self._request)) & self._had) != self._had:
            raise RightEnded("The right to read this has ended.")


def user_of_session(key: str) -> Any:
    """Who is signed in with it as it is stored now; nobody: an `AnonymousUser`."""
    stored = HttpRequest()
    stored.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return get_user(stored)


def _whose(request: Request) -> Any:
    """The token or the user as they are stored now; None: nobody any more."""
    if isinstance(request.auth, AuthToken):
        token = AuthToken.objects.select_related("user").filter(pk=request.auth.pk).first()
        return None if token is None or is_over(token) else token
    session = getattr(request, "session", None)
    if session is not None and session.session_key:
        return user_of_session(session.session_key)
    return get_user_model()._default_manager.filter(pk=request.user.pk).first()
