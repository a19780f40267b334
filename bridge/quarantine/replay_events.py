"""Tell the dashboards of what a replay stored. It may run in any process, so it sends by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from bridge.commit.batch_rows import Rows
from bridge.publish import events
from devices.events import ANNOUNCE_TIMEOUT, announce_all
from telemetry.live import contract
from telemetry.storage import store

logger = logging.getLogger(__name__)

WORKER = "replay"


def tell(rows: Rows, result: store.Written) -> None:
    """Announce new series and changed connections. Call after commit."""
    found = list(events.of_rows(rows, result))
    if found:
        announce_all(found)


def refill(device_ids: Iterable[int]) -> None:
    """Have the viewers of these devices load history again: its past has changed, and frames carry
    the present. A number left out looks to them like a lost frame, and they do just that then."""
    groups = sorted({contract.shard_group(device_id) for device_id in device_ids})
    frames = [(group, contract.readings(WORKER, seq, {})) for group in groups for seq in (1, 3)]
    if not frames:
        return
    try:
        async_to_sync(_send)(frames)
    except Exception as exc:  # noqa: BLE001  (the Redis client raises a family without one root)
        logger.warning("viewers not told of a replay: %s", exc, extra={"action": "refill_failed"})


async def _send(frames: list[tuple[str, dict[str, Any]]]) -> None:
    layer = get_channel_layer()
    async with asyncio.timeout(ANNOUNCE_TIMEOUT):
        for group, message in frames:
            await layer.group_send(group, message)
