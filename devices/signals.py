"""What somebody did to devices, told to who keeps an account of it. Sent in the transaction of the
write, so a receiver's rows are stored with it or not at all.

`presence_changed` comes with `changes`, each a `PresenceChange`: what no person did.

`device_acted` comes with `act`, `devices` (as they are now), `by` (a user, or None for the system)
and `facts`: what there is to say of the act, as JSON.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from django.dispatch import Signal

if TYPE_CHECKING:
    from devices.models import Device, Site

Act = Literal[
    "registered", "imported", "edited", "token_rotated", "token_revoked",
    "removed", "restored", "deleted",
]  # fmt: skip

# Facts of several devices at once: whoever keeps an account words these by each of them.
OF_MANY = ("many", "left", "each")

device_acted = Signal()
presence_changed = Signal()
site_acted = Signal()  # with `act` (created, changed or deleted), `site`, `by` and `facts`


class PresenceChange(NamedTuple):
    """A device is silent or offline since `at`, or is back since then. `before` is since when what
    was said of it last had held, if it was away."""

    device_id: int
    state: Literal["silent", "offline", "back", "disabled"]
    at: datetime
    before: datetime | None


def tell_of_site(act: str, site: Site, by: Any, **facts: Any) -> None:
    site_acted.send(None, act=act, site=site, by=_who(by), facts=facts)


def tell(act: Act, devices: Sequence[Device], by: Any, **facts: Any) -> None:
    """Nobody is told of nothing."""
    if devices:
        device_acted.send(None, act=act, devices=list(devices), by=_who(by), facts=facts)


def _who(by: Any) -> Any:
    return by if getattr(by, "is_authenticated", False) else None
