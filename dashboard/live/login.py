"""Whether the session a socket was opened with still stands."""

from __future__ import annotations

import asyncio
import logging
import random
from importlib import import_module
from typing import Any

from channels.auth import get_user
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from access.scope import Scope
from dashboard.live import protocol
from dashboard.live.viewer import Viewer

logger = logging.getLogger(__name__)

CHECK_EVERY = 60.0  # seconds between two looks


async def scope_of(socket: Any) -> Scope | None:
    """What the one who is logged in may see; None without a login. Asks the database, not the
    session that was read when the socket was opened."""
    key = socket["session"].session_key
    if not key:
        return None
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = await get_user({"session": store})
    return Scope.of(user) if user.is_authenticated else None


async def watch(socket: Any, viewer: Viewer) -> None:
    """Closes the socket when the session has ended, or sees something else than when it was opened:
    it opens anew with what it may see now. Runs until it is cancelled."""
    while True:
        # Spread out: sockets opened together after a restart must not all ask together.
        await asyncio.sleep(CHECK_EVERY * random.uniform(0.8, 1.2))  # noqa: S311
        try:
            sees = await scope_of(socket)
        except (DatabaseError, InterfaceError) as exc:
            logger.warning("live login not checked: %s", exc)
        except Exception:
            logger.exception("live login not checked", extra={"action": "live_login"})
        else:
            if sees != viewer.sees:
                viewer.hang_up(protocol.NOT_LOGGED_IN, "The session has ended.")
                return
