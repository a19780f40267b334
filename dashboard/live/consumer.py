"""One WebSocket of `/ws/live/`: who may open it, and what it asks for.

Sits between the browser and the hub. docs/live-protocol.md is the contract.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from msgspec.structs import replace

from access.scope import NOTHING
from dashboard.database import watch
from dashboard.live import hub as hubs
from dashboard.live import login, protocol, snapshot
from dashboard.live.feed import Subscription
from dashboard.live.protocol import (
    Ack,
    Follow,
    Message,
    Refill,
    Refused,
    Subscribe,
    Unsubscribe,
    Watch,
)
from dashboard.live.seats import Full, seats
from dashboard.live.viewer import FRAMES_AHEAD, Viewer
from telemetry.history.read_limit import TooSlow

logger = logging.getLogger(__name__)

FOLLOWING = -1  # where a subscription has its id
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
        self._refills: dict[int, set[int]] = {}  # series of a subscription to be read again
        self._login: asyncio.Task[None] | None = None
        self._offences = 0
        self._seats: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._leave()
            for seat in self._seats:
                seats.give_back(seat)

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
        try:
            self._seats.append(seats.take("address", login.address_of(self.scope)))
            found = await login.login_of(self.scope)
            if found is None:
                await self.close(protocol.NOT_LOGGED_IN, "Log in first.")
                return
            self._seats.append(seats.take("login", found.key))
        except Full as exc:
            closing = Refused("closing", str(exc), close=protocol.TOO_MANY)
            await self._send_text(protocol.error(closing))
            await self.close(protocol.TOO_MANY, str(exc))
            return
        await watch.first_answer()  # what `hello` says goes by the database's clock
        self._hub = hubs.current()
        await self._hub.listens()
        loop = asyncio.get_running_loop()
        self._allowance = protocol.Allowance(
            rate=protocol.MAX_MESSAGES_PER_S, burst=protocol.MESSAGE_BURST, now=loop.time()
        )
        self._told_limit_at = float("-inf")
        self._sees = found.sees
        self.viewer = Viewer(self._send_text, self.close, found.sees, found.name, found.user_id)
        self.viewer.answer(protocol.hello(FRAMES_AHEAD, self._hub.beats.vouched()))
        self._hub.join(self.viewer)
        self._login = asyncio.create_task(login.watch(self.scope, self.viewer, found.until))

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
        # A wrong value is still the protocol.
        if refused.code in ("bad_json", "unknown_op"):
            self._offences += 1
        if self._offences >= MAX_OFFENCES:
            viewer.hang_up(protocol.NOT_THE_PROTOCOL, f"Too many bad messages. {refused}")
        elif self._is_within_rate(viewer):
            viewer.answer(protocol.error(refused))

    def _carry_out(self, message: Message) -> None:
        match message:
            case Subscribe():
                self._check_room(message)
                self._requests[message.id] = message
                self._end_task(message.id)
                self._tasks[message.id] = asyncio.create_task(self._serve(message))
            case Refill():
                self._load_again(message)
            case Follow():
                self._end_task(FOLLOWING)
                self._tasks[FOLLOWING] = asyncio.create_task(self._follow(message.devices))
            case Watch():
                if self.viewer:
                    self.viewer.watches = frozenset(message.events)
            case Unsubscribe():
                self._requests.pop(message.id, None)
                self._end_task(message.id)
                if self.viewer:
                    self._hub.feeds.unsubscribe(self.viewer, message.id)

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
        with self._giving_up(viewer, request.id):
            known = await snapshot.known_series(self._sees, request.series)
            if unknown := set(request.series).difference(known):
                viewer.answer(protocol.unknown(request.id, sorted(unknown)))
            request = self._requests[request.id] = replace(request, series=known)
            await self._hub.linked()
            await self._send_history(viewer, self._hub.feeds.subscribe(viewer, request), request)

    async def _follow(self, named: list[int] | None) -> None:
        viewer = self.viewer
        if viewer is None:
            return
        if self._sees.sees_everything:
            viewer.follows = None if named is None else frozenset(map(str, named))
            return
        try:
            viewer.follows = await snapshot.visible_devices(self._sees, named)
        except Exception:
            # The page knows nothing of its devices then, and asks again when it connects anew.
            logger.exception("devices to follow not read", extra={"action": "live_follow"})
            viewer.hang_up(protocol.OUR_MISTAKE, "Something failed; reconnect.")

    def _load_again(self, asked: Refill) -> None:
        """Once for all that is asked while what was asked before is read."""
        request = self._requests.get(asked.id)
        if request is None:
            return
        waiting = self._refills.setdefault(asked.id, set())
        begin = not waiting
        waiting.update(set(asked.series).intersection(request.series))
        if begin:
            before = self._tasks.get(asked.id)
            self._tasks[asked.id] = asyncio.create_task(self._refill(asked.id, before))

    async def _refill(self, subscription_id: int, before: asyncio.Task[None] | None) -> None:
        """History of some series of a subscription once more."""
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        series = self._refills.pop(subscription_id, set())
        request, viewer = self._requests.get(subscription_id), self.viewer
        subscription = viewer.subscriptions.get(subscription_id) if viewer else None
        if request is None or viewer is None or subscription is None:
            return
        with self._giving_up(viewer, subscription_id):
            subscription.hold()
            again = replace(request, series=[each for each in request.series if each in series])
            await self._send_history(viewer, subscription, again)

    async def _send_history(
        self, viewer: Viewer, subscription: Subscription, request: Subscribe
    ) -> None:
        if request.since is not None:
            async for text in snapshot.pieces(self._sees, request):
                await viewer.put(text)
        subscription.release()

    @contextmanager
    def _giving_up(self, viewer: Viewer, subscription_id: int) -> Iterator[None]:
        try:
            yield
        except TooSlow as exc:
            self._give_up(viewer, Refused("too_slow", str(exc), id=subscription_id))
        except Exception:
            logger.exception("live snapshot failed", extra={"action": "live_snapshot"})
            text = "History cannot be read now; try again."
            self._give_up(viewer, Refused("unavailable", text, id=subscription_id))

    def _give_up(self, viewer: Viewer, refused: Refused) -> None:
        """A subscription without its history would look like a series without readings."""
        if refused.id is not None:
            self._requests.pop(refused.id, None)
            self._hub.feeds.unsubscribe(viewer, refused.id)
        viewer.answer(protocol.error(refused))

    def _end_task(self, subscription_id: int) -> None:
        self._refills.pop(subscription_id, None)
        task = self._tasks.pop(subscription_id, None)
        if task is not None:
            task.cancel()

    async def _send_text(self, text: str) -> None:
        await self.base_send({"type": "websocket.send", "text": text})

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
