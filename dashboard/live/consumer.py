"""One WebSocket of `/ws/live/`: who may open it, and what it asks for.

Sits between the browser and the hub. docs/live-protocol.md is the contract.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from importlib import import_module
from typing import Any

from channels.auth import get_user
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError, InterfaceError

from access.scope import NOTHING, Scope
from dashboard.live import hub as hubs
from dashboard.live import protocol, snapshot
from dashboard.live.protocol import Ack, Refused, Subscribe, Unsubscribe
from dashboard.live.viewer import FRAMES_AHEAD, Viewer
from telemetry.history.read_limit import TooSlow

logger = logging.getLogger(__name__)

CHECK_LOGIN_EVERY = 60.0  # seconds between two looks whether the session still stands
MAX_OFFENCES = 10  # messages in a row that are not the protocol


class LiveConsumer(AsyncWebsocketConsumer):
    """Serves one viewer. It has no channel of its own on the channel layer: the hub has one for the
    whole process, so `channel_layer_alias` names a layer that does not exist on purpose."""

    channel_layer_alias = "none"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.viewer: Viewer | None = None
        self._sees = NOTHING  # what its user may see; `scope` is ASGI's word for the connection
        self._requests: dict[int, Subscribe] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._login: asyncio.Task[None] | None = None
        self._offences = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Without the base class's detour: it closes old database connections before each message,
        a hop through one thread for every ack. Snapshots do so themselves."""
        match message["type"]:
            case "websocket.receive":
                await self.websocket_receive(message)
            case "websocket.connect":
                await self.websocket_connect(message)
            case "websocket.disconnect":
                await self.websocket_disconnect(message)

    async def connect(self) -> None:
        # Accepted even when refused: a browser is told the close code only of an open socket.
        await self.accept()
        user = await self._user()
        self._sees = Scope.of(user)
        if not user.is_authenticated:
            await self.close(protocol.NOT_LOGGED_IN, "Log in first.")
            return
        self._hub = hubs.current()
        loop = asyncio.get_running_loop()
        self._allowance = protocol.Allowance(
            rate=protocol.MAX_MESSAGES_PER_S, burst=protocol.MESSAGE_BURST, now=loop.time()
        )
        self._told_limit_at = float("-inf")
        self.viewer = Viewer(self._send_text, self.close)
        self.viewer.answer(protocol.hello(time.time_ns() // 1_000_000, FRAMES_AHEAD))
        self._hub.join(self.viewer)
        self._login = asyncio.create_task(self._watch_login())

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  the base class's signature
        await self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:  # noqa: ARG002
        viewer = self.viewer
        if viewer is None or viewer.closing:
            return
        try:
            message = protocol.parse(text_data)
            if isinstance(message, Ack) and viewer.acknowledge(message.seq):
                self._offences = 0
            elif self._is_within_rate(viewer):
                self._carry_out(message)
                self._offences = 0
        except Refused as exc:
            self._refuse(viewer, exc)

    def _is_within_rate(self, viewer: Viewer) -> bool:
        now = asyncio.get_running_loop().time()
        if self._allowance.take(now):
            return True
        if now - self._told_limit_at >= 1.0:
            self._told_limit_at = now
            limit = f"At most {protocol.MAX_MESSAGES_PER_S:.0f} messages a second."
            viewer.answer(protocol.error(Refused("rate_limited", limit)))
        return False

    def _refuse(self, viewer: Viewer, refused: Refused) -> None:
        # A wrong value is still the protocol: a page asks for no series to see whether we are here.
        if refused.code in ("bad_json", "unknown_op"):
            self._offences += 1
        if self._offences >= MAX_OFFENCES:
            viewer.hang_up(protocol.NOT_THE_PROTOCOL, f"Too many bad messages. {refused}")
        elif self._is_within_rate(viewer):
            viewer.answer(protocol.error(refused))

    def _carry_out(self, message: Subscribe | Unsubscribe | Ack) -> None:
        match message:
            case Subscribe():
                self._check_room(message)
                self._requests[message.id] = message
                self._end_task(message.id)
                self._tasks[message.id] = asyncio.create_task(self._serve(message))
            case Unsubscribe():
                self._requests.pop(message.id, None)
                self._end_task(message.id)
                if self.viewer:
                    self._hub.unsubscribe(self.viewer, message.id)

    def _check_room(self, request: Subscribe) -> None:
        others = [each for each in self._requests.values() if each.id != request.id]
        if len(others) >= protocol.MAX_SUBSCRIPTIONS:
            limit = f"A socket has at most {protocol.MAX_SUBSCRIPTIONS} subscriptions."
            raise Refused("too_many_subscriptions", limit, id=request.id)
        total = len(request.series) + sum(len(each.series) for each in others)
        if total > protocol.MAX_SERIES_PER_SOCKET:
            limit = f"A socket has at most {protocol.MAX_SERIES_PER_SOCKET} series."
            raise Refused("too_many_series", limit, id=request.id)

    async def _serve(self, request: Subscribe) -> None:
        """Check, register, then read history: in this order nothing falls between the two."""
        viewer = self.viewer
        if viewer is None:
            return
        try:
            await snapshot.check_known(self._sees, request)
            await self._hub.settle()
            subscription = self._hub.subscribe(viewer, request)
            if request.since is not None:
                async for text in snapshot.pieces(self._sees, request):
                    await viewer.put(text)
            subscription.release()
        except Refused as exc:
            self._give_up(viewer, exc)
        except TooSlow as exc:
            self._give_up(viewer, Refused("too_slow", str(exc), id=request.id))
        except Exception:
            logger.exception("live snapshot failed", extra={"action": "live_snapshot"})
            away = Refused("unavailable", "History cannot be read now; try again.", id=request.id)
            self._give_up(viewer, away)

    def _give_up(self, viewer: Viewer, refused: Refused) -> None:
        """A subscription without its history would look like a series without readings."""
        if refused.id is not None:
            self._requests.pop(refused.id, None)
            self._hub.unsubscribe(viewer, refused.id)
        viewer.answer(protocol.error(refused))

    def _end_task(self, subscription_id: int) -> None:
        task = self._tasks.pop(subscription_id, None)
        if task is not None:
            task.cancel()

    async def _send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

    async def _user(self) -> Any:
        """Asks the database, not the session that was read when the socket was opened."""
        key = self.scope["session"].session_key
        if not key:
            return AnonymousUser()
        store = import_module(settings.SESSION_ENGINE).SessionStore(key)
        return await get_user({"session": store})

    async def _watch_login(self) -> None:
        while self.viewer:
            # Spread out: sockets opened together after a restart must not all ask together.
            await asyncio.sleep(CHECK_LOGIN_EVERY * random.uniform(0.8, 1.2))  # noqa: S311
            try:
                user = await self._user()
            except (DatabaseError, InterfaceError) as exc:
                logger.warning("live login not checked: %s", exc)
                continue
            # Another scope likewise: the socket opens anew with what it may see now.
            if not user.is_authenticated or Scope.of(user) != self._sees:
                self.viewer.hang_up(protocol.NOT_LOGGED_IN, "The session has ended.")
                return

    async def _leave(self) -> None:
        viewer, self.viewer = self.viewer, None
        if viewer is None:
            return
        self._hub.leave(viewer)
        tasks = [*self._tasks.values(), *([self._login] if self._login else [])]
        self._tasks.clear()
        self._requests.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._hub.leave(viewer)  # once more: a task may have subscribed before it was cancelled
        await viewer.end()
