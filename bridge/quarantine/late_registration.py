"""Messages that came after their device was registered and before this worker heard of it.

They are in quarantine, for a second or two was all it took; nobody should have to replay them.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from bridge.decode.items import Reason
from bridge.quarantine.replay import Replay, Selection
from devices.registry import NEGATIVE_FOR, REFRESH_EVERY, Registry

REACH = timedelta(seconds=4 * (REFRESH_EVERY + NEGATIVE_FOR))  # how far back they may have come
MAX_DEVICES = 5  # of one look, once a second: ingest waits meanwhile
MAX_MESSAGES = 1_000  # of one device; the others wait for an operator


def replay(registry: Registry) -> None:
    """Replay those of devices that appeared. Raises what the database raises: call it again."""
    for uid in list(registry.appeared)[:MAX_DEVICES]:
        lately = Selection(
            uid=uid, reason=Reason.UNKNOWN_DEVICE.value, since=timezone.now() - REACH
        )
        Replay(lately, most=MAX_MESSAGES).run()
        registry.appeared.discard(uid)
