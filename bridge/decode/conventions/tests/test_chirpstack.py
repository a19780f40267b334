"""ChirpStack. Sources: chirpstack-docs at 9d9b5bb4207a (v4), chirpstack_api 3.x integration.proto
and payloads of v3 in public repositories, each named beside its row."""

from __future__ import annotations

import json

import pytest

from bridge.decode import Decoder
from bridge.decode.conventions import chirpstack
from bridge.decode.conventions.chirpstack import EVENT, PROTOBUF
from bridge.decode.items import Described, Ignored, Item, Reason, Rejected, Sample, Telemetry
from bridge.message import Message

NOW = 1_900_000_000_000_000  # Unix microseconds
EUI = "0101010101010101"
BASE = f"application/17c82e96-be03-4f38-aef3-f83d48582d97/device/{EUI}/event"
INFO = {
    "tenantName": "ChirpStack",
    "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
    "applicationName": "Test application",
    "deviceProfileName": "Test device-profile",
    "deviceName": "Test device",
    "devEui": EUI,
    "tags": {"key": "value"},
}
DEVICE = Described(EUI, name="Test device", model="Test device-profile", area="Test application")
RX = [{"gatewayId": "0016c001f153a14c", "uplinkId": 4217106255, "rssi": -36, "snr": 10.5}]
LINK = {"link.rssi": -36, "link.snr": 10.5, "link.frame_counter": 0}
TIME = "2022-07-18T09:34:15.775023242+00:00"
TIME_US = 1_658_136_855_775_023
UP = {"deviceInfo": INFO, "time": TIME, "devAddr": "00189440", "dr": 1, "fPort": 1, "rxInfo": RX}


SAMPLES = [
    (
        f"{BASE}/up",
        (b'{"deviceInfo":{"devEui":"0101010101010101","deviceName":"d","tags":{"a":"cayennelpp"}},'
        b'"time":"2022-07-18T09:34:15.775023242+00:00","fCnt":3,"fPort":1,"data":"A2cBEAVnAP8=",'
        b'"rxInfo":[{"rssi":-36,"snr":10.5}]}'),
    ),
    (
        "application/3/device/3b11628cd860f61e/rx",
        (b'{"devEUI":"OxFijNhg9h4=","deviceName":"0001","objectJSON":"{\\"t\\":25}",'
        b'"rxInfo":[{"time":null,"rssi":-40,"loRaSNR":11}],"publishedAt":"2022-12-23T20:51:17Z"}'),
    ),
    (f"{BASE}/status", b'{"deviceInfo":{"devEui":"0101010101010101"},"batteryLevel":88}'),
    (f"{BASE}/location", (b'{"deviceInfo":{"devEui":"0101010101010101"},'
                         b'"location":{"latitude":37.3,"longitude":-8.8,"altitude":2}}')),
]  # fmt: skip


def decoded(payload: object, event: str = "up", topic: str = "") -> list[Item]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    where = (topic or f"{BASE}/{event}").encode()
    return Decoder().decode(Message(where, raw, 1, False, False, b"", NOW))


@pytest.mark.parametrize(
    ("source", "event", "payload", "values"),
    [
        (
            "integrations/events.md, up; with a codec its object",
            "up",
            UP | {"data": "qg==", "object": {"temperatureSensor": {"1": 25}, "humidity": 32.5}},
            LINK | {"temperatureSensor.1": 25, "humidity": 32.5},
        ),
        (
            "tago-io/decoders: numbers as text, ids, a battery that is null",
            "up",
            UP | {"fCnt": 7, "object": {"Battery": None, "t": "21.5", "on": "0", "id": "00000101"}},
            LINK | {"link.frame_counter": 7, "t": 21.5, "on": 0, "id": "00000101"},
        ),
        (
            "a device whose tags say that its bytes are CayenneLPP",
            "up",
            UP | {"data": "A2cBEAVnAP8=", "deviceInfo": INFO | {"tags": {"codec": "cayenne_lpp"}}},
            LINK | {"temperature_3": 27.2, "temperature_5": 25.5},
        ),
        (
            "integrations/events.md, status",
            "status",
            {"deviceInfo": INFO, "time": TIME, "margin": 10, "batteryLevel": 88.3},
            {"battery": 88.3, "link.margin": 10, "external_power": False},
        ),
        (
            "integration.proto, StatusEvent: defaults are left out",
            "status",
            {"deviceInfo": INFO, "time": TIME},
            {"battery": 0, "link.margin": 0, "external_power": False},
        ),
        (
            "integration.proto, StatusEvent: a battery that is not known says nothing",
            "status",
            {"deviceInfo": INFO, "time": TIME, "margin": 3, "batteryLevelUnavailable": True},
            {"link.margin": 3, "external_power": False},
        ),
        (
            "integrations/events.md, location",
            "location",
            {
                "deviceInfo": INFO,
                "time": TIME,
                "location": {"latitude": 37.344214, "longitude": -8.839375, "altitude": 2},
            },
            {
                "location.latitude": 37.344214,
                "location.longitude": -8.839375,
                "location.altitude": 2,
            },
        ),
    ],
)
def test_an_event_of_version_4_is_readings(
    source: str, event: str, payload: dict[str, object], values: dict[str, object]
) -> None:
    expected = [DEVICE, Telemetry(EUI, [Sample(TIME_US, values)])]
    assert decoded(payload, event) == expected
    if event != "status" or "margin" in payload:
        # Without the topic that says so, as over a bridge that renames topics.
        assert decoded(payload, topic="lora/all") == expected


V3 = {
    "applicationID": "3",
    "applicationName": "laboratory-testing",
    "deviceName": "0001",
    "deviceProfileName": "Lab-Testing",
    "fCnt": 9746,
    "fPort": 1,
    "data": "SGVsbG8sIHdvcmxkIQ==",
    "publishedAt": "2022-12-23T20:51:17.143948793Z",
}
V3_US = 1_671_828_677_143_948
V3_EUI = "3b11628cd860f61e"
V3_DEVICE = Described(V3_EUI, name="0001", model="Lab-Testing", area="laboratory-testing")
V3_LINK = {"link.rssi": -40, "link.snr": 11, "link.frame_counter": 9746}
V3_RX = {"gatewayID": "YMWo//52FO8=", "rssi": -40, "loRaSNR": 11}


@pytest.mark.parametrize(
    ("source", "payload", "time_us"),
    [
        (
            "v3, protobuf as JSON: EUI in base64, object in a text, no time at the gateway",
            {
                "devEUI": "OxFijNhg9h4=",
                "objectJSON": '{"temperatureSensor":25,"humiditySensor":32}',
                "rxInfo": [V3_RX | {"time": None}],
            },
            V3_US,
        ),
        (
            "v3, JSON: EUI in hex, object as it is, the gateway's time",
            {
                "devEUI": V3_EUI,
                "object": {"temperatureSensor": 25, "humiditySensor": 32},
                "rxInfo": [V3_RX | {"time": "2022-07-11T10:44:40.458589Z"}],
            },
            1_657_536_280_458_589,
        ),
    ],
)
@pytest.mark.parametrize("end", ["event/up", "rx"])
def test_both_ways_of_version_3_say_the_same(
    source: str, payload: dict[str, object], time_us: int, end: str
) -> None:
    items = decoded(V3 | payload, topic=f"application/3/device/{V3_EUI}/{end}")
    values = V3_LINK | {"temperatureSensor": 25, "humiditySensor": 32}
    assert items == [V3_DEVICE, Telemetry(V3_EUI, [Sample(time_us, values)])]


def test_an_uplink_without_a_codec_is_told_and_its_link_kept() -> None:
    """integrations/events.md, up: only `data`."""
    _, told = decoded(UP | {"data": "qg=="})
    assert isinstance(told, Telemetry)
    assert told.samples == [Sample(TIME_US, LINK)]
    assert [problem.reason for problem in told.problems] == [Reason.NO_VALUES]


def test_a_join_describes_the_device() -> None:
    """integrations/events.md, join."""
    assert decoded({"deviceInfo": INFO, "time": TIME, "devAddr": "00189440"}, "join") == [DEVICE]


@pytest.mark.parametrize("event", ["ack", "txack", "log", "integration"])
def test_what_is_not_measured_is_counted(event: str) -> None:
    """integrations/events.md."""
    assert decoded({"deviceInfo": INFO, "object": {"t": 1}}, event) == [Ignored(EVENT, event)]


def test_gateways_and_commands_are_not_claimed() -> None:
    for topic in (
        "gateway/0016c001f153a14c/event/up",
        "application/1/device/0101010101010101/event/other",
        "application/1/other/0101010101010101/event/up",
    ):
        assert chirpstack.matches(topic, b"{}") == 0
    assert decoded(b"{}", topic=f"application/1/device/{EUI}/command/down") == [
        Ignored(EVENT, "command")
    ]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x0a\x24\xff\xfe", Reason.NOT_UTF8),  # the protobuf encoding of the same event
        (b"\x0a\x01a", Reason.MALFORMED_JSON),
        (b"[]", Reason.WRONG_TYPE),
        (b"", Reason.EMPTY_PAYLOAD),
    ],
)
def test_what_cannot_be_used_has_its_reason(payload: bytes, reason: Reason) -> None:
    (item,) = decoded(payload)
    assert isinstance(item, Rejected)
    assert (item.uid, item.problem.reason) == (EUI, reason)
    if payload.startswith(b"\x0a"):
        assert item.problem.detail == PROTOBUF


@pytest.mark.parametrize(
    "change",
    [
        {"objectJSON": "{", "object": None},
        {"objectJSON": '{"a":' * 2_000, "object": 7},
        {"objectJSON": "\ud800", "object": []},
        {"object": {"\x00": 1, "a": {"\ud800": "x"}, "b": float("inf")}},
        {"rxInfo": {"rssi": 1}, "fCnt": -1.5, "time": 7},
        {"rxInfo": [7] * 1_000, "deviceInfo": {"devEui": "xyz", "deviceName": "\x00"}},
        {"deviceInfo": [], "tags": 7, "data": "!!"},
    ],
)
@pytest.mark.parametrize("event", ["up", "status", "location", "join"])
def test_hostile_events_raise_nothing(change: dict[str, object], event: str) -> None:
    items = decoded(UP | {"location": {"latitude": "x", "longitude": True}} | change, event)
    assert items
    for item in items:
        assert not (
            isinstance(item, Rejected) and item.problem.reason is Reason.CONVENTION_FAILED
        ), item
