"""Notes who is signed in where, as their requests come."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import cast

from django.contrib.auth.models import User
from django.db import DatabaseError
from django.db.models.functions import Now
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from access.acting import address_of
from access.models import SignIn

logger = logging.getLogger(__name__)

NOTED_FOR = 60.0  # seconds until a session is noted again by this process
MAX_NOTED = 10_000  # sessions a process remembers having noted
MAX_BROWSER = 300  # characters


class NoteSignIn:
    """After the answer is made: a note that fails costs nobody their page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response
        self._noted: dict[str, float] = {}  # session key: monotonic seconds

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        self._note(request)
        return response

    def _note(self, request: HttpRequest) -> None:
        key = request.session.session_key
        now = time.monotonic()
        if not key or now - self._noted.get(key, -NOTED_FOR) < NOTED_FOR:
            return
        try:
            if request.user.is_authenticated:
                note(key, request)
        except DatabaseError as exc:
            logger.warning("sign-in not noted: %s", exc, extra={"action": "sign_in_lost"})
            return
        if len(self._noted) >= MAX_NOTED:
            self._noted.clear()
        self._noted[key] = now


def note(key: str, request: HttpRequest) -> None:
    """Keep that this session was used now. Raises what the database raises."""
    seen = SignIn(
        session_key=key,
        user=cast("User", request.user),
        seen_at=Now(),
        address=address_of(request),
        browser=request.headers.get("User-Agent", "").replace("\x00", "")[:MAX_BROWSER],
    )
    SignIn.objects.bulk_create(
        [seen],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=["user", "seen_at", "address", "browser"],
    )
