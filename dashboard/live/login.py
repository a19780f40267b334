"""Whether what a socket was opened with still stands: a session, or a program's API token.

A socket that names a token is judged by it alone: then a session's cookie says nothing, and no
`Origin` is asked for, because a page of somebody else cannot send the header.
"""

from __future__ import annotations

import asyncio
import logging
import random
from importlib import import_module
from typing import Any, NamedTuple

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from rest_framework.exceptions import AuthenticationFailed

from access.scope import Scope
from dashboard.live import protocol
from dashboard.live.viewer import Viewer
from devices.api.authentication import ApiTokenAuthentication

logger = logging.getLogger(__name__)

CHECK_EVERY = 60.0  # seconds between two looks


class OriginGuard:
    """Passes on sockets that pages of this server open, and those that name a token."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._pages: Any = AllowedHostsOriginValidator(application)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        passed = self._pages if _authorization(scope) is None else self._application
        await passed(scope, receive, send)


class Login(NamedTuple):
    """Whose the socket is."""

    sees: Scope
    name: str  # of the user whose page it is; "": a program


async def login_of(socket: Any) -> Login | None:
    """Who is logged in; None without a login. Asks the database, not the session that was read when
    the socket was opened."""
    authorization = _authorization(socket)
    if authorization is not None:
        sees = await database_sync_to_async(_scope_of_token)(authorization)
        return None if sees is None else Login(sees, "")
    key = socket["session"].session_key
    if not key:
        return None
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = await get_user({"session": store})
    if not user.is_authenticated:
        return None
    return Login(await database_sync_to_async(Scope.of)(user), user.get_username())


def _authorization(socket: Any) -> bytes | None:
    return dict(socket["headers"]).get(b"authorization")


def _scope_of_token(authorization: bytes) -> Scope | None:
    try:
        found = ApiTokenAuthentication().authenticate_header_value(authorization)
    except AuthenticationFailed:
        return None
    return Scope.of(found[1]) if found else None


async def watch(socket: Any, viewer: Viewer) -> None:
    """Closes the socket when the session or the token has ended, or sees something else than when
    it was opened: it opens anew with what it may see now. Runs until it is cancelled."""
    while True:
        # Spread out: sockets opened together after a restart must not all ask together.
        await asyncio.sleep(CHECK_EVERY * random.uniform(0.8, 1.2))  # noqa: S311
        try:
            found = await login_of(socket)
        except (DatabaseError, InterfaceError) as exc:
            logger.warning("live login not checked: %s", exc)
        except Exception:
            logger.exception("live login not checked", extra={"action": "live_login"})
        else:
            if found is None or found.sees != viewer.sees:
                viewer.hang_up(protocol.NOT_LOGGED_IN, "The session or the token has ended.")
                return
