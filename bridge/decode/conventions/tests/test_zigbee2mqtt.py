"""Zigbee2MQTT, from its documentation and its own tests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.decode.conventions import zigbee2mqtt
from bridge.decode.conventions.tests.saying import NOW_US, Saying, readings
from bridge.decode.items import Described, Discovered, Ignored, Presence, Rejected, Telemetry

TOPICS = "zigbee2mqtt.io docs/guide/usage/mqtt_topics_and_messages.md"
EXPOSES = "zigbee2mqtt.io docs/guide/usage/exposes.md"
AVAILABLE = "zigbee2mqtt.io docs/guide/configuration/device-availability.md"
OUTPUT = "zigbee2mqtt lib/controller.ts, iteratePayloadAttributeOutput"
MQTT = "zigbee2mqtt.io docs/guide/configuration/mqtt.md"

# zigbee2mqtt.io docs/guide/usage/mqtt_topics_and_messages.md, with exposes of exposes.md
DEVICES: list[dict[str, Any]] = [
    {
        "ieee_address": "0x00158d00018255df",
        "type": "Router",
        "network_address": 29159,
        "supported": True,
        "friendly_name": "my_plug",
        "definition": {
            "model": "ZNCZ02LM",
            "vendor": "Xiaomi",
            "description": "Mi power plug ZigBee",
            "exposes": [
                {
                    "type": "switch",
                    "features": [
                        {
                            "type": "binary",
                            "name": "state",
                            "property": "state",
                            "value_on": "ON",
                            "value_off": "OFF",
                            "value_toggle": "TOGGLE",
                            "access": 7,
                        }
                    ],
                },
                {"type": "numeric", "property": "power", "unit": "W", "access": 5},
                {"type": "numeric", "property": "energy", "unit": "kWh", "access": 1},
                {"type": "numeric", "property": "temperature", "unit": "°C", "access": 1},
                {"type": "enum", "property": "identify", "values": ["blink"], "access": 2},
                {
                    "type": "composite",
                    "name": "color_xy",
                    "property": "color",
                    "features": [{"type": "numeric", "name": "x", "property": "x", "access": 7}],
                },
                {
                    "type": "lock",
                    "features": [
                        {
                            "type": "binary",
                            "property": "lock",
                            "value_on": "LOCK",
                            "value_off": "UNLOCK",
                            "access": 7,
                        }
                    ],
                },
            ],
        },
        "software_build_id": "1.3.009",
        "model_id": "lumi.plug",
    },
    {
        "ieee_address": "0x00169a00022256da",
        "type": "Router",
        "supported": False,
        "friendly_name": "my_sensor",
        "definition": None,
        "model_id": None,
    },
    {
        "ieee_address": "0x00158d0001a2b3c4",
        "type": "EndDevice",
        "friendly_name": "kitchen/floor light",
        "definition": {"model": "LED1624G9", "vendor": "IKEA", "exposes": []},
    },
    {
        "ieee_address": "0x00124b00120144ae",
        "type": "Coordinator",
        "friendly_name": "Coordinator",
        "definition": None,
    },
]
SAMPLES = [
    ("zigbee2mqtt/my_sensor", '{"temperature":27.34,"humidity":44.72,"last_seen":1764244800000}'),
    ("zigbee2mqtt/bulb", '{"state":"ON","color":{"x":0.3,"y":0.3},"update":{"state":"idle"}}'),
    ("zigbee2mqtt/kitchen/floor light", '{"state":"ON","linkquality":91}'),
    ("zigbee2mqtt/bulb/brightness", "50"),
    ("zigbee2mqtt/bulb/availability", '{"state":"online"}'),
    ("zigbee2mqtt/bridge/state", "online"),
    ("zigbee2mqtt/bridge/devices", json.dumps(DEVICES)),
    ("zigbee2mqtt/bridge/groups", '[{"id":1,"friendly_name":"my_group"}]'),
    ("zigbee2mqtt/bridge/info", '{"version":"1.42.0","coordinator":{"type":"zStack30x"}}'),
    ("zigbee2mqtt/bulb/set", '{"state":"ON"}'),
]
FLOOR_LIGHT = "kitchen-floor-light-"


@pytest.mark.parametrize(
    ("topic", "payload", "uid", "values"),
    [
        ("my_sensor", {"temperature": 27.34, "humidity": 44.72}, "my_sensor",
         {"temperature": 27.34, "humidity": 44.72}),  # TOPICS
        ("button", {"action": "single"}, "button", {"action": "single"}),  # TOPICS
        ("motion", {"occupancy": True}, "motion", {"occupancy": True}),  # TOPICS
        ("bulb", {"state": "ON", "brightness": 215, "color_temp": 325}, "bulb",
         {"state": True, "brightness": 215, "color_temp": 325}),  # TOPICS
        ("bulb", {"state": "OFF", "color": {"x": 0.3, "y": 0.3}, "linkquality": 91}, "bulb",
         {"state": False, "color.x": 0.3, "color.y": 0.3, "linkquality": 91}),  # TOPICS
        ("0x0fffffffffffffff", {"battery": 100}, "0x0fffffffffffffff", {"battery": 100}),  # TOPICS
        ("lock", {"state": "LOCK", "lock_state": "locked"}, "lock",
         {"state": "LOCK", "lock_state": "locked"}),  # EXPOSES
        ("bulb", {"update": {"state": "idle", "installed_version": 1}, "update_available": False,
                  "last_seen": "2025-11-27T12:00:00.000Z", "elapsed": 100, "battery": None,
                  "device": {"friendlyName": "bulb", "model": "x"}, "voltage": 3000}, "bulb",
         {"voltage": 3000}),  # MQTT and controller.ts
        ("bulb/state", "ON", "bulb", {"state": True}),  # MQTT, output: attribute
        ("bulb/brightness", "50", "bulb", {"brightness": 50}),  # OUTPUT
        ("bulb/color", "100,50,10", "bulb", {"color": "100,50,10"}),  # OUTPUT
        ("bulb/color-x", "0.31", "bulb", {"color.x": 0.31}),  # OUTPUT
        ("bulb/occupancy", "true", "bulb", {"occupancy": True}),  # OUTPUT
    ],
)  # fmt: skip
def test_a_device_says_its_attributes(topic, payload, uid, values) -> None:
    assert readings(Saying(zigbee2mqtt).hear(f"zigbee2mqtt/{topic}", payload)) == {uid: values}


def test_the_registry_names_devices_and_describes_their_series() -> None:
    items = Saying(zigbee2mqtt).hear("zigbee2mqtt/bridge/devices", DEVICES, retain=True)
    assert Discovered("my_plug", "zigbee2mqtt") in items
    assert (
        Described(
            "my_plug",
            name="my_plug",
            model="ZNCZ02LM",
            manufacturer="Xiaomi",
            firmware="1.3.009",
            aliases=("0x00158d00018255df",),
        )
        in items
    )
    series = {
        item.metric: (item.unit, item.kind, item.quantity)
        for item in items
        if isinstance(item, Described) and item.metric and item.uid == "my_plug"
    }
    assert series == {
        "state": ("", "boolean", ""),
        "power": ("W", "gauge", "power"),
        "energy": ("kWh", "counter", "energy"),
        "temperature": ("°C", "gauge", "temperature"),
        "color.x": ("", "gauge", ""),
        "lock": ("", "text", ""),  # LOCK and UNLOCK come as they are
    }
    assert not [item for item in items if item.uid.startswith("Coordinator")]
    names = {item.name for item in items if isinstance(item, Described) and item.name}
    assert names == {"my_plug", "my_sensor", "kitchen/floor light"}


def test_only_the_registry_tells_a_name_with_slashes_from_an_attribute() -> None:
    saying = Saying(zigbee2mqtt)
    saying.hear("zigbee2mqtt/bridge/devices", DEVICES, retain=True)
    for where in (saying, saying.restart()):
        found = readings(where.hear("zigbee2mqtt/kitchen/floor light", {"brightness": 7}))
        ((uid, values),) = found.items()
        assert uid.startswith(FLOOR_LIGHT)
        assert values == {"brightness": 7}
        assert readings(where.hear("zigbee2mqtt/kitchen/floor light/brightness", "8")) == {
            uid: {"brightness": 8}
        }
        available = where.hear("zigbee2mqtt/kitchen/floor light/availability", "online")
        assert available == [Presence(uid, True)]


def test_a_rename_does_not_split_history() -> None:
    saying = Saying(zigbee2mqtt)
    saying.hear("zigbee2mqtt/bridge/devices", DEVICES)
    renamed = [{**DEVICES[0], "friendly_name": "washer"}, *DEVICES[1:]]
    items = saying.restart()
    described = items.hear("zigbee2mqtt/bridge/devices", renamed)
    assert [item.uid for item in described if isinstance(item, Described) and item.name] == [
        "my_plug",
        "my_sensor",
        device_uid_of("kitchen/floor light"),
    ]
    assert readings(items.hear("zigbee2mqtt/washer", {"power": 3})) == {"my_plug": {"power": 3}}
    # Another device gets the name that became free: it is another device.
    joined = {**DEVICES[1], "ieee_address": "0x1", "friendly_name": "my_plug"}
    items.hear("zigbee2mqtt/bridge/devices", [*renamed, joined])
    (uid,) = readings(items.hear("zigbee2mqtt/my_plug", {"power": 4}))
    assert uid.startswith("my_plug-0x1-")


def device_uid_of(name: str) -> str:
    (uid,) = readings(Saying(zigbee2mqtt).hear(f"zigbee2mqtt/{name}", {"a": 1}))
    return uid


@pytest.mark.parametrize(
    ("payload", "online"),
    [
        ("online", True),  # AVAILABLE, legacy
        ("offline", False),
        ('{"state":"online"}', True),  # AVAILABLE
        ('{"state": "offline"}', False),
    ],
)
@pytest.mark.parametrize("retain", [False, True])
def test_availability_is_presence_in_both_forms(payload, online, retain) -> None:
    items = Saying(zigbee2mqtt).hear("zigbee2mqtt/bulb/availability", payload, retain=retain)
    assert items == [Presence("bulb", online)]


def test_with_the_bridge_offline_its_devices_are_unreachable() -> None:
    saying = Saying(zigbee2mqtt)
    saying.hear("zigbee2mqtt/bridge/devices", [DEVICES[0], DEVICES[1]])
    saying.hear("zigbee2mqtt/my_plug/availability", {"state": "online"})
    where = saying.restart()
    gone = where.hear("zigbee2mqtt/bridge/state", {"state": "offline"})
    assert gone == [
        Presence("zigbee2mqtt", False),
        Presence("my_plug", False),
        Presence("my_sensor", False),
    ]
    # A device whose availability is published says itself that it is back.
    back = where.hear("zigbee2mqtt/bridge/state", "online")
    assert back == [Presence("zigbee2mqtt", True), Presence("my_sensor", True)]
    # What a broker kept says nothing of when a device was heard.
    assert where.hear("zigbee2mqtt/bridge/state", "online", retain=True) == [
        Presence("zigbee2mqtt", True)
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("bulb/set", {"state": "ON"}, "command"),  # TOPICS
        ("bulb/set/state", "ON", "command"),  # TOPICS
        ("bulb/get", {"state": ""}, "command"),  # TOPICS
        ("bridge/logging", {"level": "info", "message": "x"}, "bridge_chatter"),  # TOPICS
        ("bridge/event", {"type": "device_joined", "data": {}}, "bridge_chatter"),  # TOPICS
        ("bridge/request/permit_join", {"value": True}, "bridge_chatter"),  # TOPICS
        ("bridge/response/device/rename", {"data": {}, "status": "ok"}, "bridge_chatter"),
        ("bulb/availability", "", "cleared"),  # test/extensions/availability.test.ts, rename
        ("bulb/brightness", "", "no_values"),  # OUTPUT: null
        ("bulb", {"action": ""}, "no_values"),  # the action is over
        ("bulb", {"battery": None}, "no_values"),
        ("bulb", "", "cleared"),
    ],
)
def test_noise_is_no_reading(topic, payload, reason) -> None:
    (item,) = Saying(zigbee2mqtt).hear(f"zigbee2mqtt/{topic}", payload)
    assert isinstance(item, Ignored)
    assert item.reason == reason


def test_groups_say_what_their_members_say() -> None:
    saying = Saying(zigbee2mqtt)
    saying.hear("zigbee2mqtt/bridge/groups", [{"id": 1, "friendly_name": "my_group"}])
    where = saying.restart()
    (item,) = where.hear("zigbee2mqtt/my_group", {"state": "ON"})
    assert item == Ignored("group_state", "my_group")
    (item,) = where.hear("zigbee2mqtt/my_group/availability", "online")
    assert item == Ignored("group_state", "my_group")
    where.hear("zigbee2mqtt/bridge/groups", [])
    assert readings(where.hear("zigbee2mqtt/my_group", {"a": 1}))


@pytest.mark.parametrize(
    ("last_seen", "retain", "time_us"),
    [
        ("2025-11-27T11:59:50.000Z", False, 0),  # MQTT: ISO_8601. Values of now: receive time
        ("2025-11-27T13:59:50+02:00", False, 0),  # MQTT: ISO_8601_local
        (NOW_US // 1000 - 5_000, False, 0),  # MQTT: epoch
        ("2025-11-27T09:00:00.000Z", False, NOW_US - 10_800_000_000),  # from the cache, at start
        (NOW_US // 1000 - 60_000, True, NOW_US - 60_000_000),  # retained
        (NOW_US // 1000 + 10**9, False, 0),  # a clock that was never set
        (5, False, 0),
        ("yesterday", False, 0),
        ([], False, 0),
        (True, False, 0),
    ],
)
def test_the_time_is_now_unless_the_message_is_an_old_one(last_seen, retain, time_us) -> None:
    payload = {"temperature": 20, "last_seen": last_seen}
    (item,) = Saying(zigbee2mqtt).hear("zigbee2mqtt/t", payload, retain=retain)
    assert isinstance(item, Telemetry)
    assert [sample.time_us for sample in item.samples] == [time_us]


def test_what_is_retained_without_a_time_is_old_news() -> None:
    (item,) = Saying(zigbee2mqtt).hear("zigbee2mqtt/t", {"temperature": 20}, retain=True)
    assert isinstance(item, Ignored)
    assert item.reason == "retained"


def test_another_base_topic_is_recognised() -> None:
    saying = Saying(zigbee2mqtt)
    saying.hear("home/zigbee/bridge/devices", DEVICES)
    where = saying.restart()
    found = readings(where.hear("home/zigbee/my_plug", {"power": 1, "linkquality": 3}))
    assert found == {"my_plug": {"power": 1, "linkquality": 3}}
    assert zigbee2mqtt.matches("home/zigbee/my_plug", b'{"power":1}') == 0
    assert zigbee2mqtt.matches("zigbee2mqtt-garage/door", b"{}") == 90
    assert zigbee2mqtt.matches("zigbee2mqtt", b"{}") == 0


def test_the_bridge_is_a_device_itself() -> None:
    info = {"version": "1.42.0", "coordinator": {"ieee_address": "0x12345678", "type": "zStack30x"}}
    items = Saying(zigbee2mqtt).hear("zigbee2mqtt/bridge/info", info, retain=True)
    assert items == [
        Described("zigbee2mqtt", model="zStack30x", firmware="1.42.0", aliases=("0x12345678",))
    ]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("bulb", "[1]"),
        ("bulb", "{"),
        ("bulb", b"{\xff}"),
        ("bulb/brightness", b"\xff"),
        ("bulb/availability", "perhaps"),
        ("bulb/availability", '{"state":1}'),
        ("bulb/availability", "[" * 1000),
        ("bridge/state", "{}"),
        ("bridge/devices", "{}"),
        ("bridge/devices", "["),
        ("bridge/devices", "[" * 100_000),
    ],
)
def test_bad_data_has_its_reason(topic, payload) -> None:
    (item,) = Saying(zigbee2mqtt).hear(f"zigbee2mqtt/{topic}", payload)
    assert isinstance(item, Rejected)
    assert item.problem.reason != "convention_failed"


HOSTILE = [
    None, 1, "x", [], {}, {"ieee_address": 1, "friendly_name": []},
    {"ieee_address": "0x2", "friendly_name": "\x00\ud800\u202e<script>" + "x" * 3000},
    {"ieee_address": "0x3", "friendly_name": "a", "definition": {"exposes": {"a": 1}}},
    {"ieee_address": "0x4", "friendly_name": "b", "definition": {"exposes": [
        1, {"type": []}, {"type": "numeric", "property": 1, "access": 1},
        {"type": "numeric", "property": "p" * 5000, "access": True, "unit": {}},
        {"type": "light", "features": [{"type": "light", "features": {}}]}]}},
]  # fmt: skip


def test_a_registry_of_nonsense_describes_what_it_can() -> None:
    items = Saying(zigbee2mqtt).hear("zigbee2mqtt/bridge/devices", json.dumps(HOSTILE))
    assert [item for item in items if isinstance(item, Described)]
    assert not [item for item in items if isinstance(item, Rejected)]


def test_what_is_remembered_is_bounded() -> None:
    saying = Saying(zigbee2mqtt)
    many = [
        {"ieee_address": f"0x{number:x}", "friendly_name": f"n{number}"} for number in range(3_000)
    ]
    saying.hear("zigbee2mqtt/bridge/devices", many)
    for offset in (3_000, 6_000):
        later = [
            {"ieee_address": f"0x{n:x}", "friendly_name": f"n{n}"}
            for n in range(offset, offset + 2_000)
        ]
        saying.hear("zigbee2mqtt/bridge/devices", later)
    assert len(saying.facts.scope(zigbee2mqtt.NAME, "uids zigbee2mqtt")) <= zigbee2mqtt.MAX_KEPT
    assert len(saying.facts.scope(zigbee2mqtt.NAME, "names zigbee2mqtt")) <= zigbee2mqtt.MAX_KEPT
