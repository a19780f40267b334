"""What every viewer is told each two seconds, whatever else there is: the server's time, up to when
it knows what devices sent, what keeps it from knowing more, and when devices were heard.

A page judges devices by this alone, so one that gets no beats judges nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from dashboard.database import watch
from dashboard.live.viewer import Viewer
from devices.clock import now_ms
from telemetry.live.knowledge import Knowledge

BEAT_EVERY = 2.0  # seconds
HEARD_BEATS = 5  # beats that tell of a device again; a viewer may miss all but one of them


class Beats:
    """Gathers what the beats tell, and sends them."""

    def __init__(self, is_linked: Callable[[], bool]) -> None:
        """`is_linked`: whether what is published arrives, and all that did not was made good."""
        self._is_linked = is_linked
        self.knowledge = Knowledge(now_ms())
        self._heard: deque[dict[str, float]] = deque([{}], maxlen=HEARD_BEATS)

    def heard(self, devices: Mapping[str, float]) -> None:
        """Devices by id as text, and when they were heard in Unix ms."""
        self._heard[-1].update(devices)

    def vouched(self) -> dict[str, Any]:
        """What a beat says of this process, and `hello` as well."""
        now = now_ms()
        self.knowledge.database(now, answers=watch.answers())
        until, trouble = self.knowledge.at(now, linked=self._is_linked())
        return {"now": now, "until": until, "trouble": trouble and trouble.form()}

    def send(self, viewers: Iterable[Viewer]) -> None:
        heard: dict[str, float] = {}
        for devices in self._heard:
            heard |= devices
        self._heard.append({})
        start = msgspec.json.encode({"op": "beat", **self.vouched()}).decode()[:-1]
        every = _text(start, heard)
        for viewer in tuple(viewers):
            if viewer.follows is None:
                viewer.beat(every)
            else:
                mine = heard.keys() & viewer.follows
                viewer.beat(_text(start, {device: heard[device] for device in mine}))


def _text(start: str, heard: dict[str, float]) -> str:
    return f'{start},"heard":{msgspec.json.encode(heard).decode()}}}'
