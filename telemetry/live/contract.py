"""The live contract between those who commit (send) and the dashboard (receives), over the channel
layer.

Readings, and when devices were heard, travel in groups by shard of device; everything rarer travels
in one group. Every message here is about something already committed. docs/live-protocol.md is the
exact text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from devices.events import EVENTS_GROUP

SHARDS = 8  # groups; each message goes to one
MAX_REFILL_SERIES = 2_000  # series one `refill` names; more go in several

__all__ = [
    "EVENTS_GROUP",
    "SHARDS",
    "event",
    "heard",
    "readings",
    "refill",
    "refills",
    "shard_group",
]

# Why viewers shall load history again: what was stored did not go through a frame.
RefillReason = Literal[
    "replay",  # out of quarantine
    "late_registration",  # out of quarantine, by itself
    "spool_drained",  # it waited on disk, and a viewer who came meanwhile has not seen it
    "nobody_listened",  # whoever came a moment ago was not noticed yet
    "lost",  # frames were dropped on the way
    "imported",  # from a file
    "recomputed",  # other results took the place of earlier ones
    "corrected",  # somebody deleted or replaced readings, or undid that
]


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
    return {"type": "live.readings", "worker": worker, "seq": seq, "series": _by_text(series)}


def heard(devices: dict[int, int]) -> dict[str, Any]:
    """The channel message that says when devices of one shard were last heard, in Unix ms.

    Said again each second of those heard since, so one that is lost does no harm."""
    return {"type": "live.heard", "devices": _by_text(devices)}


def event(name: str, *, site: int | None = None, **facts: Any) -> dict[str, Any]:
    """The channel message of a rare event: `presence`, `series`, `quarantine`, `rules`, `alert`,
    `log` or `pipeline`, say.

    `site` is the id of the site it happened at. What names none is for those who see every site.
    """
    return {"type": "live.event", "event": name, "site": site, **facts}


def refill(
    reason: RefillReason,
    series: Iterable[int] | None = None,
    start: float | None = None,
    end: float | None = None,
) -> dict[str, Any]:
    """The channel message that has viewers load history again: readings were stored that no frame
    carried.

    Of these series, or of every one (None); with times from `start` to `end` (Unix ms, both
    included), or whenever (None).
    """
    named = None if series is None else sorted(series)
    return {"type": "live.refill", "reason": reason, "series": named, "from": start, "to": end}


def refills(
    reason: RefillReason, series: Iterable[int], start: float, end: float
) -> Iterator[dict[str, Any]]:
    """As many `refill` messages as it takes to name all these series."""
    ids = sorted(series)
    for first in range(0, len(ids), MAX_REFILL_SERIES):
        yield refill(reason, ids[first : first + MAX_REFILL_SERIES], start, end)


def _by_text(values: dict[int, Any]) -> dict[str, Any]:
    # The ids travel as strings: channels_redis unpacks with msgpack's `strict_map_key`, which
    # refuses a whole message for one integer key.
    return {str(key): value for key, value in values.items()}
