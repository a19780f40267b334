"""The newest reading of each series of a device, and what it says of the sensor behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devices.presence import JUDGED_KINDS, interval_of, series_state
from telemetry.history.newest import Recent


def with_latest(
    series: list[dict[str, Any]],
    recent: Mapping[int, Recent],
    *,
    presence: Mapping[str, Any],
    expected_interval: float,
    now: int,
) -> None:
    """Add `latest`, `interval` and `state` to the series forms of one device.

    `presence` is the device's (`devices.summary.presence_form`). `interval` is what the series is
    judged by, in seconds. `state` is None for a kind that is not judged.
    """
    for one in series:
        found = recent.get(one["id"])
        one["latest"] = found.point if found else None
        one["interval"] = interval_of(found.times if found else [], expected_interval)
        one["state"] = None
        if one["kind"] in JUDGED_KINDS:
            one["state"] = series_state(
                found.point[0] if found else None,
                lead=presence["lead"],
                last_seen=presence["last_seen"],
                interval=one["interval"],
                now=now,
            )._asdict()
