"""One value a topic. Where a row has a public source it is named beside; the others try rules of
docs/conventions.md."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

import pytest

from bridge.decode.conventions import scalar
from bridge.decode.conventions.tests.heard import about, hear, presence, units, values
from bridge.decode.identity import device_uid
from bridge.decode.items import Ignored, Value

KITCHEN = device_uid("home/kitchen")

TABLE: list[tuple[str, str, str, str, Value]] = [
    ("home/kitchen/temperature", "21.5", KITCHEN, "temperature", 21.5),
    ("home/kitchen/temperature/state", "21.5", KITCHEN, "temperature", 21.5),
    ("home/kitchen/sensor/temperature", "21.5", KITCHEN, "temperature", 21.5),
    ("temperature", "21.5", "temperature", "value", 21.5),
    ("kitchen/temperature", "-3", "kitchen", "temperature", -3),
    ("kitchen/temperature", "1e3", "kitchen", "temperature", 1000.0),
    ("kitchen/temperature", " 21.5\r\n", "kitchen", "temperature", 21.5),
    ("kitchen/temperature", "21.5\0", "kitchen", "temperature", 21.5),
    ("kitchen/temperature", '"21.5"', "kitchen", "temperature", 21.5),
    ("kitchen/temperature", "21.5 °C", "kitchen", "temperature", 21.5),
    ("kitchen/humidity", "48%", "kitchen", "humidity", 48),
    ("kitchen/light", "ON", "kitchen", "light", True),
    ("kitchen/light", "false", "kitchen", "light", False),
    ("kitchen/door", "open", "kitchen", "door", "open"),
    ("kitchen/light/state", "ON", device_uid("kitchen/light"), "state", True),
    ("kitchen/washer/state", "running", device_uid("kitchen/washer"), "state", "running"),
    ("kitchen/serial", "0042", "kitchen", "serial", "0042"),
    ("kitchen/counter", "9007199254740993", "kitchen", "counter", "9007199254740993"),
    ("kitchen/word", "1_000", "kitchen", "word", "1_000"),
    ("kitchen/word", "=1+1", "kitchen", "word", "=1+1"),
    ("kitchen/word", "<script>", "kitchen", "word", "<script>"),
    ("Küche/Wärme", "1", device_uid("Küche"), "Wärme", 1),
    # influxdata/telegraf@b27263146617, plugins/outputs/mqtt/README.md, layout `field`
    ("telegraf/modbus/device 1/temperature", "21.4", device_uid("telegraf/modbus/device 1"), "temperature", 21.4),
    ("telegraf/modbus/device 1/serial number", "324nlk234r5u9834t", device_uid("telegraf/modbus/device 1"), "serial number", "324nlk234r5u9834t"),
    ("telegraf/modbus/device 2/supplied", "false", device_uid("telegraf/modbus/device 2"), "supplied", False),
    # merbanan/rtl_433@91b2ebdb42e5, docs/INTEGRATION.md: topics of the user's own choice
    ("sensors/rtl_433/P25/C1/temperature_C", "33.200001", device_uid("sensors/rtl_433/P25/C1"), "temperature_C", 33.200001),
]  # fmt: skip
SAMPLES = [(topic, payload) for topic, payload, *_ in TABLE if not topic.startswith("telegraf")]


@pytest.mark.parametrize(("topic", "payload", "uid", "metric", "value"), TABLE)
def test_the_last_level_names_the_value(
    topic: str, payload: str, uid: str, metric: str, value: Value
) -> None:
    found = values(hear(scalar, topic, payload))
    assert found == {uid: {metric: value}}
    assert type(found[uid][metric]) is type(value)


@pytest.mark.parametrize("payload", ["nan", "-inf", "unavailable", "Unknown", "null", "1e999", ""])
def test_no_value_is_no_reading(payload: str) -> None:
    assert hear(scalar, "kitchen/temperature", payload) == [Ignored("no_value", "kitchen")]


@pytest.mark.parametrize(
    ("topic", "payload", "online"),
    [
        ("home/kitchen/status", "online", True),
        ("home/kitchen/LWT", "Offline", False),
        ("home/kitchen/availability", "online", True),
        ("home/kitchen/connected", "true", True),
        ("home/kitchen/online", "0", False),
    ],
)
def test_a_word_under_a_topic_of_presence_is_presence(
    topic: str, payload: str, *, online: bool
) -> None:
    assert presence(hear(scalar, topic, payload)) == {KITCHEN: online}


def test_the_unit_is_behind_the_value_or_in_the_name() -> None:
    assert units(hear(scalar, "kitchen/temperature", "21.5 °C")) == {"temperature": "°C"}
    assert units(hear(scalar, "kitchen/temp_f", "70")) == {"temp_f": "°F"}
    assert units(hear(scalar, "kitchen/hum", "48")) == {"hum": "%"}
    kitchen = about(hear(scalar, "flat/kitchen/hum", "48"), device_uid("flat/kitchen"))
    assert (kitchen.name, kitchen.area) == ("kitchen", "flat")


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("kitchen/log", b"[12:03:04] wifi connected and all is well, again, as it was yesterday"),
        ("kitchen/log", b"two\nlines"),
        ("kitchen/raw", b"\xff\xfe\x00"),
        ("kitchen/raw", b"\x01\x02"),
        ("kitchen/json", b'{"t":1}'),
        ("kitchen/long", b"1" * 10_000_000),
        ("devices/x/temperature", b"1"),
        ("$SYS/broker/uptime", b"1"),
        ("/".join("abcdefghijklmnop"), b"1"),
        ("k" * 600, b"1"),
    ],
)
def test_what_is_no_value_is_not_claimed(topic: str, payload: bytes) -> None:
    assert scalar.matches(topic, payload) == 0


@pytest.mark.parametrize("topic", ["kitchen/light/set", "cmnd/kitchen/POWER", "kitchen/cmd"])
def test_commands_are_no_data(topic: str) -> None:
    (item,) = hear(scalar, topic, "1")
    assert isinstance(item, Ignored)
    assert item.reason == "command"
