"""One PUBLISH as it left the wire: where the bridge's flow begins."""

from __future__ import annotations

import msgspec

# What stands where a message of MQTT has its topic, of messages whose device the way in names.
HTTP_TELEMETRY = "http:/api/v1/telemetry"
HTTP_ATTRIBUTES = "http:/api/v1/attributes"  # ThingsBoard's
HTTP_TEST = "http:/api/v1/test"  # a look whether there is a server and the token is right
HTTP = (HTTP_TELEMETRY, HTTP_ATTRIBUTES, HTTP_TEST)
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
