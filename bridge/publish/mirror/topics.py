"""Where it is published, and what a value is there. Pure."""

from __future__ import annotations

import re

from bridge.decode.conventions.own import NODE, ROOT

MAX_EXACT = 2**53  # whole numbers up to it are written without a point
_UNSAFE = re.compile(r"[/+#%\x00-\x1f\x7f-\x9f]")
_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
AVAILABILITY = "availability"
ONLINE, OFFLINE = b"online", b"offline"  # as Home Assistant takes them unless told otherwise


def state(uid: str, metric: str) -> str:
    """The topic of a series. What may not stand in one level is written `%2F` and the like, and so
    is the first letter of a metric that is called as the topic beside it."""
    level = _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", metric)
    if level == AVAILABILITY:
        level = f"%{ord(level[0]):02X}{level[1:]}"
    return f"{ROOT}/{uid}/{level}"


def availability(uid: str) -> str:
    """The topic that says whether the device is there."""
    return f"{ROOT}/{uid}/{AVAILABILITY}"


def discovery(prefix: str, uid: str) -> str:
    """The topic of a device's document for Home Assistant."""
    return f"{prefix}/device/{NODE}/{uid}/config"


def key(metric: str) -> str:
    """The metric as Home Assistant's ids may be written."""
    return _NO_ID.sub(lambda found: f"-{ord(found[0]):x}-", metric)


def payload(value: float | str, kind: str) -> bytes | None:
    """The value as it is published; None for a word of a series of numbers, which says that there
    is no number."""
    if kind == "text":
        return str(value).encode("utf-8", "replace")
    if isinstance(value, str):
        return None
    if kind == "boolean":
        return b"true" if value else b"false"
    if value == int(value) and abs(value) <= MAX_EXACT:
        return b"%d" % int(value)
    return repr(float(value)).encode()
