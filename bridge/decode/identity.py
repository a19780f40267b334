"""The names of devices and metrics, made of what a dialect calls them. Pure.

No name begins with its convention: what Home Assistant discovery announces and what the device says
itself are one device.
"""

from __future__ import annotations

import hashlib
import re

from bridge.decode.short_cache import short_cache
from bridge.decode.storable import MAX_UID, UID
from bridge.decode.values import MAX_METRIC
from devices.invisible import without

MAX_NAMES = 20_000  # of metrics, which need not be made again
DIGEST = 8  # hex digits that keep apart what looks alike once it is cleaned

_NO_UID = re.compile(r"[^A-Za-z0-9_-]+")


def device_uid(native: str) -> str:
    """A uid of the id a device has by itself: the same if it may be one; otherwise what of it may,
    and a digest, so that two devices never get one uid. "" of ""."""
    if not native or UID.fullmatch(native):
        return native
    cleaned = _NO_UID.sub("-", native).strip("-")[: MAX_UID - DIGEST - 1]
    return f"{cleaned}-{_digest(native)}".lstrip("-")


def bare_mac(address: str) -> str:
    """A hardware address as a uid or an alias has it: in capitals, without colons."""
    return address.replace(":", "").upper()


@short_cache(MAX_NAMES)
def metric_name(*levels: str) -> str:
    """The dotted name of a metric; empty levels are left out. What nobody sees of it becomes `-`,
    and a digest is appended, also where it is too long. "" of nothing."""
    native = levels[0] if len(levels) == 1 else ".".join(filter(None, levels))
    if len(native) <= MAX_METRIC and without(native) == native:
        return native
    cleaned = re.sub("\0+", "-", without(native, lambda _: "\0"))[: MAX_METRIC - DIGEST - 1]
    return f"{cleaned}-{_digest(native)}"


def _digest(native: str) -> str:
    return hashlib.sha256(native.encode("utf-8", "surrogatepass")).hexdigest()[:DIGEST]
