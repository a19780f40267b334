"""One open socket: how far its browser has got, and what waits for it.

A browser cannot slow a WebSocket down by itself, so it acknowledges frames and the server sends
only a few ahead. What does not fit waits here, merged; who never catches up is closed.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from access.scope import Scope
from dashboard.live import protocol
from dashboard.live.feed import Subscription
from dashboard.live.pending import Pending
from dashboard.live.refill import EVERYTHING, Refill

logger = logging.getLogger(__name__)

FRAMES_AHEAD = 8  # frames sent and not yet acknowledged; browsers acknowledge each half of it
HOPELESS_AFTER = 15.0  # seconds without progress while frames are outstanding
MAX_EVENTS_PENDING = 200  # events kept for a viewer who is behind
BEAT_ROOM = 16  # messages in the outbox from which a beat is left out
PIECES_AHEAD = 4  # large messages handed to the socket's writer and not yet taken by the client
MAX_OUTBOX = 256  # messages handed to the socket's writer and not yet taken by the server


class _Piece(str):
    """A large message."""

    __slots__ = ()


class Viewer:
    """Sends to one socket, in order, without ever waiting in the hub."""

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int, str], Awaitable[None]],
        sees: Scope,
        name: str = "",
        user_id: int | None = None,
    ) -> None:
        self.sees = sees
        self.user_id = user_id
        self.judge = asyncio.Event()  # set: look again whether it may stay
        self.name = name  # of the user whose page it is; "": a program
        self._send = send
        self._close = close
        self._loop = asyncio.get_running_loop()
        self._outbox: asyncio.Queue[str | tuple[int, str]] = asyncio.Queue(MAX_OUTBOX)
        self._pieces = asyncio.Semaphore(PIECES_AHEAD)
        self._backlog = Pending()
        self._events: deque[str] = deque()
        self._refill: Refill | None = None  # due
        self.follows: frozenset[str] | None = frozenset()  # device ids; None: every one
        self.watches: frozenset[str] = frozenset()  # of protocol.OFTEN
        self._sent = self._acked = 0
        self._waiting_since: float | None = None
        self.closing = False
        self.subscriptions: dict[int, Subscription] = {}
        self._writer = asyncio.create_task(self._write(), name="live viewer")

    @property
    def behind(self) -> bool:
        return self._sent - self._acked >= FRAMES_AHEAD or self._outbox.full()

    def is_hopeless(self, now: float) -> bool:
        waiting = self._waiting_since
        return waiting is not None and now - waiting >= HOPELESS_AFTER

    def offer(self, frame: Pending) -> None:
        """A frame of one of its subscriptions: sent now, or merged into what waits."""
        if self.behind or self._backlog:
            self._backlog.absorb(frame)
            self._catch_up()
        else:
            self._send_frame(frame)

    def event(self, text: str) -> None:
        """An event for everyone. While behind the newest are kept, and the loss is told."""
        if not self.behind and not self._events:
            self._outbox.put_nowait(text)
            return
        if len(self._events) >= MAX_EVENTS_PENDING:
            self._events.popleft()
            self._refill = EVERYTHING
        self._events.append(text)

    def unfollow(self, device: str) -> None:
        """Who follows every device sees every one, so it is not asked of them."""
        if self.follows is not None:
            self.follows -= {device}

    def refill(self, refill: Refill) -> None:
        """Have it load history again; several that wait become one."""
        self._refill = refill if self._refill is None else self._refill.joined(refill)
        self._catch_up()

    def beat(self, text: str) -> None:
        """Not for one whose earlier messages are not taken: the next beat says it all again."""
        if not self.closing and self._outbox.qsize() < BEAT_ROOM:
            self._outbox.put_nowait(text)

    def answer(self, text: str) -> None:
        """A reply to what this viewer asked; one who asks without reading is closed."""
        if self._outbox.full():
            self.hang_up(protocol.TOO_FAR_BEHIND, "Replies are not being read.")
        else:
            self._outbox.put_nowait(text)

    async def put(self, text: str) -> None:
        """A large message: waits until the client has taken such that were sent before."""
        await self._pieces.acquire()
        try:
            await self._outbox.put(_Piece(text))
        except BaseException:
            self._pieces.release()
            raise

    def acknowledge(self, seq: int) -> bool:
        """Returns whether this is progress. Raises `Refused` for a frame that was never sent."""
        if seq > self._sent:
            raise protocol.Refused("bad_value", f"No frame {seq} was sent.")
        if seq <= self._acked:
            return False
        self._acked = seq
        self._waiting_since = self._loop.time() if self._acked < self._sent else None
        self._catch_up()
        return True

    def hang_up(self, code: int, reason: str) -> None:
        """Close after an `error` that gives the reason: Daphne sends a close code without one."""
        if self.closing:
            return
        self.closing = True
        while not self._outbox.empty():
            self._outbox.get_nowait()
        closing = protocol.Refused("closing", reason, close=code)
        self._outbox.put_nowait(protocol.error(closing))
        self._outbox.put_nowait((code, reason))

    async def end(self) -> None:
        self.closing = True
        self._writer.cancel()
        await asyncio.gather(self._writer, return_exceptions=True)

    def _catch_up(self) -> None:
        if self._refill and not self._outbox.full():
            refill, self._refill = self._refill, None
            self._outbox.put_nowait(refill.text())
        while self._events and not self.behind:
            self._outbox.put_nowait(self._events.popleft())
        if self._backlog and not self.behind:
            frame, self._backlog = self._backlog, Pending()
            self._send_frame(frame)

    def _send_frame(self, frame: Pending) -> None:
        self._sent += 1
        if self._waiting_since is None:
            self._waiting_since = self._loop.time()
        # Only the number differs between viewers; the rest was encoded once for all of them.
        self._outbox.put_nowait(f'{{"op":"readings","seq":{self._sent},{frame.body()}')

    async def _write(self) -> None:
        try:
            while True:
                message = await self._outbox.get()
                if isinstance(message, str):
                    await self._send(message)
                    if isinstance(message, _Piece):
                        self._pieces.release()
                    continue
                await self._close(*message)
                return
        except Exception as exc:  # noqa: BLE001  each ASGI server has its own error for a gone peer
            logger.info("live socket gone: %s", exc, extra={"action": "live_send_failed"})
