"""Whether what a socket was opened with still stands: a session, or a program's API token.

A socket that names a token is judged by it alone: then a session's cookie says nothing, and no
`Origin` is asked for, because a page of somebody else cannot send the header.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from datetime import datetime
from typing import Any, NamedTuple

from channels.db import database_sync_to_async
from channels.security.websocket import WebsocketDenier
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.exceptions import AuthenticationFailed

from access.acting import address_behind
from access.scope import Scope
from dashboard.live import protocol, snapshot
from dashboard.live.viewer import Viewer
from devices import clock
from devices.api.authentication import ApiTokenAuthentication
from devices.api.lasting import user_of_session

logger = logging.getLogger(__name__)

CHECK_EVERY = 30.0  # seconds between two looks without a word that something has changed
SOON = 0.05  # seconds after such a word: what one transaction changes comes in several


class OriginGuard:
    """Passes on sockets that pages of this server open, and those that name a token. A page of
    another port or scheme of our host is none of ours, though it is sent our cookie."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_ours = _authorization(scope) is not None or _is_page_of_ours(scope)
        passed: Any = self._application if is_ours else WebsocketDenier()
        await passed(scope, receive, send)


class _Handshake(HttpRequest):
    """The request that opens a socket."""

    def __init__(self, scope: Any) -> None:
        super().__init__()
        self._is_secure = scope.get("scheme") in ("wss", "https")
        for name, value in scope["headers"]:
            key = name.decode("latin-1").upper().replace("-", "_")
            self.META[f"HTTP_{key}"] = value.decode("latin-1")

    def _get_scheme(self) -> str:
        return "https" if self._is_secure else "http"


# Who may write may listen: the same decision, with the same settings behind a proxy.
_writes: Any = CsrfViewMiddleware(lambda _request: None)  # type: ignore[arg-type]


def _is_page_of_ours(scope: Any) -> bool:
    handshake = _Handshake(scope)
    return "HTTP_ORIGIN" in handshake.META and bool(_writes._origin_verified(handshake))


class Login(NamedTuple):
    """Whose the socket is."""

    sees: Scope
    name: str  # of the user whose page it is; "": a program
    user_id: int
    key: str  # of the session, or the token; tells it from others
    until: datetime | None = None  # when it ends by itself


async def login_of(socket: Any) -> Login | None:
    """Who is logged in; None without a login. Asks the database, not the session that was read when
    the socket was opened."""
    authorization = _authorization(socket)
    if authorization is not None:
        return await database_sync_to_async(_of_token)(authorization)
    key = socket["session"].session_key
    if not key:
        return None
    return await database_sync_to_async(_of_session)(key)


def address_of(socket: Any) -> str:
    """Where it comes from; "": nobody can say."""
    peer = (socket.get("client") or ("",))[0] or ""
    forwarded = [value for name, value in socket["headers"] if name == b"x-forwarded-for"]
    said = b",".join(forwarded).decode("latin-1")
    return address_behind(peer, said) or ""


def _authorization(socket: Any) -> bytes | None:
    return dict(socket["headers"]).get(b"authorization")


def _of_session(key: str) -> Login | None:
    user = user_of_session(key)
    if not user.is_authenticated:
        return None
    return Login(Scope.of(user), user.get_username(), user.pk, f"session {key}")


def _of_token(authorization: bytes) -> Login | None:
    try:
        found = ApiTokenAuthentication().authenticate_header_value(authorization)
    except AuthenticationFailed:
        return None
    if not found:
        return None
    user, token = found
    return Login(Scope.of(token), "", user.pk, f"token {token.pk}", token.expiry)


async def watch(socket: Any, viewer: Viewer, until: datetime | None) -> None:
    """Closes the socket when the session or the token has ended, or may something else than when it
    was opened: a page is read anew then, a program comes back. Looks when it is told that something
    has changed (`viewer.judge`), when the token ends, and now and then, because that word may be
    lost. Runs until it is cancelled."""
    while True:
        await _wait(viewer, until)
        try:
            found = await login_of(socket)
            gone = found is not None and await _out_of_sight(viewer)
        except (DatabaseError, InterfaceError) as exc:
            logger.warning("live login not checked: %s", exc)
        except Exception:
            logger.exception("live login not checked", extra={"action": "live_login"})
        else:
            if found is None:
                viewer.hang_up(protocol.NOT_LOGGED_IN, "The session or the token has ended.")
                return
            if found.sees != viewer.sees or gone:
                # The log-in page sends who is logged in back to the page, as it is for them now.
                anew = protocol.NOT_LOGGED_IN if viewer.name else protocol.RESTARTING
                viewer.hang_up(anew, "What you may see or change is other than before.")
                return


async def _wait(viewer: Viewer, until: datetime | None) -> None:
    # Spread out: sockets opened together after a restart must not all ask together.
    seconds = CHECK_EVERY * random.uniform(0.8, 1.2)  # noqa: S311
    if until is not None:
        seconds = min(seconds, max(0.0, (until - clock.now()).total_seconds()) + SOON)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await viewer.judge.wait()
            await asyncio.sleep(SOON)
    viewer.judge.clear()


async def _out_of_sight(viewer: Viewer) -> bool:
    """Whether it watches what stands elsewhere by now: it may have missed the word of a move."""
    if viewer.sees.sees_everything:
        return False
    feeds = [each.feed for each in viewer.subscriptions.values()]
    watched = {int(one) for feed in feeds for one in feed.series}
    return len(await snapshot.known_series(viewer.sees, list(watched))) < len(watched)
