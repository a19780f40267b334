"""ThingsBoard over MQTT. Sources, named beside each row: gateway-mqtt-api.md and mqtt-api.md of
thingsboard.github.io (_includes/docs/reference), and its Python SDK (tb-mqtt-client 1.13)."""

from __future__ import annotations

import json

import pytest

from bridge.decode import Decoder
from bridge.decode.conventions import thingsboard
from bridge.decode.conventions.thingsboard import MAX_DEVICES, REQUEST
from bridge.decode.identity import device_uid
from bridge.decode.items import (
    Described,
    Ignored,
    Item,
    Presence,
    Reason,
    Rejected,
    Sample,
    Telemetry,
)
from bridge.message import Message

NOW = 1_900_000_000_000_000  # Unix microseconds
SAMPLES = [
    ("v1/gateway/telemetry", b'{"Device A":[{"ts":1483228800000,"values":{"temperature":42}}]}'),
    ("v1/gateway/attributes", b'{"Device A":{"fw_version":"1.0","battery":87}}'),
    ("v1/gateway/connect", b'{"device":"Device A","type":"Sensor A"}'),
    ("v1/gateway/disconnect", b'{"device":"Device A"}'),
    ("v1/devices/dev-1/telemetry", b'[{"key1":"value1"},{"key2":true}]'),
    ("dev-1/v1/devices/me/attributes", b'{"attribute1":"value1","attribute2":true}'),
]
A, B = device_uid("Device A"), device_uid("Device B")
NAMED_A, NAMED_B = Described(A, name="Device A"), Described(B, name="Device B")


def hear(topic: str, payload: object) -> list[Item]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Decoder().decode(Message(topic.encode(), raw, 1, False, False, b"", NOW))


def test_a_gateway_sends_telemetry_of_many_devices() -> None:
    """gateway-mqtt-api.md, Telemetry upload API."""
    payload = {
        "Device A": [
            {"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}},
            {"ts": 1483228801000, "values": {"temperature": 43, "humidity": 82}},
        ],
        "Device B": [{"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}}],
    }
    first, second = 1_483_228_800_000_000, 1_483_228_801_000_000
    assert hear("v1/gateway/telemetry", payload) == [
        NAMED_A,
        Telemetry(
            A,
            [
                Sample(first, {"temperature": 42, "humidity": 80}),
                Sample(second, {"temperature": 43, "humidity": 82}),
            ],
        ),
        NAMED_B,
        Telemetry(B, [Sample(first, {"temperature": 42, "humidity": 80})]),
    ]


@pytest.mark.parametrize(
    ("source", "given", "samples"),
    [
        ("mqtt-api.md, without a time", {"temperature": 42}, [(0, {"temperature": 42})]),
        (
            "mqtt-api.md, an array of objects",
            [{"key1": "value1"}, {"key2": True}],
            [(0, {"key1": "value1"}), (0, {"key2": True})],
        ),
        (
            "mqtt-api.md, telemetry-data-with-ts.json",
            {
                "ts": 1451649600512,
                "values": {
                    "stringKey": "value1",
                    "doubleKey": 42.0,
                    "jsonKey": {"someArray": [1, 2], "someNestedObject": {"key": "value"}},
                },
            },
            [
                (
                    1_451_649_600_512_000,
                    {"stringKey": "value1", "doubleKey": 42.0}
                    | {"jsonKey.someArray.0": 1, "jsonKey.someArray.1": 2}
                    | {"jsonKey.someNestedObject.key": "value"},
                )
            ],
        ),
        (
            "JsonConverter.java casts numbers in texts; 00420 is somebody's number of a meter",
            {"a": "21.5", "b": "00420", "c": None},
            [(0, {"a": 21.5, "b": "00420"})],
        ),
    ],
)
def test_each_form_is_read_wherever_the_topic_names_the_device(
    source: str, given: object, samples: list[tuple[int, dict[str, object]]]
) -> None:
    expected = [
        Described("dev-1", name="dev-1"),
        Telemetry("dev-1", [Sample(at, values) for at, values in samples]),
    ]
    assert hear("v1/devices/dev-1/telemetry", given) == expected  # rewritten by the broker
    assert hear("dev-1/v1/devices/me/telemetry", given) == expected  # behind a mount point
    assert hear("v1/gateway/telemetry", {"dev-1": given}) == expected


def test_connect_and_disconnect_are_presence() -> None:
    """gateway-mqtt-api.md, Device Connect API; tb_gateway_mqtt.py says the type `default`."""
    with_type = {"device": "Device A", "type": "Sensor A"}
    about = Described(A, name="Device A", model="Sensor A")
    assert hear("v1/gateway/connect", with_type) == [about, Presence(A, True)]
    assert hear("v1/gateway/connect", {"device": "Device A", "type": "default"}) == [
        NAMED_A,
        Presence(A, True),
    ]
    assert hear("v1/gateway/disconnect", {"device": "Device A"}) == [NAMED_A, Presence(A, False)]


def test_attributes_describe_the_device_and_are_readings() -> None:
    """gateway-mqtt-api.md, Attributes API."""
    items = hear("v1/gateway/attributes", {"Device A": {"fw_version": "1.0", "battery": 87}})
    about = Described(A, name="Device A", firmware="1.0")
    assert items == [about, Telemetry(A, [Sample(0, {"battery": 87})])]
    assert hear("v1/gateway/attributes", {"Device A": {"fw_version": "1.0"}}) == [about]


@pytest.mark.parametrize(
    "topic",
    [
        "v1/gateway/rpc",
        "v1/gateway/claim",
        "v1/gateway/attributes/request",
        "v1/devices/dev-1/rpc/request/7",
        "v1/devices/me/rpc/request/1",
        "v1/devices/me/attributes/request/1",
        "dev-1/v1/devices/me/attributes/response/1",
    ],
)
def test_questions_and_commands_are_no_data(topic: str) -> None:
    """gateway-mqtt-api.md, RPC API and Claiming devices API; mqtt-api.md, RPC API. Its Python SDK
    asks for the configuration of its session whenever it connects."""
    assert hear(topic, b"anything") == [Ignored(REQUEST)]


def test_what_the_server_says_to_a_gateway_is_no_data() -> None:
    """gateway-mqtt-api.md: the server answers on the topic the gateway publishes to."""
    told = {"device": "Device A", "data": {"attribute1": "value1"}}
    assert hear("v1/gateway/attributes", told) == [Ignored(REQUEST)]


@pytest.mark.parametrize("topic", ["v1/devices/me/telemetry", "v1/devices/me/attributes"])
def test_a_topic_without_a_device_is_told_what_to_do(topic: str) -> None:
    assert thingsboard.matches(topic, b"{}") == 0
    rejected = Decoder().decode(Message(topic.encode(), b"{}", 1, False, False, b"", 1))[0]
    assert isinstance(rejected, Rejected)
    assert rejected.problem.reason is Reason.UNKNOWN_TOPIC
    for way in ("/api/v1/{token}/telemetry", "v1/devices/{device}/telemetry"):
        assert way in rejected.problem.detail


def test_a_time_that_cannot_be_true_costs_one_of_many_and_not_one_alone() -> None:
    """payloads.md 3.9: ThingsBoard itself stores 10000 as 1970."""
    alone = hear("v1/devices/d/telemetry", {"ts": 10000, "values": {"t": 1}})[1]
    assert isinstance(alone, Telemetry)
    assert (alone.samples, alone.clock_replaced) == ([Sample(0, {"t": 1})], True)
    good = {"ts": 1451649600512, "values": {"t": 2}}
    many = hear("v1/devices/d/telemetry", [{"ts": 10000, "values": {"t": 1}}, good])[1]
    assert isinstance(many, Telemetry)
    assert [sample.values for sample in many.samples] == [{"t": 2}]
    assert [problem.reason for problem in many.problems] == [Reason.IMPLAUSIBLE_TIMESTAMP]


def test_names_that_look_alike_once_cleaned_stay_two_devices() -> None:
    items = hear("v1/gateway/telemetry", {"a b": {"t": 1}, "a-b": {"t": 2}, "a/b": {"t": 3}})
    assert len({item.uid for item in items}) == 3


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("v1/gateway/telemetry", b"", Reason.EMPTY_PAYLOAD),
        ("v1/gateway/telemetry", b"[]", Reason.WRONG_TYPE),
        ("v1/gateway/telemetry", b"{}", Reason.NO_VALUES),
        ("v1/gateway/telemetry", b'{"":{"t":1}}', Reason.BAD_UID),
        ("v1/gateway/telemetry", b'{"a":7}', Reason.WRONG_TYPE),
        ("v1/gateway/telemetry", b'{"a":[7,[],null]}', Reason.WRONG_TYPE),
        ("v1/gateway/telemetry", b'{"a":{}}', Reason.NO_VALUES),
        ("v1/gateway/telemetry", b"{temperature:25}", Reason.MALFORMED_JSON),
        ("v1/gateway/connect", b'{"device":7}', Reason.BAD_UID),
        ("v1/gateway/connect", b'"Device A"', Reason.WRONG_TYPE),
        ("v1/gateway/telemetry", b'{"a":' * 9_000, Reason.TOO_DEEP),
        (
            "v1/gateway/telemetry",
            json.dumps({f"d{n}": {"t": 1} for n in range(MAX_DEVICES + 1)}).encode(),
            Reason.TOO_MANY_VALUES,
        ),
        (
            "v1/devices/d/telemetry",
            b'{"ts":1,"values":{"\\u0000":"\\u0000","b":"\\ud800"}}',
            Reason.IMPLAUSIBLE_TIMESTAMP,
        ),
    ],
)
def test_what_cannot_be_used_has_its_reason(topic: str, payload: bytes, reason: Reason) -> None:
    item = hear(topic, payload)[-1]
    assert isinstance(item, Rejected)
    assert item.problem.reason is reason
