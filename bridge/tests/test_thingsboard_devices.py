"""ThingsBoard's device API over MQTT: devices that their token alone names."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator

import pytest
from paho.mqtt import client as mqtt

from bridge.decode.conventions.thingsboard import REQUEST
from bridge.decode.items import Reason
from bridge.http import process
from bridge.mqtt.broker import Broker
from bridge.thingsboard import connection, packets
from bridge.thingsboard import listener as thingsboard
from bridge.thingsboard.listener import Listener, counters
from devices.models import Device, Presence
from telemetry.models import QuarantinedMessage
from telemetry.tests.locked import readings_locked
from tests.waiting import eventually

STORED = (
    "SELECT d.uid, s.metric, r.value FROM reading r JOIN telemetry_series s ON s.id = r.series_id"
    " JOIN devices_device d ON d.id = s.device_id"
)
VERSIONS = {4: mqtt.MQTTv311, 5: mqtt.MQTTv5}
TELEMETRY = "v1/devices/me/telemetry"


@pytest.fixture
def listener(database: object) -> Iterator[Listener]:
    made = Listener(Broker("127.0.0.1", 0))
    made.start()
    try:
        eventually(lambda: made.port, what="it listens")
        yield made
    finally:
        made.stop()
        process.stop()
    assert not made.is_alive()
    assert made.failures == 0


class Sender:
    """A device with paho's client."""

    def __init__(self, port: int, token: str, level: int, client_id: str = "sensor") -> None:
        self.acked: dict[int, int] = {}  # reason by packet identifier
        self.granted: list[int] = []
        self.opened: list[int] = []
        self.closed: list[int] = []
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id, protocol=VERSIONS[level]
        )
        self.client.username_pw_set(token)
        self.client.on_publish = lambda _c, _d, mid, reason, _p: self.acked.update(
            {mid: reason.value}
        )
        self.client.on_subscribe = lambda _c, _d, _mid, codes, _p: self.granted.extend(
            code.value for code in codes
        )
        self.client.on_connect = lambda _c, _d, _f, code, _p: self.opened.append(code.value)
        self.client.on_disconnect = lambda _c, _d, _f, code, _p: self.closed.append(code.value)
        self.client.reconnect_delay_set(60, 60)  # what is cut off stays so
        self.client.connect("127.0.0.1", port, keepalive=30)
        self.client.loop_start()
        eventually(lambda: self.opened or self.closed, what="it is answered")

    def send(self, topic: str, payload: object, qos: int = 1) -> int:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.client.publish(topic, raw, qos).mid

    def told(self, mid: int) -> int:
        return eventually(lambda: mid in self.acked and [self.acked[mid]], what="acknowledged")[0]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def sender(listener: Listener) -> Iterator[Callable[..., Sender]]:
    made: list[Sender] = []

    def connected(token: str, level: int = 5, **options: str) -> Sender:
        made.append(Sender(listener.port, token, level, **options))
        return made[-1]

    yield connected
    for each in made:
        each.close()


def test_one_device_has_not_the_connections_of_all(sender, freezer: Device, monkeypatch) -> None:
    monkeypatch.setattr(connection, "MAX_OF_TOKEN", 2)
    first, second = (sender(freezer.token, client_id=f"c{number}") for number in range(2))
    assert sender(freezer.token, client_id="c2").opened == [packets.TOO_MANY]
    again = sender(freezer.token, client_id="c1")
    assert (first.opened, second.opened, again.opened) == ([0], [0], [0]), "as who comes back"
    eventually(lambda: second.closed, what="it is taken over")
    first.close()
    eventually(lambda: sender(freezer.token, client_id="c3").opened == [0], what="there is room")


@pytest.mark.parametrize("level", [4, 5])
def test_a_device_is_who_its_token_says(sender, freezer: Device, database, level: int) -> None:
    device = sender(freezer.token, level)
    assert device.opened == [0]
    device.client.subscribe([("v1/devices/me/attributes", 1), ("v1/devices/me/rpc/request/+", 0)])
    device.client.subscribe("v1/devices/other/telemetry", 1)
    eventually(lambda: len(device.granted) == 3, what="answered")
    assert device.granted[:2] == [1, 0]
    assert device.granted[2] >= 0x80
    eventually(lambda: Presence.objects.get().connection == "online", what="it is online")
    moment_ms = int(time.time() * 1000)
    mid = device.send(TELEMETRY, [{"ts": moment_ms, "values": {"t": 4.5, "door": {"n": "3"}}}])
    assert device.told(mid) == 0
    assert set(database(STORED)) == {("freezer-1", "t", 4.5), ("freezer-1", "door.n", 3)}
    assert device.told(device.send("v1/devices/me/attributes", {"fw_version": "2.1", "x": 7})) == 0
    freezer.refresh_from_db()
    assert freezer.metadata["described"] == {"firmware": "2.1"}
    assert device.told(device.send("v1/devices/me/rpc/request/1", {"method": "now"})) == 0
    ignored = f"SELECT count(*) FROM bridge_ignoredmessages WHERE reason = '{REQUEST}'"
    assert database(ignored) == [(1,)]
    device.send("v2/t", {"unacknowledged": 1}, qos=0)
    last = device.send(TELEMETRY, {"t": 4.75})
    device.told(last)
    assert {"unacknowledged", "x", "t"} <= {metric for _, metric, _ in database(STORED)}
    device.close()
    eventually(lambda: Presence.objects.get().connection == "offline", what="it is gone")
    assert QuarantinedMessage.objects.count() == 0


def test_what_is_wrong_is_told_and_kept(sender, freezer: Device, database) -> None:
    device = sender(freezer.token)
    wrong = {
        device.send(TELEMETRY, b"{"): (packets.INVALID_PAYLOAD, Reason.MALFORMED_JSON),
        device.send("plant/t", {"t": 1}): (packets.INVALID_TOPIC, Reason.UNKNOWN_TOPIC),
        device.send("v1/gateway/telemetry", {"A": [{"t": 1}]}): (
            packets.INVALID_TOPIC,
            Reason.UNKNOWN_TOPIC,
        ),
    }
    for mid, (reason, _) in wrong.items():
        assert device.told(mid) == reason
    kept = QuarantinedMessage.objects.order_by("id")
    assert [(each.uid, each.reason) for each in kept] == [
        ("freezer-1", reason.value) for _, reason in wrong.values()
    ]
    assert kept[0].topic == f"mqtt:{TELEMETRY}"


def test_who_has_no_token_gets_no_further(listener: Listener, sender, freezer: Device) -> None:
    assert sender("pd_wrong").opened == [packets.BAD_TOKEN]
    assert sender("", level=4).opened[:1] not in ([], [0])
    eventually(lambda: counters(listener)["thingsboard_refused"] == 2, what="both are counted")
    freezer.issue_token()
    older = freezer.token
    freezer.save()
    device = sender(older)
    assert device.opened == [0]
    freezer.issue_token()
    freezer.save()
    device.send(TELEMETRY, {"t": 1})
    eventually(lambda: device.closed, what="cut off, for its token is another")
    assert not device.acked
    eventually(lambda: counters(listener)["thingsboard_cut"] == 1, what="it is counted")


def test_a_silent_device_is_cut_off_once_its_token_is_another(
    sender, freezer: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LOOK_AGAIN", 0.1)
    device = sender(freezer.token, 4)
    freezer.issue_token()
    freezer.save()
    eventually(lambda: device.closed, what="cut off")


def test_nothing_is_acknowledged_before_it_is_durable(sender, freezer: Device, database) -> None:
    device = sender(freezer.token)
    with readings_locked():
        mids = [device.send(TELEMETRY, {"n": n}) for n in range(5)]
        time.sleep(0.3)  # a moment in which it could be acknowledged wrongly
        assert not device.acked
    assert [device.told(mid) for mid in mids] == [0] * 5
    assert {value for _, metric, value in database(STORED) if metric == "n"} == {0, 1, 2, 3, 4}


def test_one_of_two_connections_of_a_device_may_go(sender, freezer: Device, database) -> None:
    first, second = sender(freezer.token, client_id="a"), sender(freezer.token, client_id="b")
    third = sender(freezer.token, client_id="b")
    eventually(lambda: second.closed, what="its client id is another's")
    first.close()
    third.told(third.send(TELEMETRY, {"t": 1}))
    assert Presence.objects.get().connection == "online"


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x10\xff\xff\xff\x7f",
        b"\x10\x02\x00\x04",
        b"\x30\x00",
        b"\x10\x0e\x00\x06MQIsdp\x03\x02\x00\x0a\x00\x00",
    ],
)
def test_who_speaks_no_mqtt_is_hung_up_on(listener: Listener, raw: bytes) -> None:
    with socket.create_connection(("127.0.0.1", listener.port), timeout=60) as plain:
        plain.sendall(raw)
        assert plain.recv(100) in (b"", b"\x20\x02\x00\x01")
    eventually(lambda: counters(listener)["thingsboard_refused"] == 1, what="it is counted")


def test_who_says_nothing_keeps_nobody_else_out(
    listener: Listener, sender, freezer: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thingsboard, "MAX_UNKNOWN_OF_ONE", 2)
    device = sender(freezer.token)
    silent = [socket.create_connection(("127.0.0.1", listener.port), timeout=60) for _ in range(3)]
    try:
        assert silent[2].recv(1) == b""  # of one address two may be unknown
        assert device.told(device.send(TELEMETRY, {"t": 1})) == 0
        silent[0].close()
        eventually(lambda: counters(listener)["thingsboard_refused"] == 2, what="the one that went")
        assert sender(freezer.token, client_id="b").opened == [0]
    finally:
        for each in silent:
            each.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x34\x07\x00\x01t\x00\x01hi",  # QoS 2
        b"\x32\x05\x00\x01t\x00\x00",  # a packet identifier of 0
        b"\x30\xff\xff\xff\x7f",  # 268 MB
        b"\x82\x02\x00\x01",  # no filter
        b"\x50\x02\x00\x01",  # PUBREC
        b"\x30\x03\x00\x01#",
        b"\x30\xff\xff\xff\xff\x01",
    ],
)
def test_a_packet_that_is_none_ends_the_connection(
    listener: Listener, freezer: Device, sent: bytes
) -> None:
    name = freezer.token.encode()
    body = b"\x00\x04MQTT\x04\x82\x00\x3c\x00\x01a" + len(name).to_bytes(2, "big") + name
    with socket.create_connection(("127.0.0.1", listener.port), timeout=60) as plain:
        plain.sendall(bytes((0x10, len(body))) + body)
        assert plain.recv(4) == b"\x20\x02\x00\x00"
        plain.sendall(sent)
        assert plain.recv(100) == b""
    eventually(lambda: counters(listener)["thingsboard_cut"] == 1, what="it is counted")
    eventually(lambda: counters(listener)["thingsboard_connections"] == 0, what="it is gone")
