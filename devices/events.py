"""Announce changes of devices on the channel layer, so that open dashboards follow at once.

Sits beside the database write: call after commit. `telemetry.live.contract` announces the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Literal

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

EVENTS_GROUP = "live.events"  # small, rare messages every dashboard process listens to
ANNOUNCE_TIMEOUT = 5.0  # seconds for one batch; a Redis that hangs must not hang the request

Change = Literal["created", "changed", "deleted"]


def device_event(
    change: Change, device: dict[str, Any], site: int | None, left: int | None = None
) -> dict[str, Any]:
    """The channel message for one change; `device` is its list form (`{"id", "uid"}` when
    deleted), `site` the id of where it stands, `left` of where it stood when it moved: who sees
    that one alone is told that it is gone."""
    return {
        "type": "live.event",
        "event": "device",
        "site": site,
        "left": left,
        "change": change,
        "device": device,
    }


def announce(message: dict[str, Any]) -> None:
    """Send to every dashboard process. A channel layer that is away costs the announcement only:
    the change itself is committed, and pages read it again when they reconnect."""
    announce_all([message])


def announce_all(messages: Sequence[dict[str, Any]]) -> None:
    """As `announce`, many in one go: outside the server each call opens a connection of its own."""
    try:
        async_to_sync(_send_all)(messages)
    except Exception as exc:  # noqa: BLE001  (the Redis client raises a family without one root)
        logger.warning("live event not announced: %s", exc, extra={"action": "announce_failed"})


async def _send_all(messages: Sequence[dict[str, Any]]) -> None:
    layer = get_channel_layer()
    async with asyncio.timeout(ANNOUNCE_TIMEOUT):
        for message in messages:
            await layer.group_send(EVENTS_GROUP, message)
