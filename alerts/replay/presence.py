"""What a rule about a device's state would have done, by the past of presence that is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from alerts.conditions import Condition, Memory
from alerts.replay.replayed import Replayed
from devices.models import Device
from devices.presence_past import Stretch
from telemetry.presence import past


def replay_presence(
    condition: Condition, devices: Sequence[Device], start_us: int, stop_us: int
) -> list[tuple[Device, Replayed]]:
    """Of each device; as far as it is known whether somebody listened. Raises `TooSlow`."""
    # What holds at the start may have held for as long as it must by then, as the engine finds it.
    first_us = start_us - condition.for_us
    until, found = past.of_devices(devices, first_us // 1_000, stop_us // 1_000)
    known_us = max(start_us, min(stop_us, until * 1_000))
    return [
        (device, _judged(condition, found[device.pk], known_us).since(start_us))
        for device in devices
    ]


def _judged(condition: Condition, stretches: Iterable[Stretch], stop_us: int) -> Replayed:
    """While nobody listened a device stays what it was: the engine's time stands still then."""
    told = [each for each in stretches if each.state != "unknown" and each.start * 1_000 < stop_us]
    times = np.array([each.start * 1_000 for each in told], dtype=np.int64)
    done = Replayed(judged_us=stop_us)
    done.take(condition.step(Memory(), times, [str(each.state) for each in told], stop_us)[1])
    return done
