"""The packets of ThingsBoard's devices: what paho writes is read, and no bytes harm."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bridge.mqtt.packet import MalformedPacket
from bridge.thingsboard import packets
from bridge.thingsboard.packets import Connect


def written(level: int, **options: bytes) -> bytes:
    """The body of paho's CONNECT."""
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2, "pump", protocol=mqtt.MQTTv5 if level == 5 else 4
    )
    client.username_pw_set("pd_abc", "word")
    client.will_set("v1/devices/me/telemetry", options.get("will", b"{}"), 1)
    sent: list[bytes] = []
    client._packet_queue = lambda _command, packet, *_: sent.append(bytes(packet))  # type: ignore[method-assign]
    if level == 5:
        client._connect_properties = Properties(PacketTypes.CONNECT)
        client._connect_properties.SessionExpiryInterval = 3600
        client._connect_properties.RequestProblemInformation = 0
        client._connect_properties.UserProperty = ("kind", "pump")
    client._send_connect(60)
    (packet,) = sent
    return packet[2:]


@pytest.mark.parametrize("level", [4, 5])
def test_a_connect_of_pahos_is_read(level: int) -> None:
    assert packets.read_connect(written(level)) == Connect(level, "pump", "pd_abc", 60, level == 4)


def test_long_answers_have_their_length() -> None:
    why = "x" * 300
    found = packets.puback(7, 5, packets.INVALID_PAYLOAD, why)
    assert found[:3] == bytes((0x40, 0xB4, 0x02))
    assert len(found) == 3 + 0x134
    assert packets.puback(7, 4, packets.INVALID_PAYLOAD, why) == b"\x40\x02\x00\x07"


@given(st.binary(max_size=60), st.sampled_from([4, 5]), st.integers(0, 15))
@example(b"\x00\x04MQTT\x05\x02\x00\x0a\xff\xff\xff\xff\x01", 5, 0)
def test_no_bytes_raise_anything_else(raw: bytes, level: int, flags: int) -> None:
    with suppress(MalformedPacket):
        packets.read_connect(raw)
    with suppress(MalformedPacket):
        packets.read_connect(b"\x00\x04MQTT" + bytes((level, 0xC6)) + raw)
    with suppress(MalformedPacket):
        packets.read_publish(raw, flags, level)
    for subscribe in (True, False):
        with suppress(MalformedPacket):
            packets.read_asked(raw, level, subscribe=subscribe)
