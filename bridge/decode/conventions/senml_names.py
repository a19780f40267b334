"""What the name of a SenML record says: whose the reading is, and which. Pure.

A record's name is a device's globally unique id and what it measures, in one text: the base name is
the device, the rest the metric. Where no name is left the unit says what is measured, for one name
may have several units.
"""

from __future__ import annotations

from typing import NamedTuple

from bridge.decode.identity import device_uid, metric_name
from bridge.decode.quantities import quantity_of
from bridge.decode.short_cache import short_cache

MAX_CACHED = 20_000  # devices whose uids need not be made again
# What a unit measures where no name says it (RFC 8428, table 12).
MEASURES = {"lat": "latitude", "lon": "longitude", "%EL": "battery", "EL": "battery_life",
            "%RH": "humidity", "count": "count", "/": "ratio"}  # fmt: skip

uid_of = short_cache(MAX_CACHED)(device_uid)


class Named(NamedTuple):
    """What a record's name says."""

    native: str  # the device's id
    metric: str
    full: str  # the metric as it is stored


@short_cache(MAX_CACHED)
def named(base: str, name: str, unit: str) -> Named:
    """Of a name behind a base, or one that names its device by itself."""
    if base:
        native, metric = base.rstrip(":/"), name
    else:
        native, _, metric = name.rpartition("/") if "/" in name else (name, "", "")
    if ":" in metric or "/" in metric:
        metric = metric.strip(":/").replace("/", ".")
    metric = metric or measured(unit)
    return Named(native, metric, metric_name(metric))


def measured(unit: str) -> str:
    """The metric of a record without a name."""
    return MEASURES.get(unit) or quantity_of("", unit) or "value"
