"""A place that is written as one text: `"52.520008,13.404954"`. Pure."""

from __future__ import annotations

import re
from typing import Any

from bridge.decode.items import Value

_PLACE = re.compile(
    r"\s*(-?[0-9]{1,3}(?:\.[0-9]{1,12})?)\s*,\s*(-?[0-9]{1,3}(?:\.[0-9]{1,12})?)\s*"
)


def degrees(text: Any) -> dict[str, Value]:
    """Latitude and longitude; nothing of what is no place on earth, and of 0, 0, which is what a
    receiver without a fix says."""
    found = _PLACE.fullmatch(text) if type(text) is str else None
    if found is None:
        return {}
    latitude, longitude = float(found[1]), float(found[2])
    if not (latitude or longitude) or abs(latitude) > 90 or abs(longitude) > 180:
        return {}
    return {"latitude": latitude, "longitude": longitude}
