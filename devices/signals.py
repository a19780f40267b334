"""What somebody did to devices, told to who keeps an account of it. Sent in the transaction of the
write, so a receiver's rows are stored with it or not at all.

`device_acted` comes with `act`, `devices` (as they are now), `by` (a user, or None for the system)
and `facts`: what there is to say of the act, as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from django.dispatch import Signal

if TYPE_CHECKING:
    from devices.models import Device

Act = Literal[
    "registered", "imported", "edited", "token_rotated", "removed", "restored", "deleted"
]  # fmt: skip

device_acted = Signal()


def tell(act: Act, devices: Sequence[Device], by: Any, **facts: Any) -> None:
    """Nobody is told of nothing."""
    if devices:
        who = by if getattr(by, "is_authenticated", False) else None
        device_acted.send(None, act=act, devices=list(devices), by=who, facts=facts)
