"""The newest reading of each series of a device, and what it says of the sensor behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devices.presence import JUDGED_KINDS, series_state


def with_latest(
    series: list[dict[str, Any]],
    latest: Mapping[int, Any],
    *,
    last_seen: int | None,
    expected_interval: float,
    now: int,
) -> None:
    """Add `latest` and `state` to the described series of one device.

    `state` is None for a kind that is not judged.
    """
    for one in series:
        one["latest"] = latest.get(one["id"])
    newest = max((one["latest"][0] for one in series if one["latest"]), default=None)
    for one in series:
        one["state"] = None
        if one["kind"] in JUDGED_KINDS:
            one["state"] = series_state(
                one["latest"][0] if one["latest"] else None,
                newest=newest,
                last_seen=last_seen,
                expected_interval=expected_interval,
                now=now,
            )._asdict()
