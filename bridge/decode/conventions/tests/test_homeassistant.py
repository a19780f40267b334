"""Home Assistant discovery, from its documentation and from what devices announce."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.decode import Decoder
from bridge.decode.conventions import homeassistant, tasmota
from bridge.decode.conventions.homeassistant import registry
from bridge.decode.conventions.homeassistant.keys import written_out
from bridge.decode.conventions.tests.saying import NOW_US, Saying, readings
from bridge.decode.items import Described, Discovered, Ignored, Presence, Rejected, Remembered
from bridge.decode.state import Context, Facts, State
from bridge.message import Message

# home-assistant.io source/_integrations/mqtt.markdown, "Sensors"
STATE = "homeassistant/sensor/sensorBedroom/state"
BEDROOM_T = {
    "device_class": "temperature",
    "name": "Temperature",
    "state_topic": STATE,
    "unit_of_measurement": "°C",
    "value_template": "{{ value_json.temperature}}",
}
BEDROOM_H = {
    "device_class": "humidity",
    "name": "Humidity",
    "state_topic": STATE,
    "unit_of_measurement": "%",
    "value_template": "{{ value_json.humidity}}",
}
# home-assistant.io source/_integrations/mqtt.markdown, device discovery
DEVICE: dict[str, Any] = {
    "dev": {
        "ids": "ea334450945afc",
        "name": "Kitchen",
        "mf": "Bla electronics",
        "mdl": "xya",
        "sw": "1.0",
        "sn": "ea334450945afc",
        "hw": "1.0rev2",
        "sa": "Kitchen",
        "cns": [["mac", "02:5b:26:a8:dc:12"]],
    },
    "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://bla2mqtt.example.com/support"},
    "cmps": {
        "some_unique_component_id1": {
            "p": "sensor",
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "value_template": "{{ value_json.temperature}}",
            "unique_id": "temp01ae_t",
            "sug_dsp_prc": 1,
            "exp_aft": 600,
        },
        "some_unique_id2": {
            "p": "sensor",
            "device_class": "humidity",
            "unit_of_measurement": "%",
            "value_template": "{{ value_json.humidity}}",
            "unique_id": "temp01ae_h",
        },
    },
    "state_topic": "sensorBedroom/state",
    "qos": 2,
}
SAMPLES = [
    ("homeassistant/sensor/sensorBedroomT/config", json.dumps(BEDROOM_T)),
    ("homeassistant/device/0AFFD2/config", json.dumps(DEVICE)),
    ("homeassistant/switch/node/irrigation/config", '{"~":"a/b","stat_t":"~/state","pl_on":"1"}'),
    (
        "homeassistant/climate/node/x/config",
        json.dumps(
            {
                "curr_temp_t": "c/t",
                "curr_temp_tpl": "{{ value | float }}",
                "mode_stat_t": "c/m",
                "avty": [{"t": "c/a", "val_tpl": "{{ value_json.s }}"}, {"t": "c/b"}],
                "avty_mode": "all",
                "dev": {"ids": ["c1"], "via_device": "bridge"},
            }
        ),
    ),
    ("homeassistant/status", "online"),
]


def test_a_state_is_read_as_it_was_announced_also_after_a_restart() -> None:
    saying = Saying(homeassistant)
    saying.hear("homeassistant/sensor/sensorBedroomT/config", BEDROOM_T, retain=True)
    items = saying.hear("homeassistant/sensor/sensorBedroomH/config", BEDROOM_H, retain=True)
    assert Described("sensorBedroom") in items
    assert (
        Described(
            "sensorBedroom",
            "humidity",
            unit="%",
            kind="gauge",
            label="Humidity",
            quantity="humidity",
        )
        in items
    )
    for where in (saying, saying.restart()):
        found = where.hear(STATE, {"temperature": 23.2, "humidity": 43.7})
        assert readings(found) == {"sensorBedroom": {"temperature": 23.2, "humidity": 43.7}}


def test_the_device_form_describes_and_groups() -> None:
    saying = Saying(homeassistant)
    items = saying.hear("homeassistant/device/0AFFD2/config", DEVICE, retain=True)
    assert items == [
        Described(
            "ea334450945afc",
            name="Kitchen",
            model="xya",
            firmware="1.0",
            manufacturer="Bla electronics",
            area="Kitchen",
            aliases=("02:5b:26:a8:dc:12", "025B26A8DC12"),
        ),
        Described(
            "ea334450945afc",
            "temperature",
            unit="°C",
            kind="gauge",
            quantity="temperature",
            precision=1,
            expires_after_s=600,
        ),
        Described("ea334450945afc", "humidity", unit="%", kind="gauge", quantity="humidity"),
    ]
    found = saying.restart().hear("sensorBedroom/state", {"temperature": 1, "humidity": 2})
    assert readings(found) == {"ea334450945afc": {"temperature": 1, "humidity": 2}}


@pytest.mark.parametrize(
    ("component", "config", "payload", "values"),
    [
        # home-assistant.io source/_integrations/mqtt.markdown, "Motion detection"
        ("binary_sensor", {"name": "garden", "device_class": "motion"}, "ON", {"x": True}),
        ("binary_sensor", {"pl_on": "1", "pl_off": "0"}, "0", {"x": False}),
        ("binary_sensor", {"val_tpl": "{{ value_json.o }}", "pl_on": True, "pl_off": False},
         '{"o":true}', {"o": True}),  # zigbee2mqtt lib/extension/homeassistant.ts
        ("switch", {"stat_on": "an", "stat_off": "aus"}, "aus", {"x": False}),
        # "Another example using abbreviations": a light in its JSON schema
        ("light", {"schema": "json", "brightness": True}, '{"state":"ON","brightness":255}',
         {"x.state": "ON", "x.brightness": 255}),
        # homebridge-tasmota DEVICES.md, an unquoted path; unit " "
        ("sensor", {"unit_of_meas": " ", "val_tpl": "{{value_json['E']['T']}}"},
         '{"E":{"T":"2018-11-23T15:33:47"}}', {"E.T": "2018-11-23T15:33:47"}),
        ("sensor", {"unit_of_meas": "W"}, "21.50", {"x": 21.5}),
        ("sensor", {}, "0042", {"x": "0042"}),
        ("sensor", {"val_tpl": "{{ (value | float * 3.6) | round(1) }}"}, "10", {"x": 36.0}),
        # a template that is not read here: the message as it is
        ("sensor", {"val_tpl": "{{ value_json.a | regex_replace('x') }}"}, '{"a":1,"b":2}',
         {"a": 1, "b": 2}),
        # home-assistant.io event.mqtt.markdown, device_tracker.mqtt.markdown, vacuum.mqtt.markdown
        ("event", {"event_types": ["press", "hold"]}, '{"event_type":"press"}',
         {"x.event_type": "press"}),
        ("device_tracker", {}, "not_home", {"x": "not_home"}),
        ("device_tracker", {"stat_t": "other", "json_attr_t": "st"},
         '{"latitude":32.87336,"longitude":-117.22743,"gps_accuracy":1.2}',
         {"x.latitude": 32.87336, "x.longitude": -117.22743, "x.gps_accuracy": 1.2}),
        ("vacuum", {}, '{"state":"docked","fan_speed":"off","battery_level":61}',
         {"x.state": "docked", "x.fan_speed": "off", "x.battery_level": 61}),
        # core's mqtt/abbreviations.py: attributes, and when a counter began, are no states
        ("sensor", {"stat_t": "other", "json_attr_t": "st"}, '{"ip":"192.0.2.1"}', {}),
        ("sensor", {"stat_t": "other", "lrst_t": "st"}, "2025-01-01T00:00:00", {}),
        ("number", {}, "17", {"x": 17}),
        ("select", {}, "eco", {"x": "eco"}),
        ("text", {}, "hello", {"x": "hello"}),
        ("cover", {"pos_t": "st", "pos_tpl": "{{ value_json.p }}", "stat_t": "other"},
         '{"p":50}', {"p": 50}),
    ],
)  # fmt: skip
def test_each_component_tells_its_state(component, config, payload, values) -> None:
    saying = Saying(homeassistant)
    whole = {"stat_t": "st", "dev": {"ids": ["d1"]}, **config}
    saying.hear(f"homeassistant/{component}/d1/d1_x/config", whole)
    expected = {"d1": values} if values else {}
    assert readings(saying.restart().hear("st", payload)) == expected


def test_values_of_a_light_and_a_humidifier_have_their_units() -> None:
    """home-assistant.io light.mqtt.markdown: color_temp in mireds; humidifier.mqtt.markdown."""
    told = {
        "light": {"stat_t": "l/s", "color_temp_state_topic": "l/ct", "bri_stat_t": "l/b"},
        "humidifier": {"stat_t": "h/s", "hum_stat_t": "h/t", "current_humidity_topic": "h/c"},
    }
    units = {
        item.metric: (item.unit, item.quantity)
        for component, config in told.items()
        for item in Saying(homeassistant).hear(
            f"homeassistant/{component}/d1/x/config", {"dev": {"ids": ["d1"]}, **config}
        )
        if isinstance(item, Described) and item.unit
    }
    assert units == {
        "x.color_temp": ("mired", ""),
        "x.target_humidity": ("%", "humidity"),
        "x.current_humidity": ("%", "humidity"),
    }


def test_a_climate_tells_several_values() -> None:
    config = {
        "~": "zigbee/trv",
        "curr_temp_t": "~",
        "curr_temp_tpl": "{{ value_json.local_temperature }}",
        "temp_stat_t": "~",
        "temp_stat_tpl": "{{ value_json.setpoint }}",
        "mode_stat_t": "~/mode",
        "act_t": "~",
        "act_tpl": "{% set v = {'idle':'off'} %}{{ v[value_json.running] }}",
        "temp_cmd_t": "~/set",
        "temp_unit": "C",
        "name": None,
        "dev": {"ids": ["trv"], "via_device": "bridge_1"},
    }
    saying = Saying(homeassistant)
    items = saying.hear("homeassistant/climate/trv/climate/config", config)
    assert Discovered("trv", "bridge_1") in items
    series = {item.metric: item.unit for item in items if isinstance(item, Described)}
    assert series == {
        "": "",
        "local_temperature": "°C",
        "setpoint": "°C",
        "climate.mode": "",
        "climate.action": "",
    }
    payload = {"local_temperature": 20.5, "setpoint": 21, "running": "idle"}
    assert readings(saying.hear("zigbee/trv", payload)) == {
        "trv": {"local_temperature": 20.5, "setpoint": 21, "climate.action": "off"}
    }
    assert readings(saying.hear("zigbee/trv/mode", "heat")) == {"trv": {"climate.mode": "heat"}}


def test_two_entities_with_one_path_keep_apart() -> None:
    saying = Saying(homeassistant)
    for name in ("a", "b"):
        config = {"stat_t": f"st/{name}", "val_tpl": "{{ value_json.v }}", "dev": {"ids": "d"}}
        saying.hear(f"homeassistant/sensor/d/d_{name}/config", config)
    where = saying.restart()
    assert readings(where.hear("st/a", {"v": 1})) == {"d": {"v": 1}}
    assert readings(where.hear("st/b", {"v": 2})) == {"d": {"b": 2}}
    # Announced again, nothing changes, and nothing is written.
    config = {"stat_t": "st/a", "val_tpl": "{{ value_json.v }}", "dev": {"ids": "d"}}
    raw = json.dumps(config).encode()
    topic = b"homeassistant/sensor/d/d_a/config"
    decoder = Decoder(saying.facts, (homeassistant,))
    again = decoder.decode(Message(topic, raw, 1, False, False, b"", NOW_US))
    assert not [item for item in again if isinstance(item, Remembered)]


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"avty_t": "a", "pl_avail": "Online", "pl_not_avail": "Offline"},
         [("a", "Online", True), ("a", "Offline", False)]),  # Tasmota 8
        ({"availability": {"topic": "a"}}, [("a", "online", True)]),
        ({"availability": [{"topic": "a", "value_template": "{{ value_json.state }}"}]},
         [("a", '{"state":"offline"}', False)]),
        ({"avty": [{"t": "a"}, {"t": "b"}], "avty_mode": "all"},
         [("a", "online", True), ("b", "offline", False), ("b", "online", True)]),
        ({"avty": [{"t": "a"}, {"t": "b"}], "avty_mode": "any"},
         [("a", "online", True), ("b", "offline", True), ("a", "offline", False)]),
        ({"avty": [{"t": "a"}, {"t": "b"}]}, [("a", "online", True), ("b", "offline", False)]),
        ({"~": "x", "avty_t": "~/a"}, [("x/a", "online", True)]),
        ({"~": "x", "avty": [{"t": "~/a"}]}, [("x/a", "online", True)]),
    ],
)  # fmt: skip
def test_availability_is_presence(config, told) -> None:
    saying = Saying(homeassistant)
    saying.hear("homeassistant/sensor/x/config", {"stat_t": "st", "dev": {"ids": "d"}, **config})
    for topic, payload, online in told:
        saying = saying.restart()
        assert saying.hear(topic, payload, retain=True) == [Presence("d", online)]
    assert saying.hear(told[0][0], "perhaps") == [Ignored("availability_word", told[0][0])]


def test_an_empty_message_takes_back_what_was_announced() -> None:
    saying = Saying(homeassistant)
    saying.hear("homeassistant/sensor/x/config", {"stat_t": "st", "dev": {"ids": "d"}})
    saying.hear("homeassistant/sensor/y/config", {"stat_t": "st", "dev": {"ids": "e"}})
    where = saying.restart()
    (item,) = where.hear("homeassistant/sensor/x/config", "")
    assert isinstance(item, Ignored)
    assert readings(where.hear("st", "5")) == {"e": {"y": 5}}
    where.hear("homeassistant/sensor/y/config", "")
    for scope in (registry.STATES, registry.OWNERS, registry.METRICS):
        assert not where.facts.scope("homeassistant", scope)


def test_a_topic_with_wildcards_is_matched() -> None:
    # theengs/gateway: one announcement for whichever gateway hears the beacon
    config = {
        "stat_t": "+/+/BTtoMQTT/AABBCC",
        "val_tpl": "{{ value_json.tempc | is_defined }}",
        "dev": {"ids": ["AABBCC"], "cns": [["mac", "AA:BB:CC"]]},
    }
    saying = Saying(homeassistant)
    saying.hear("homeassistant/sensor/AABBCC-tempc/config", config)
    where = saying.restart()
    assert readings(where.hear("home/gw/BTtoMQTT/AABBCC", {"tempc": 20})) == {
        "AABBCC": {"tempc": 20}
    }
    assert not readings(where.hear("home/gw/BTtoMQTT/AABBCC", {"rssi": -80}))


@pytest.mark.parametrize("topic", ["#", "+", "+/+", "a/#", "a/+", "$SYS/x", "", "a/\0", "a/+b"])
def test_no_device_can_announce_the_topics_of_others(topic) -> None:
    saying = Saying(homeassistant)
    config = {"stat_t": topic, "avty_t": topic, "dev": {"ids": "d"}}
    (item,) = saying.hear("homeassistant/sensor/x/config", config)
    assert isinstance(item, Ignored)
    assert not saying.facts.scope("homeassistant", registry.STATES)
    assert not saying.facts.scope("homeassistant", registry.AVAILABLE)


def hear(decoder: Decoder, topic: str, payload: Any) -> list[Any]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    items = decoder.decode(Message(topic.encode(), raw, 1, False, False, b"", NOW_US))
    return [item for item in items if not isinstance(item, Remembered)]


def test_of_a_dialect_read_anyway_it_gives_names_and_units_only() -> None:
    """homebridge-tasmota DEVICES.md: Tasmota's own discovery in Home Assistant's form."""
    decoder = Decoder(Facts())
    config = {
        "name": "Plug total",
        "stat_t": "tele/plug/SENSOR",
        "avty_t": "tele/plug/LWT",
        "uniq_id": "35EBF6_ENERGY_Total",
        "dev": {"ids": ["35EBF6"]},
        "unit_of_meas": "kWh",
        "val_tpl": "{{value_json['ENERGY']['Total']}}",
    }
    items = hear(decoder, "homeassistant/sensor/35EBF6_ENERGY_Total/config", config)
    assert items == [
        Described("plug", aliases=("35EBF6",)),
        Described(
            "plug",
            "ENERGY.Total",
            unit="kWh",
            kind="gauge",
            label="Plug total",
            quantity="energy",
        ),
    ]
    said = hear(decoder, "tele/plug/SENSOR", {"ENERGY": {"Total": 3.5}})
    assert readings(said) == {"plug": {"ENERGY.Total": 3.5}}
    assert hear(decoder, "tele/plug/LWT", b"Online") == [Presence("plug", True)]
    assert tasmota.origin("tele/plug/SENSOR") == ("plug", "")
    # Zigbee2MQTT has a registry of its own: nothing is described twice, under another name.
    bulb = {"stat_t": "zigbee2mqtt/bulb", "val_tpl": "{{ value_json.a }}", "dev": {"ids": ["z_1"]}}
    (item,) = hear(decoder, "homeassistant/sensor/z_1/a/config", bulb)
    assert isinstance(item, Ignored)


def test_a_topic_that_was_announced_is_read_by_whoever_hears_it() -> None:
    decoder = Decoder(Facts())
    assert "d" not in readings(hear(decoder, "my/own/topic", b"5"))
    hear(decoder, "homeassistant/sensor/x/config", {"stat_t": "my/own/topic", "dev": {"ids": "d"}})
    assert readings(hear(decoder, "my/own/topic", b"5")) == {"d": {"x": 5}}


def test_the_birth_of_home_assistant_is_remembered_once_a_second() -> None:
    def born(state: State, payload: bytes, at_us: int) -> list[Remembered]:
        message = Message(b"homeassistant/status", payload, 1, False, False, b"", at_us)
        homeassistant.decode(message, state)
        return state.changes

    facts, second = Facts(), 1_000_000
    (birth,) = born(State("homeassistant", facts, Context()), b"online", 5 * second)
    assert (birth.scope, birth.key, birth.value) == ("births", "homeassistant", {"at": 5 * second})
    facts.take(birth)
    assert born(State("homeassistant", facts, Context()), b"online", 5 * second + 1) == []
    assert born(State("homeassistant", facts, Context()), b"offline", 9 * second) == []
    assert len(born(State("homeassistant", facts, Context()), b"online", 9 * second)) == 1


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("homeassistant/status", "online", "home_assistant_status"),
        ("homeassistant/switch/a/set", "ON", "undiscovered"),
        ("homeassistant/button/x/config", '{"cmd_t":"a"}', "no_state_topic"),
        ("homeassistant/device_automation/x/a/config", '{"topic":"a"}', "no_state_topic"),
        ("homeassistant/sensor/x/config", "", "removed"),
    ],
)
def test_noise_is_no_reading(topic, payload, reason) -> None:
    (item,) = Saying(homeassistant).hear(topic, payload)
    assert isinstance(item, Ignored)
    assert item.reason == reason


@pytest.mark.parametrize("payload", ["[]", "5", "{", "x", "[" * 100_000, b"\xff"])
def test_an_announcement_that_is_none_has_its_reason(payload) -> None:
    (item,) = Saying(homeassistant).hear("homeassistant/sensor/x/config", payload)
    assert isinstance(item, Rejected)
    assert item.problem.reason != "convention_failed"


def test_abbreviations_are_written_out() -> None:
    # home-assistant.io source/_integrations/mqtt.markdown and core's mqtt/abbreviations.py
    whole = {
        "act_t": "action_topic",
        "avty": "availability",
        "avty_mode": "availability_mode",
        "avty_tpl": "availability_template",
        "away_mode_stat_t": "away_mode_state_topic",
        "bri_stat_t": "brightness_state_topic",
        "bri_val_tpl": "brightness_value_template",
        "clr_temp_stat_t": "color_temp_state_topic",
        "clr_temp_val_tpl": "color_temp_value_template",
        "curr_temp_tpl": "current_temperature_template",
        "dir_stat_t": "direction_state_topic",
        "hs_stat_t": "hs_state_topic",
        "json_attr_t": "json_attributes_topic",
        "l_ver_t": "latest_version_topic",
        "lrst_t": "last_reset_topic",
        "osc_stat_t": "oscillation_state_topic",
        "sug_dsp_prc": "suggested_display_precision",
        "swing_mode_stat_t": "swing_mode_state_topic",
        "temp_hi_stat_t": "temperature_high_state_topic",
        "temp_unit": "temperature_unit",
        "tilt_status_t": "tilt_status_topic",
        "whit_val_stat_t": "white_value_state_topic",
        "curr_temp_t": "current_temperature_topic",
        "dev_cla": "device_class",
        "ent_cat": "entity_category",
        "exp_aft": "expire_after",
        "fan_mode_stat_tpl": "fan_mode_state_template",
        "hum_stat_t": "target_humidity_state_topic",
        "obj_id": "object_id",
        "pct_stat_t": "percentage_state_topic",
        "pl_not_avail": "payload_not_available",
        "pos_t": "position_topic",
        "pr_mode_stat_t": "preset_mode_state_topic",
        "stat_cla": "state_class",
        "stat_on": "state_on",
        "uniq_id": "unique_id",
        "unit_of_meas": "unit_of_measurement",
        "val_tpl": "value_template",
    }
    assert {key: next(iter(written_out({key: 1}))) for key in whole} == whole
    assert written_out({"~": "a/b", "stat_t": "~/s", "cmd_t": "set/~"})["state_topic"] == "a/b/s"


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_TOPICS", 50)
    monkeypatch.setattr(registry, "MAX_ENTRIES", 20)
    saying = Saying(homeassistant)
    for number in range(200):
        config = {"stat_t": f"t/x{number}/+", "dev": {"ids": f"d{number}"}, "avty_t": f"a/{number}"}
        saying.hear(f"homeassistant/sensor/x{number}/config", config)
        config = {"stat_t": "one", "dev": {"ids": "one"}, "avty_t": "a"}
        saying.hear(f"homeassistant/sensor/y{number}/config", config)
    for scope in ("states", "available", "owners", "metrics", "states wildcards"):
        kept = saying.facts.scope("homeassistant", scope)
        assert 0 < len(kept) <= 50
        assert all(not isinstance(entries, dict) or len(entries) <= 20 for entries in kept.values())
