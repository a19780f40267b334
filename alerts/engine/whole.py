"""What is heard of devices as a whole: for rules about a device that is silent or offline.

By the database's clock, and only up to when the pipeline knows: `known_us` stands still while
nothing is stored, so a bridge that is away is nobody's silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Takes
from alerts.engine.target import Target
from devices import presence
from devices.models import Presence
from telemetry.moments import to_ms, to_us

LOOK_EVERY_US = 1_000_000  # between two looks at when devices were heard

Heeded = tuple[Target, NDArray[np.int64], "NDArray[np.float64] | list[float | str]"]


class Heard:
    """Looks at presence about once a second."""

    def __init__(self) -> None:
        self._looked_us = -LOOK_EVERY_US

    def forget(self) -> None:
        """Look again at once."""
        self._looked_us = -LOOK_EVERY_US

    def of(self, targets: Sequence[Target], known_us: int) -> Iterator[Heeded]:
        """What each target is to be given: its device's state when that has changed, or when it
        was heard."""
        if not targets or 0 <= known_us - self._looked_us < LOOK_EVERY_US:
            return
        self._looked_us = known_us
        ids = {target.place.device.id for target in targets}
        rows = {row.device_id: row for row in Presence.objects.filter(device_id__in=ids)}
        for target in targets:
            row = rows.get(target.place.device.id)
            if row is None:
                continue
            if target.condition.takes is Takes.TIMES:
                heard = None if row.last_seen_at is None else to_us(row.last_seen_at)
                if heard is not None and heard != target.memory.newest_us:
                    yield target, np.array([heard], dtype=np.int64), np.zeros(1)
            elif target.condition.takes is Takes.WORDS:
                found = _state(target, row, known_us)
                if found is not None:
                    yield target, np.array([found[0]], dtype=np.int64), [found[1]]


def _state(target: Target, row: Presence, known_us: int) -> tuple[int, str] | None:
    """Since when its device is what it is, if that is news."""
    state = presence.state(
        row.connection,
        None if row.connection_since is None else to_ms(row.connection_since),
        None if row.last_seen_at is None else to_ms(row.last_seen_at),
        expected_interval=target.place.device.interval,
        now=known_us // 1_000,
    )
    if state.name == target.memory.value:
        return None
    since = known_us if state.since is None else min(state.since * 1_000, known_us)
    newest = target.memory.newest_us
    # What is learned late must not stand before what was judged already.
    return (since if newest is None else max(since, newest + 1)), state.name
