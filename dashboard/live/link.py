"""The process's one subscription to the channel layer: confirmed, watched, healed.

Sits between the layer and the hub. A Redis pub/sub layer neither confirms a subscription nor says
when it lost one, so the link sends itself a marker through each group and trusts only what came
back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from channels.layers import get_channel_layer

from telemetry.workers.backoff import Backoff

logger = logging.getLogger(__name__)

BEAT_EVERY = 3.0  # seconds between two rounds of markers
BEAT_TIMEOUT = 5.0  # seconds until a marker that has not come back means a dead link
JOIN_TIMEOUT = 10.0  # seconds for subscribing to every group
DROP_TIMEOUT = 10.0  # seconds for closing what is left of a dead link
CANCEL_AGAIN = 0.5  # seconds between two attempts to end the link's task
COMPLAIN_EVERY = 10.0  # seconds between two log lines about rubbish, whoever publishes it
FIRST_RETRY, LONGEST_RETRY = 0.25, 5.0  # seconds between two attempts to join


class Link:
    """Calls `on_message(group, message)` for what arrives, and `on_gap()` after a working link has
    been interrupted and works again."""

    def __init__(
        self,
        groups: Sequence[str],
        on_message: Callable[[str, dict[str, Any]], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._groups = tuple(groups)
        self._on_message = on_message
        self._on_gap = on_gap
        self._id = uuid.uuid4().hex
        self._beat = 0
        self._missing: set[str] = set()
        self._all_back = asyncio.Event()
        self._reconnected = asyncio.Event()
        self._receivers: list[asyncio.Task[None]] = []
        self._complained = -COMPLAIN_EVERY
        self._keeper: asyncio.Task[None] | None = None
        self.gap_due = False  # somebody was served, or may have been, while nothing arrived
        self.ready = asyncio.Event()  # set while what is published is known to arrive

    def start(self) -> None:
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name="live link")

    async def close(self) -> None:
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        # Again and again: redis-py swallows a cancellation that meets it while it connects.
        while not keeper.done():
            keeper.cancel()
            await asyncio.wait({keeper}, timeout=CANCEL_AGAIN)
        await self._drop()

    async def _keep(self) -> None:
        backoff = Backoff(FIRST_RETRY, LONGEST_RETRY)
        while True:
            try:
                await self._join()
                logger.info("live link joined", extra={"action": "live_link_up"})
                backoff.reset()
                self.ready.set()
                if self.gap_due:
                    self.gap_due = False
                    self._on_gap()
                await self._watch()
            except Exception as exc:  # noqa: BLE001  the Redis client's errors have no one root
                logger.warning(
                    "live link lost: %s", exc or type(exc).__name__, extra={"action": "live_link"}
                )
            self.ready.clear()
            self.gap_due = True
            await self._drop()
            await asyncio.sleep(backoff.wait())

    async def _join(self) -> None:
        layer = get_channel_layer()
        async with asyncio.timeout(JOIN_TIMEOUT):
            for group in self._groups:
                # A channel for each group: a message does not say which group it came through,
                # and `seq` counts by group.
                channel = await layer.new_channel("live.")
                await layer.group_add(group, channel)
                self._receivers.append(asyncio.create_task(self._receive(layer, group, channel)))
        await self._send_markers()
        self._reconnected.clear()
        for connection in _connections(layer):
            connection.register_connect_callback(self._connected)

    async def _watch(self) -> None:
        """Returns by exception, when a round of markers does not come back."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_EVERY):
                    await self._reconnected.wait()
            interrupted = self._reconnected.is_set()
            self._reconnected.clear()
            await self._send_markers()
            if interrupted and not self._reconnected.is_set():
                self.ready.set()
                self._on_gap()

    async def _send_markers(self) -> None:
        self._beat += 1
        self._missing = set(self._groups)
        self._all_back.clear()
        layer = get_channel_layer()
        marker = {"type": "live.marker", "hub": self._id, "beat": self._beat}
        async with asyncio.timeout(BEAT_TIMEOUT):
            for group in self._groups:
                await layer.group_send(group, marker)
            await self._all_back.wait()

    async def _connected(self, _connection: object) -> None:
        """The client library reconnected by itself: what was published meanwhile is gone."""
        self.ready.clear()
        self._reconnected.set()

    async def _receive(self, layer: Any, group: str, channel: str) -> None:
        while True:
            try:
                message = await layer.receive(channel)
                if message.get("type") == "live.marker":
                    self._marker(group, message)
                else:
                    self._on_message(group, message)
            except Exception:
                now = asyncio.get_running_loop().time()
                if now - self._complained >= COMPLAIN_EVERY:
                    self._complained = now
                    logger.exception("live message not understood", extra={"group": group})
                await asyncio.sleep(0)

    def _marker(self, group: str, message: dict[str, Any]) -> None:
        if message.get("hub") == self._id and message.get("beat") == self._beat:
            self._missing.discard(group)
            if not self._missing:
                self._all_back.set()

    async def _drop(self) -> None:
        """Make the layer like new. Its own recovery waits for its next message and logs a traceback
        a second; nothing else in a web process keeps a subscription in it."""
        receivers, self._receivers = self._receivers, []
        try:
            async with asyncio.timeout(DROP_TIMEOUT):
                await get_channel_layer().flush()
        except Exception as exc:  # noqa: BLE001  as above; the next round starts afresh anyway
            logger.warning("live link not closed cleanly: %s", exc)
        for receiver in receivers:
            receiver.cancel()
        await asyncio.gather(*receivers, return_exceptions=True)


def _connections(layer: Any) -> list[Any]:
    """The layer's subscribed Redis connections. channels_redis takes an `on_reconnect` and never
    calls it, so the connection itself is asked; a layer of another kind has none."""
    loop_layer = layer._get_layer() if hasattr(layer, "_get_layer") else None
    return [shard._pubsub.connection for shard in getattr(loop_layer, "_shards", ())]
