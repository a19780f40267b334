"""One PUBLISH as it left the wire: where the bridge's flow begins."""

from __future__ import annotations

import msgspec

# What stands where a message of MQTT has its topic, of messages whose device the way in names.
HTTP_TELEMETRY = "http:/api/v1/telemetry"
HTTP_ATTRIBUTES = "http:/api/v1/attributes"  # ThingsBoard's
HTTP_TEST = "http:/api/v1/test"  # a look whether there is a server and the token is right
# Influx's line protocol, by what its timestamps count; the unit in nanoseconds.
HTTP_WRITE_UNITS_NS = {
    f"http:/api/v2/write?precision={name}": unit
    for name, unit in (
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    )
}  # fmt: skip
HTTP = (HTTP_TELEMETRY, HTTP_ATTRIBUTES, HTTP_TEST, *HTTP_WRITE_UNITS_NS)
# ThingsBoard's device API over MQTT (`bridge.thingsboard`): before the topic, and what is no
# message: that the device's connection began, ended, or that its token is to be looked at.
OVER_MQTT = "mqtt:"
CONNECTED, DISCONNECTED, TOKEN_ONLY = "mqtt-connected", "mqtt-disconnected", "mqtt-token"
MAX_PAYLOAD = 256 * 1024  # bytes of a message that is decoded; a larger one is quarantined, cut


class Message(msgspec.Struct, gc=False, array_like=True):
    """A received message. `gc=False`: it holds no containers, and at tens of thousands a second
    the cyclic collector would spend its time walking them."""

    topic: bytes
    payload: bytes
    mid: int  # MQTT packet identifier; 0 for QoS 0, which is not acknowledged
    dup: bool
    retain: bool
    properties: bytes  # MQTT 5 properties, undecoded: only quarantine looks at them
    received_us: int  # Unix microseconds


def names_no_device(topic: str) -> bool:
    """Whether the device of such a message is known by the way it came: by its token."""
    return topic in (*HTTP, CONNECTED, DISCONNECTED) or topic.startswith(OVER_MQTT)
