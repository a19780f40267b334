"""The live contract between bridge (sends) and dashboard (receives), over the channel layer.

Readings travel in groups by shard of device; rare events travel in one group. Every message here is
about something already committed.
"""

from __future__ import annotations

from typing import Any

from devices.events import EVENTS_GROUP

SHARDS = 8  # groups; a dashboard process that serves part of a fleet joins only what it needs

__all__ = ["EVENTS_GROUP", "SHARDS", "event", "readings", "shard_group"]


def shard_group(device_id: int) -> str:
    """The group that carries the readings of this device."""
    return f"live.readings.{device_id % SHARDS}"


def shard_groups() -> list[str]:
    return [shard_group(shard) for shard in range(SHARDS)]


def readings(worker: str, seq: int, series: dict[int, list[int | float | str]]) -> dict[str, Any]:
    """The channel message of one tick of one shard.

    `series` maps a series id to a flat list `[ms, value, ms, value, …]`, oldest first; the ms have
    the microseconds behind the point; a value is a float, or a string for text. `seq` counts this
    worker's messages to this group from 1, so a receiver sees a loss as a jump (a channel layer
    does not say when it drops).
    """
    # The ids travel as strings: channels_redis unpacks with msgpack's `strict_map_key`, which
    # refuses a whole message for one integer key.
    keyed = {str(series_id): flat for series_id, flat in series.items()}
    return {"type": "live.readings", "worker": worker, "seq": seq, "series": keyed}


def event(name: str, **facts: Any) -> dict[str, Any]:
    """The channel message of a rare event: `presence`, `series`, `quarantine` or `pipeline`."""
    return {"type": "live.event", "event": name, **facts}
