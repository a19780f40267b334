"""Whatever broker `up` starts, its one port takes every MQTT version devices speak."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from paho.mqtt import client as mqtt

from embedded.servers import mqtt_front
from embedded.servers.mqtt_front import Front, NotMqtt, protocol_level
from embedded.servers.ports import free_port
from tests.servers import RunningServer
from tests.waiting import eventually

ANSWER_SECONDS = 60.0  # for a byte that must come, on a busy machine
MOST_HELD = 50_000_000  # bytes in the kernel's buffers of two connections and in the front's
BIG = b"x" * 1_000_000  # bytes of a message that takes many reads


def connect_packet(level: int, name: bytes = b"MQTT", client_id: bytes = b"probe") -> bytes:
    """A CONNECT with clean start, keep-alive 60 s and no properties."""
    body = struct.pack("!H", len(name)) + name + bytes([level, 2]) + struct.pack("!H", 60)
    body += b"\0" if level == 5 else b""
    body += struct.pack("!H", len(client_id)) + client_id
    return bytes([0x10, len(body)]) + body


@pytest.fixture(params=["mosquitto", "iotcore"])
def any_broker(request: pytest.FixtureRequest) -> RunningServer:
    server: RunningServer = request.getfixturevalue(request.param)
    return server


@contextmanager
def device(port: int, version: int) -> Iterator[tuple[mqtt.Client, list[bytes]]]:
    """A stock client on the printed port, and what it received from `t`."""
    seen: list[bytes] = []
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=version)
    client.on_message = lambda _client, _data, message: seen.append(message.payload)
    subscribed = threading.Event()
    client.on_connect = lambda *_: client.subscribe("t", qos=1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        assert subscribed.wait(ANSWER_SECONDS)
        yield client, seen
    finally:
        client.disconnect()
        client.loop_stop()


@pytest.mark.process
def test_both_versions_meet_on_the_printed_port(any_broker: RunningServer) -> None:
    with (
        device(any_broker.port, mqtt.MQTTv311) as (old, old_seen),
        device(any_broker.port, mqtt.MQTTv5) as (new, new_seen),
    ):
        for sender, payload in ((old, b"from 3.1.1"), (new, b"from 5"), (old, BIG), (new, BIG)):
            sender.publish("t", payload, qos=1).wait_for_publish(ANSWER_SECONDS)
        want = sorted([b"from 3.1.1", b"from 5", BIG, BIG])
        eventually(lambda: sorted(old_seen) == want, what="everything reached MQTT 3.1.1")
        eventually(lambda: sorted(new_seen) == want, what="everything reached MQTT 5")


@pytest.mark.parametrize("level", [4, 5])
def test_a_connect_may_come_byte_by_byte(iotcore: RunningServer, level: int) -> None:
    with socket.create_connection(("127.0.0.1", iotcore.port), ANSWER_SECONDS) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in connect_packet(level):
            peer.sendall(bytes([byte]))
        answer = peer.recv(5)
    assert (answer[0], answer[3]) == (0x20, 0)


def test_a_version_nobody_speaks_is_told_so(iotcore: RunningServer) -> None:
    for packet in (connect_packet(3, b"MQIsdp"), connect_packet(6)):
        with socket.create_connection(("127.0.0.1", iotcore.port), ANSWER_SECONDS) as peer:
            peer.sendall(packet)
            assert peer.recv(5) == b"\x20\x02\x00\x01"
            assert peer.recv(5) == b""


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\r\n", b"\x10\xff\xff\xff\xff\x01", b"\x00"])
def test_what_is_no_mqtt_is_cut_off(iotcore: RunningServer, noise: bytes) -> None:
    with socket.create_connection(("127.0.0.1", iotcore.port), ANSWER_SECONDS) as peer:
        peer.sendall(noise)
        assert is_cut_off(peer)
    with device(iotcore.port, mqtt.MQTTv311):
        pass  # and others are served


def is_cut_off(peer: socket.socket) -> bool:
    try:
        return peer.recv(5) == b""
    except ConnectionResetError:
        return True  # it had sent more than was read


@pytest.mark.parametrize("level", [3, 4, 5, 6])
def test_the_level_is_read_as_soon_as_it_is_there(level: int) -> None:
    packet = connect_packet(level)
    for end in range(9):
        assert protocol_level(packet[:end]) is None
    assert protocol_level(packet[:9]) == level
    assert protocol_level(packet) == level
    long = b"\x10\xff\xff\x7f" + packet[2:]  # the longest length has four bytes, this one three
    assert protocol_level(long) == level


def test_another_protocol_is_no_mqtt() -> None:
    for first in (b"\x16\x03\x01", b"\x10\x0c\x00\x04HTTP\x04", b"\x10\x0c\xff\xff"):
        with pytest.raises(NotMqtt):
            protocol_level(first)


@contextmanager
def front_before(port: int) -> Iterator[int]:
    """A front of this process before a server on `port`; the port it listens on."""
    own, front = free_port(), Front("127.0.0.1", {4: port, 5: port})
    loop = asyncio.new_event_loop()
    serving = loop.create_task(front.serve(own))
    thread = threading.Thread(target=lambda: loop.run_until_complete(_served(serving, front)))
    thread.start()
    try:
        eventually(lambda: _accepts(own), what="the front listens")
        yield own
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()
        loop.close()


async def _served(serving: asyncio.Task[None], front: Front) -> None:
    """Until it is cancelled, and every connection is closed."""
    await asyncio.wait([serving])
    sides = [side for one in front.clients for side in (one, one.other) if side]
    for side in sides:
        if side.transport:
            side.transport.abort()
    while any(side.transport for side in sides):  # noqa: ASYNC110 (one turn of the loop or two)
        await asyncio.sleep(0)


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def test_a_silent_connection_is_not_kept(
    mosquitto: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_front, "CONNECT_SECONDS", 0.1)
    with (
        front_before(mosquitto.port) as port,
        socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) as peer,
    ):
        assert peer.recv(5) == b""


def test_no_more_connections_than_its_bound(
    mosquitto: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mqtt_front, "MAX_CONNECTIONS", 1)
    with front_before(mosquitto.port) as port:
        eventually(lambda: _counts(port), what="only one is taken")


def _counts(port: int) -> bool:
    """Whether of two connections the first is served and the second cut off.

    False while the front still counts the look for its port.
    """
    with (
        socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) as first,
        socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) as second,
    ):
        try:
            first.sendall(connect_packet(4))
            served = first.recv(4) == b"\x20\x02\x00\x00"
        except ConnectionError:
            return False
        return served and is_cut_off(second)


def test_a_broker_that_does_not_read_holds_its_sender() -> None:
    """The front keeps a bounded number of bytes, whatever is sent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.listen()
        with (
            front_before(listener.getsockname()[1]) as port,
            socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS) as peer,
        ):
            peer.sendall(connect_packet(4))
            peer.settimeout(1.0)
            sent = 0
            with suppress(TimeoutError):
                while sent < 2 * MOST_HELD:
                    sent += peer.send(bytes(100_000))
            assert sent < MOST_HELD
