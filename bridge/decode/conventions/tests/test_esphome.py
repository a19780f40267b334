"""ESPHome, from esphome/esphome-docs components/mqtt.rst and the PRs it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.decode import Decoder
from bridge.decode.conventions import esphome
from bridge.decode.conventions.tests.saying import NOW_US, Saying, readings
from bridge.decode.items import Described, Ignored, Presence, Rejected, Remembered
from bridge.decode.state import Facts
from bridge.message import Message

DISCOVERED = {  # components/mqtt.rst, MQTT device discovery
    "ip": "192.168.0.122",
    "name": "esp32-test",
    "friendly_name": "Test Device",
    "port": 6053,
    "version": "2024.4.1",
    "mac": "84fce6123456",
    "platform": "ESP32",
    "board": "esp32-c3-devkitm-1",
    "network": "wifi",
}
SAMPLES = [
    ("livingroom/sensor/temperature/state", "21.5"),
    ("livingroom/binary_sensor/motion/state", "ON"),
    ("livingroom/text_sensor/version/state", "2024.4.1"),
    ("home/living_room/light/lamp/state", '{"state":"ON","brightness":255,"color":{"r":1}}'),
    ("livingroom/climate/hvac/mode/state", "heat"),
    ("esphome/discover/esp32-test", json.dumps(DISCOVERED)),
]


@pytest.mark.parametrize(
    ("topic", "payload", "uid", "values"),
    [
        # components/mqtt.rst, MQTT component base configuration: state_topic
        ("livingroom/sensor/temperature/state", "21.5", "livingroom", {"temperature": 21.5}),
        ("livingroom/sensor/uptime/state", "123456", "livingroom", {"uptime": 123456}),
        ("livingroom/binary_sensor/motion/state", "ON", "livingroom", {"motion": True}),
        ("livingroom/switch/relay/state", "OFF", "livingroom", {"relay": False}),
        ("livingroom/text_sensor/version/state", "00420", "livingroom", {"version": "00420"}),
        ("livingroom/text_sensor/serial/state", "42", "livingroom", {"serial": "42"}),
        ("livingroom/number/setpoint/state", "1e3", "livingroom", {"setpoint": 1000.0}),
        ("livingroom/select/mode/state", "eco", "livingroom", {"mode": "eco"}),
        ("livingroom/cover/shade/position/state", "50", "livingroom", {"shade.position": 50}),
        ("livingroom/climate/hvac/mode/state", "heat", "livingroom", {"hvac.mode": "heat"}),
        ("livingroom/light/lamp/state", '{"state":"ON","brightness":255}', "livingroom",
         {"lamp.state": True, "lamp.brightness": 255}),
        # components/water_heater
        ("livingroom/water_heater/tank/state", "eco", "livingroom", {"tank": "eco"}),
        # a node called like a component, and a topic prefix of several levels
        ("sensor/sensor/t/state", "1", "sensor", {"t": 1}),
        ("home/living_room/sensor/t/state", "1", "home-living_room-4d75f92f", {"t": 1}),
    ],
)  # fmt: skip
def test_a_node_tells_its_states(topic, payload, uid, values) -> None:
    (found,) = readings(Saying(esphome).hear(topic, payload)).items()
    assert found[1] == values
    assert found[0].rpartition("-")[0] == "home-living_room" or found[0] == uid


@pytest.mark.parametrize("payload", ["nan", "NaN", "None", "", "unknown", "inf"])
def test_a_sensor_without_a_value_has_no_reading(payload) -> None:
    # esphome/esphome PR 7768: nan, or None where that is chosen
    (item,) = Saying(esphome).hear("livingroom/sensor/temperature/state", payload)
    assert isinstance(item, Ignored)


@pytest.mark.parametrize("retain", [False, True])
def test_birth_and_will_are_presence(retain) -> None:
    # components/mqtt.rst, Last Will And Birth Messages
    for payload, online in (("online", True), ("offline", False)):
        items = Saying(esphome).hear("livingroom/status", payload, retain=retain)
        assert items == [Presence("livingroom", online)]
    for payload in ("hello", ""):
        (item,) = Saying(esphome).hear("livingroom/status", payload)
        assert isinstance(item, Ignored)


def test_what_is_retained_is_old_news() -> None:
    items = Saying(esphome).hear("livingroom/sensor/t/state", "21.5", retain=True)
    assert not readings(items)


def test_discovery_describes_the_node() -> None:
    assert Saying(esphome).hear("esphome/discover/esp32-test", DISCOVERED, retain=True) == [
        Described(
            "esp32-test",
            name="Test Device",
            model="esp32-c3-devkitm-1",
            firmware="ESPHome 2024.4.1",
            aliases=("84FCE6123456",),
        )
    ]


def test_units_come_from_the_discovery_for_home_assistant() -> None:
    # a captured node, abbreviated as ESPHome does (use_abbreviations: true)
    config: dict[str, Any] = {
        "name": "Temperature",
        "stat_t": "livingroom/sensor/temperature/state",
        "avty_t": "livingroom/status",
        "uniq_id": "ESPsensortemperature",
        "unit_of_meas": "°C",
        "dev_cla": "temperature",
        "stat_cla": "measurement",
        "sug_dsp_prc": 1,
        "dev": {"ids": "84fce6123456", "name": "livingroom", "sw": "esphome v2024.4.1", "mdl": "x"},
    }
    decoder = Decoder(Facts())
    raw = json.dumps(config).encode()
    topic = b"homeassistant/sensor/livingroom/temperature/config"
    items = decoder.decode(Message(topic, raw, 1, False, True, b"", NOW_US))
    assert [item for item in items if not isinstance(item, Remembered)] == [
        Described(
            "livingroom",
            name="livingroom",
            model="x",
            firmware="esphome v2024.4.1",
            aliases=("84fce6123456",),
        ),
        Described(
            "livingroom",
            "temperature",
            unit="°C",
            kind="gauge",
            label="Temperature",
            quantity="temperature",
            precision=1,
        ),
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("livingroom/switch/relay/command", "ON", "command"),
        ("livingroom/debug", b"\x1b[0;36m[D][sensor:094]", "log"),  # log_topic
        ("livingroom/sensor/t/state", "", "cleared"),
        ("/sensor/t/state", "1", "no_device"),
    ],
)
def test_noise_is_no_reading(topic, payload, reason) -> None:
    (item,) = Saying(esphome).hear(topic, payload)
    assert isinstance(item, Ignored)
    assert item.reason == reason


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("livingroom/sensor/t/state", b"\xff"),
        ("esphome/discover/x", "[]"),
        ("esphome/discover/x", "{"),
    ],
)
def test_bad_data_has_its_reason(topic, payload) -> None:
    (item,) = Saying(esphome).hear(topic, payload)
    assert isinstance(item, Rejected)
    assert item.problem.reason != "convention_failed"


def test_a_document_that_says_nothing_is_no_reading() -> None:
    """components/update: an update that is not known yet."""
    assert Saying(esphome).hear("livingroom/update/firmware/state", "{}") == [
        Ignored("no_values", "update", "livingroom")
    ]
