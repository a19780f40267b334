"""Packets are cut out of received bytes whatever way the network split them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bridge.mqtt.packet import MAX_PACKET, MalformedPacket, PacketCutter
from bridge.mqtt.properties import describe

PINGRESP = b"\xd0\x00"


def variable(number: int) -> bytes:
    encoded = bytearray()
    while True:
        number, digit = divmod(number, 128)
        encoded.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


def publish(
    topic: bytes, payload: bytes, mid: int = 0, *, dup: bool = False, properties: bytes = b""
) -> bytes:
    head = 0x30 | (0x02 if mid else 0) | (0x08 if dup else 0)
    body = len(topic).to_bytes(2, "big") + topic + (mid.to_bytes(2, "big") if mid else b"")
    body += variable(len(properties)) + properties + payload
    return bytes([head]) + variable(len(body)) + body


def cut(chunks: list[bytes]) -> tuple[list[tuple[bytes, bytes, int]], list[bytes]]:
    cutter = PacketCutter(version5=True)
    messages, others = [], []
    for chunk in chunks:
        found = cutter.feed(chunk, 7)
        messages += [(m.topic, m.payload, m.mid) for m in found.messages]
        others += found.others
    return messages, others


def test_packets_split_at_every_offset_are_cut_the_same() -> None:
    stream = publish(b"a/b", b"one", 1) + PINGRESP + publish(b"c", b"x" * 300, 65535, dup=True)
    whole = cut([stream])
    assert whole == ([(b"a/b", b"one", 1), (b"c", b"x" * 300, 65535)], [PINGRESP])
    for offset in range(1, len(stream)):
        assert cut([stream[:offset], stream[offset:]]) == whole
    assert cut([stream[i : i + 1] for i in range(len(stream))]) == whole


@given(
    st.lists(
        st.tuples(
            st.binary(min_size=1, max_size=40),
            st.binary(max_size=300),
            st.integers(0, 65535),
            st.binary(max_size=200),
        ),
        max_size=8,
    ),
    st.integers(1, 50),
)
def test_every_packet_comes_out_as_it_went_in(
    packets: list[tuple[bytes, bytes, int, bytes]], size: int
) -> None:
    stream = b"".join(publish(t, p, mid, properties=props) for t, p, mid, props in packets)
    messages, others = cut([stream[i : i + size] for i in range(0, len(stream), size)])
    assert messages == [(topic, payload, mid) for topic, payload, mid, _ in packets]
    assert others == []


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_arbitrary_bytes_are_cut_or_refused_and_never_crash(chunks: list[bytes]) -> None:
    try:
        cut(chunks)
    except MalformedPacket:
        return


def test_a_packet_over_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(MalformedPacket, match="over"):
        PacketCutter(version5=True).feed(b"\x30" + variable(MAX_PACKET + 1), 0)


@pytest.mark.parametrize(
    "packet",
    [b"\x32\x04\x00\x09ab", b"\x30\x03\x00\x00\x00", b"\x30\x04\x00\x01a\x7f"],
    ids=["topic longer than the packet", "empty topic", "properties longer than the packet"],
)
def test_a_publish_that_contradicts_itself_is_refused(packet: bytes) -> None:
    with pytest.raises(MalformedPacket):
        PacketCutter(version5=True).feed(packet, 0)


def test_properties_of_every_type_are_described() -> None:
    properties = Properties(PacketTypes.PUBLISH)
    properties.PayloadFormatIndicator = 1
    properties.MessageExpiryInterval = 60
    properties.ContentType = "application/json"
    properties.ResponseTopic = "a/b"
    properties.CorrelationData = b"\x00\x01"
    properties.TopicAlias = 300
    properties.UserProperty = [("k", "v"), ("k", "w\x00")]
    packed = properties.pack()
    stream = publish(b"t", b"{}", 1, properties=packed[1:])
    (message,) = PacketCutter(version5=True).feed(stream, 0).messages
    assert message.payload == b"{}"
    assert describe(message.properties) == {
        "payload_format": 1,
        "message_expiry_s": 60,
        "content_type": "application/json",
        "response_topic": "a/b",
        "correlation_data": "0001",
        "topic_alias": 300,
        "user": [["k", "v"], ["k", "w\u2400"]],
    }


@given(st.binary(max_size=200))
def test_undecodable_properties_are_kept_as_hex(raw: bytes) -> None:
    described = describe(raw)
    assert isinstance(described, dict)
    assert "\x00" not in repr(described.get("user", ""))
