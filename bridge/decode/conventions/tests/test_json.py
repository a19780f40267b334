"""Any JSON. Where a row has a public source it is named beside; the others try the rules of
docs/conventions.md."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.conventions import any_json
from bridge.decode.conventions.tests.heard import (
    about,
    hear,
    presence,
    reasons,
    times,
    units,
    values,
)
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Ignored, Rejected, Telemetry
from bridge.decode.reading import MAX_VALUES

KITCHEN = device_uid("home/kitchen")

TABLE: list[tuple[str, str, dict[str, dict[str, Any]]]] = [
    # hikhvar/mqtt2prometheus@02cd0ce4a2e7, Readme.md: a DHT22 on an ESP8266
    ("sensors/livingroom", '{"temperature":23.20,"humidity":51.60,"heat_index":22.92}',
     {device_uid("sensors/livingroom"): {"temperature": 23.2, "humidity": 51.6, "heat_index": 22.92}}),
    # influxdata/telegraf@b27263146617, plugins/parsers/json_v2/testdata: timestamp_ns, array_of_objects
    ("kitchen", '{"test":[{"value":0},{"value":1}],"timestamp":1631202459121654321}',
     {"kitchen": {"test.0.value": 0, "test.1.value": 1}}),
    ("kitchen", '{"features":[{"properties":{"mag":5.17}},{"properties":{"mag":6.2}}]}',
     {"kitchen": {"features.0.properties.mag": 5.17, "features.1.properties.mag": 6.2}}),
    # ibid., large_numbers: beyond 2^53 an integer stays exact as a text
    ("kitchen", '{"int":{"large":4294967296,"largest":9223372036854775807},"float":{"larger":4.294967296663e+09}}',
     {"kitchen": {"int.large": 4294967296, "int.largest": "9223372036854775807", "float.larger": 4294967296.663}}),
    ("home/kitchen", '{"temperature":21.5,"humidity":48}', {KITCHEN: {"temperature": 21.5, "humidity": 48}}),
    ("/home/kitchen/", '{"t":1}', {KITCHEN: {"t": 1}}),
    ("home/kitchen/telemetry", '{"t":1}', {KITCHEN: {"t": 1}}),
    ("home/kitchen/sensor/data", '{"t":1}', {KITCHEN: {"t": 1}}),
    ("kitchen", '{"t":1}', {"kitchen": {"t": 1}}),
    # all in quotes, as a sketch that joins strings sends it
    ("livingroom", '{"temperature":"23.20","humidity":"51.60"}', {"livingroom": {"temperature": 23.2, "humidity": 51.6}}),
    ("kitchen", '{"a":{"b":{"c":1}},"p":[1,2.5]}', {"kitchen": {"a.b.c": 1, "p.0": 1, "p.1": 2.5}}),
    ("kitchen", "[1,2]", {"kitchen": {"0": 1, "1": 2}}),
    # one topic for all devices: whose it is stands in the message
    ("sensors", '{"id":"k1","t":1}', {"k1": {"t": 1}}),
    ("sensors/data", '{"id":7,"t":1}', {"7": {"t": 1}}),
    ("home/kitchen", '{"device_id":"esp-1","t":1}', {"esp-1": {"t": 1}}),
    ("home/kitchen", '{"deviceId":"esp-1","t":1}', {"esp-1": {"t": 1}}),
    ("sensors", '[{"id":"a","t":1},{"id":"b","t":2}]', {"a": {"t": 1}, "b": {"t": 2}}),
    ("gw/up", '{"devices_seen":2,"readings":[{"sensor_id":"a","t":1},{"sensor_id":"b","t":2}]}',
     {"gw": {"devices_seen": 2}, "a": {"t": 1}, "b": {"t": 2}}),
    # an `id` beside a topic that names the device counts messages
    ("home/kitchen", '{"id":4711,"t":1}', {KITCHEN: {"id": 4711, "t": 1}}),
    # envelopes
    ("kitchen", '{"data":{"t":1}}', {"kitchen": {"t": 1}}),
    ("kitchen", '{"payload":{"values":{"t":1}}}', {"kitchen": {"t": 1}}),
    # a name and its value
    ("kitchen", '{"name":"temperature","value":21.5,"unit":"C"}', {"kitchen": {"temperature": 21.5}}),
    ("kitchen", '[{"type":"t","value":1},{"type":"h","value":2}]', {"kitchen": {"t": 1, "h": 2}}),
    ("kitchen", '{"temperature":{"value":21.5,"unit":"°C"}}', {"kitchen": {"temperature": 21.5}}),
    # words
    ("kitchen", '{"relay":"ON","door":"open","ok":"true"}', {"kitchen": {"relay": True, "door": "open", "ok": True}}),
    ("kitchen", '{"a":null,"b":"nan","c":"unavailable","d":"","t":1}', {"kitchen": {"t": 1}}),
    # ids stay texts, whatever they look like
    ("kitchen", '{"a":"0042","b":"358491098808487","c":"12e4","d":"1_000","e":"１２"}',
     {"kitchen": {"a": "0042", "b": "358491098808487", "c": "12e4", "d": "1_000", "e": "１２"}}),
    ("kitchen", '{"a":9007199254740993,"b":18446744073709551615}', {"kitchen": {"a": "9007199254740993", "b": "18446744073709551615"}}),
    ("kitchen", '{"a":1e999,"b":NaN,"c":-Infinity,"t":1}', {"kitchen": {"t": 1}}),
    ("kitchen", '{"a":"=1+1","b":"<script>"}', {"kitchen": {"a": "=1+1", "b": "<script>"}}),
    ("kitchen", '{"t":1,"t":2}', {"kitchen": {"t": 1}}),
    ("küche/ofen", '{"température":1}', {device_uid("küche/ofen"): {"température": 1}}),
    ('kitchen', '{"a\\u0000b":1}', {"kitchen": {metric_name("a\0b"): 1}}),
]  # fmt: skip
SAMPLES = [(topic, payload) for topic, payload, _ in TABLE] + [("home/kitchen/set", '{"t":1}')]


@pytest.mark.parametrize(("topic", "payload", "expected"), TABLE)
def test_values_come_under_their_device(
    topic: str, payload: str, expected: dict[str, dict[str, Any]]
) -> None:
    assert values(hear(any_json, topic, payload)) == expected


@pytest.mark.parametrize(
    ("document", "time_us"),
    [
        ('{"ts":1764240000,"t":1}', 1_764_240_000_000_000),
        ('{"timestamp":1764240000123,"t":1}', 1_764_240_000_123_000),
        ('{"time":1764240000123456,"t":1}', 1_764_240_000_123_456),
        ('{"epoch":1764240000123456789,"t":1}', 1_764_240_000_123_456),
        ('{"time":"1764240000.5","t":1}', 1_764_240_000_500_000),
        ('{"time":"2025-11-27T10:40:00Z","t":1}', 1_764_240_000_000_000),
        ('{"time":"2025-11-27T11:40:00.123456789+01:00","t":1}', 1_764_240_000_123_456),
        ('{"ts":1764240000,"data":{"t":1}}', 1_764_240_000_000_000),
        ('{"data":{"t":1},"ts":1764240000}', 1_764_240_000_000_000),
        # A local time without its zone, a clock that was never set, an uptime: the receipt's.
        ('{"time":"2025-11-27T11:40:00","t":1}', 0),
        ('{"time":"27.11.2025 11:40","t":1}', 0),
        ('{"ts":1,"t":1}', 0),
        ('{"time":"2000-01-01T00:00:01Z","t":1}', 0),
        ('{"ts":99999999999,"t":1}', 0),
        ('{"ts":1e999,"t":1}', 0),
    ],
)
def test_a_time_that_can_be_true_counts(document: str, time_us: int) -> None:
    items = hear(any_json, "kitchen", document)
    assert times(items) == [time_us]
    assert values(items) == {"kitchen": {"t": 1}}


def test_rows_with_times_are_instants_of_their_own() -> None:
    items = hear(any_json, "kitchen", '[{"ts":1764240000,"t":1},{"ts":1764240060,"t":2}]')
    assert times(items) == [1_764_240_000_000_000, 1_764_240_060_000_000]


def test_what_a_device_is_comes_from_the_topic_and_the_payload() -> None:
    items = hear(any_json, "plant/line1/pump3", '{"fw":"1.2","model":"P3","flow_L":3}')
    (told,) = {each.uid for each in items if isinstance(each, Telemetry)}
    pump = about(items, told)
    assert (pump.name, pump.area, pump.firmware, pump.model) == ("pump3", "line1", "1.2", "P3")
    assert units(items) == {"flow_L": "L"}


@pytest.mark.parametrize(
    ("payload", "unit"),
    [
        ('{"temp_c":1}', "°C"),
        ('{"temperature_F":1}', "°F"),
        ('{"humidity":1}', "%"),
        ('{"wind_avg_m_s":1}', "m/s"),
        ('{"value":1,"unit":"degC"}', "°C"),
        ('{"level":{"value":1,"uom":"%"}}', "%"),
    ],
)
def test_units_are_in_names_or_beside_values(payload: str, unit: str) -> None:
    assert list(units(hear(any_json, "kitchen", payload)).values()) == [unit]


@pytest.mark.parametrize(
    ("topic", "payload", "online"),
    [
        ("home/kitchen/status", '{"status":"online"}', True),
        ("home/kitchen/state", '{"state":"offline"}', False),
        ("home/kitchen/online", '{"online":true}', True),
    ],
)
def test_a_word_under_a_topic_of_presence_is_presence(
    topic: str, payload: str, *, online: bool
) -> None:
    assert presence(hear(any_json, topic, payload)) == {KITCHEN: online}


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("home/kitchen/set", "command"),
        ("home/kitchen/light/set/brightness", "command"),
        ("cmnd/kitchen/POWER", "command"),
        ("home/kitchen/get", "command"),
        ("kitchen/commands/reboot", "command"),
        ("homeassistant/sensor/kitchen/config", "configuration"),
    ],
)
def test_commands_and_configuration_are_no_data(topic: str, reason: str) -> None:
    (item,) = hear(any_json, topic, '{"t":1}')
    assert isinstance(item, Ignored)
    assert item.reason == reason


@pytest.mark.parametrize(
    "topic", ["devices/x/errors", "device/x/y", "/devices/x/telemetry", "$SYS/broker", "x" * 600]
)
def test_topics_of_ours_and_the_brokers_are_not_claimed(topic: str) -> None:
    assert any_json.matches(topic, b'{"t":1}') == 0


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ("{", "malformed_json"),
        ("[" * 5_000, "too_deep"),
        ('{"a":' * 5_000, "too_deep"),
        ("[" + "1," * 5_000_000 + "1]", "too_large"),
        (b'{"a":"\xff"}', "not_utf8"),
        ('{"a":"\\ud800"}', "bad_text"),
    ],
)
def test_what_cannot_be_read_has_its_reason(payload: str | bytes, reason: str) -> None:
    (item,) = hear(any_json, "kitchen", payload)
    assert isinstance(item, Rejected)
    assert reasons([item]) == [reason]


def test_a_message_is_bounded_in_values_and_devices() -> None:
    wide = "[" + ",".join(['{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}'] * 5_000) + "]"
    items = hear(any_json, "kitchen", wide)
    assert "too_many_values" in reasons(items)
    assert len(times(items)) * 6 <= MAX_VALUES
    many = "[" + ",".join(f'{{"device_id":"d{at}","t":1}}' for at in range(5_000)) + "]"
    assert len(values(hear(any_json, "kitchen", many))) <= 500
