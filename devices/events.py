"""Announce changes of devices on the channel layer, so that open dashboards follow at once.

Sits beside the database write: call after commit. `telemetry.live` announces the rest.
"""

from __future__ import annotations

import logging
from typing import Any, Literal

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

logger = logging.getLogger(__name__)

EVENTS_GROUP = "live.events"  # small, rare messages every dashboard process listens to

Change = Literal["created", "changed", "deleted"]


def device_event(change: Change, device: dict[str, Any]) -> dict[str, Any]:
    """The channel message for one change; `device` is its list form (`{"uid": …}` when deleted)."""
    return {"type": "live.event", "event": "device", "change": change, "device": device}


def announce(message: dict[str, Any]) -> None:
    """Send to every dashboard process. A channel layer that is away costs the announcement only:
    the change itself is committed, and pages read it again when they reconnect."""
    try:
        async_to_sync(get_channel_layer().group_send)(EVENTS_GROUP, message)
    except Exception as exc:  # the Redis client raises a family without one root
        logger.warning("live event not announced: %s", exc, extra={"action": "announce_failed"})
