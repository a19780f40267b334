"""Devices and metrics of what has a measurement, tags and fields: line protocol and Telegraf. Pure.

The device is a tag where one says it; Telegraf's `host` is the machine it runs on. Every other tag
tells series apart, and is in the metric's name.
"""

from __future__ import annotations

from bridge.decode import topic_path
from bridge.decode.device_readings import DeviceReadings
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Value
from bridge.decode.short_cache import short_cache

# The first of these that a point has is its device. `source` and `agent_host` are what a Telegraf
# plugin asked over the network; beside `host`, a tag `device` is a disk.
OF_TELEGRAF = ("source", "agent_host", "host")
OTHERWISE = (
    *("device_id", "deviceId", "device", "sensor_id", "sensorId", "sensor", "node_id", "node"),
    *("dev_eui", "serial", "id", "name"),
)
MAX_CACHED = 4_096  # topics, points and measurements that need not be named again
DROPPED = frozenset({"topic"})  # inputs.mqtt_consumer adds it, and says only how it came


class Names:
    """What points that come on one topic are called."""

    def __init__(self, topic: str) -> None:
        path = topic_path.read(topic)
        self.uid = path.uid if path else device_uid(topic)
        self._name = path.name if path else ""
        self._area = path.area if path else ""

    def add(
        self,
        found: DeviceReadings,
        measurement: str,
        tags: dict[str, str],
        fields: dict[str, Value],
        time_us: int,
    ) -> None:
        """Gather the readings of one point."""
        if not fields:
            return
        native, uid, prefix = _told(measurement, tags)
        if native:
            found.describe(uid, name=native)
        else:
            uid = self.uid
            found.describe(uid, name=self._name, area=self._area)
        found.add(uid, time_us, _values(prefix, fields))


@short_cache(MAX_CACHED)
def of_topic(topic: str) -> Names:
    """Those of a topic, made once."""
    return Names(topic)


def _told(measurement: str, tags: dict[str, str]) -> tuple[str, str, str]:
    """What a point calls its device, the device's uid, and how its metrics begin."""
    return _tell(measurement, *tags, *tags.values())


@short_cache(MAX_CACHED)
def _tell(measurement: str, *tagged: str) -> tuple[str, str, str]:
    half = len(tagged) // 2
    tags = dict(zip(tagged[:half], tagged[half:], strict=True))
    key = _device_tag(tags)
    native = tags[key] if key else ""
    return native, device_uid(native), _prefix(measurement, tags, _beside_device(key))


def of_its_device(
    measurement: str, tags: dict[str, str], fields: dict[str, Value]
) -> tuple[str, dict[str, Value]]:
    """Whose the values of a point are, by its tags alone ("": nobody's), and their names."""
    _, uid, prefix = _told(measurement, tags)
    return uid, _values(prefix, fields)


def of_one_device(
    uid: str, measurement: str, tags: dict[str, str], fields: dict[str, Value]
) -> dict[str, Value]:
    """The values of a point that a device writes as itself. A tag that is its own name tells
    nothing; what another one says stays in the name, so that two things are never one series."""
    key = _device_tag(tags)
    dropped = DROPPED | {key} if key and device_uid(tags[key]) == uid else DROPPED
    return _values(_prefix(measurement, tags, dropped), fields)


def _prefix(measurement: str, tags: dict[str, str], dropped: frozenset[str]) -> str:
    labels = [f"{tag}={tags[tag]}" for tag in sorted(tags) if tag not in dropped]
    return ".".join([measurement, *labels])


def _values(prefix: str, fields: dict[str, Value]) -> dict[str, Value]:
    return dict(zip(_metrics(prefix, *fields), fields.values(), strict=True))


@short_cache(MAX_CACHED)
def _metrics(prefix: str, *fields: str) -> tuple[str, ...]:
    return tuple(
        metric_name(prefix, "" if field == "value" else field) or "value" for field in fields
    )


def _beside_device(key: str) -> frozenset[str]:
    """The tags that tell no series apart where this one is the device."""
    return DROPPED | {key, "host"} if key in OF_TELEGRAF else DROPPED | {key}


def _device_tag(tags: dict[str, str]) -> str:
    for key in OF_TELEGRAF if "host" in tags else (*OTHERWISE, *OF_TELEGRAF):
        if tags.get(key):
            return key
    return ""
