"""Shelly, from shelly-api-docs.shelly.cloud and captures in public repositories."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.decode import Decoder
from bridge.decode.conventions import shelly
from bridge.decode.conventions.tests.saying import NOW_US, Saying, readings
from bridge.decode.items import Described, Ignored, Presence, Rejected, Remembered, Telemetry
from bridge.decode.state import Facts
from bridge.message import Message

SWITCH = {  # shelly-api-docs gen2/ComponentsAndServices/Switch, status
    "id": 0,
    "source": "MQTT",
    "output": True,
    "apower": 12.5,
    "voltage": 230.1,
    "current": 0.06,
    "freq": 50.0,
    "aenergy": {"total": 1034.2, "by_minute": [3.1, 0, 0], "minute_ts": 1764244740},
    "temperature": {"tC": 45.2, "tF": 113.4},
}
NOTIFIED = {  # asnowfix/home-automation pkg/shelly/script/follower-switch.js
    "src": "shelly1minig3-54320464f17c",
    "dst": "shelly1minig3-54320464f17c/events",
    "method": "NotifyStatus",
    "params": {"ts": 1764244795.6, "switch:0": {"id": 0, "output": False, "source": "MQTT"}},
}
FULL = {  # a capture of an H&T Gen3
    "src": "shellyhtg3-543204539b34",
    "dst": "shellyhtg3-543204539b34/events",
    "method": "NotifyFullStatus",
    "params": {
        "ts": 1764244795.91,
        "ble": {},
        "cloud": {"connected": False},
        "devicepower:0": {
            "id": 0,
            "battery": {"V": 6.13, "percent": 100},
            "external": {"present": False},
        },
        "humidity:0": {"id": 0, "rh": 50.8},
        "mqtt": {"connected": True},
        "sys": {"mac": "543204539B34", "time": "10:20", "unixtime": 1751638859, "uptime": 2},
        "wifi": {"sta_ip": "10.0.0.9", "status": "got ip", "ssid": "x", "rssi": -47},
    },
}
ANNOUNCE = {  # shelly-api-docs gen1, MQTT
    "id": "shelly1pm-B8A4EE",
    "model": "SHSW-PM",
    "mac": "BCFF4DB8A4EE",
    "ip": "192.168.1.9",
    "new_fw": False,
    "fw_ver": "20230913-112003/v1.14.0-gcb84623",
}
SAMPLES = [
    ("shellyplus1pm-a8032ab636ec/status/switch:0", json.dumps(SWITCH)),
    ("shelly1minig3-54320464f17c/events/rpc", json.dumps(NOTIFIED)),
    ("home/ht/events/rpc", json.dumps(FULL)),
    ("plug/status/sys", '{"mac":"543204539B34","uptime":2,"ram_free":137648}'),
    ("shellies/plus1pm/status/temperature:0", '{"id": 0,"tC":20.1, "tF":68.3}'),
    ("shellies/announce", json.dumps(ANNOUNCE)),
    ("shellies/shelly1pm-B8A4EE/relay/0", "on"),
    ("shellies/shelly1pm-B8A4EE/relay/0/power", "12.50"),
    ("shellies/shelly1pm-B8A4EE/input_event/0", '{"event":"S","event_cnt":2}'),
    ("shellies/shelly1pm-B8A4EE/info", '{"wifi_sta":{"rssi":-60},"uptime":5,"relays":[]}'),
    ("shellies/shelly1pm-B8A4EE/online", "true"),
]


@pytest.mark.parametrize(
    ("topic", "payload", "uid", "values"),
    [
        ("shellyplus1pm-a8032ab636ec/status/switch:0", SWITCH, "shellyplus1pm-a8032ab636ec",
         {"switch:0.output": True, "switch:0.apower": 12.5, "switch:0.voltage": 230.1,
          "switch:0.current": 0.06, "switch:0.freq": 50.0, "switch:0.aenergy.total": 1034.2,
          "switch:0.temperature.tC": 45.2}),
        ("shellies/plus1pm/status/switch:0", {"id": 0, "output": False}, "plus1pm",
         {"switch:0.output": False}),
        ("shelly1minig3-54320464f17c/events/rpc", NOTIFIED, "shelly1minig3-54320464f17c",
         {"switch:0.output": False}),
        ("ht/events/rpc", FULL, "ht",
         {"devicepower:0.battery.V": 6.13, "devicepower:0.battery.percent": 100,
          "devicepower:0.external.present": False, "humidity:0.rh": 50.8, "sys.uptime": 2,
          "wifi.rssi": -47}),
        # JHNUL/home-server-apps messages.md
        ("shellyht-livingroom/status/temperature:0", {"id": 0, "tC": 20.1, "tF": 68.3},
         "shellyht-livingroom", {"temperature:0.tC": 20.1}),
        ("shellyht-livingroom/status/wifi",
         {"sta_ip": "x", "status": "got ip", "ssid": "N", "rssi": -47, "sta_ip6": None},
         "shellyht-livingroom", {"wifi.rssi": -47}),
        # shelly-api-docs gen2/ComponentsAndServices/EM
        ("em/status/em:0", {"id": 0, "a_current": 4.0, "a_act_power": 951.2, "a_pf": 0.9,
                            "n_current": None, "user_calibrated_phase": []}, "em",
         {"em:0.a_current": 4.0, "em:0.a_act_power": 951.2, "em:0.a_pf": 0.9}),
        # shelly-api-docs gen1; captures of koestler/go-mqtt-to-influx converter/shelly.go
        ("shellies/shelly1pm-B8A4EE/relay/0", "on", "shelly1pm-B8A4EE", {"relay.0": True}),
        ("shellies/shelly1pm-B8A4EE/relay/0", "overpower", "shelly1pm-B8A4EE",
         {"relay.0": "overpower"}),
        ("shellies/shelly1pm-B8A4EE/relay/0/power", "12.50", "shelly1pm-B8A4EE",
         {"relay.0.power": 12.5}),
        ("shellies/shelly1pm-B8A4EE/relay/0/energy", "8", "shelly1pm-B8A4EE",
         {"relay.0.energy": 8}),
        ("shellies/shellyem3-1/emeter/0/total", "1034.2", "shellyem3-1",
         {"emeter.0.total": 1034.2}),
        ("shellies/shellyht-1/sensor/temperature", "21.25", "shellyht-1",
         {"sensor.temperature": 21.25}),
        ("shellies/shellyflood-1/sensor/flood", "true", "shellyflood-1", {"sensor.flood": True}),
        ("shellies/shellydw2-1/sensor/state", "open", "shellydw2-1", {"sensor.state": "open"}),
        ("shellies/shellydw2-1/sensor/vibration", "1", "shellydw2-1", {"sensor.vibration": True}),
        ("shellies/shellyix3-1/input/0", "1", "shellyix3-1", {"input.0": True}),
        ("shellies/shellyix3-1/input_event/0", {"event": "S", "event_cnt": 2}, "shellyix3-1",
         {"input_event.0": "S"}),
        ("shellies/shelly1pm-1/overtemperature", "0", "shelly1pm-1", {"overtemperature": False}),
        ("shellies/shellyrgbw2-1/color/0/status", {"ison": True, "red": 9, "mode": "color"},
         "shellyrgbw2-1", {"color.0.ison": True, "color.0.red": 9}),
        ("shellies/shelly1pm-1/info",
         {"wifi_sta": {"rssi": -60, "ssid": "x"}, "unixtime": 0, "time": "", "uptime": 5,
          "ram_free": 38016, "relays": [{"ison": True}]},
         "shelly1pm-1", {"wifi.rssi": -60, "uptime": 5, "ram_free": 38016}),
    ],
)  # fmt: skip
def test_a_device_says_its_readings(topic, payload, uid, values) -> None:
    assert readings(Saying(shelly).hear(topic, payload)) == {uid: values}


def test_a_notification_lays_over_what_was_told_before() -> None:
    """shelly-api-docs gen2/General/Notifications: only what changed is told; null is gone."""
    params = {"ts": 1764244795.6, "switch:0": {"id": 0, "apower": 3.0, "timer_duration": None}}
    items = Saying(shelly).hear("p/events/rpc", {**NOTIFIED, "params": params})
    assert readings(items) == {"p": {"switch:0.apower": 3.0}}


@pytest.mark.parametrize(
    ("ts", "time_us"),
    [
        (1764244795.6, 1_764_244_795_600_000),
        (1.61, 0),  # before the clock was set
        (1764244800 + 10**8, 0),
        (None, 0),
        ("1764244795", 0),
        (True, 0),
        (1e300, 0),
        ([], 0),
    ],
)
def test_the_time_is_the_notifications_where_it_can_be_true(ts, time_us) -> None:
    params = {"ts": ts, "switch:0": {"apower": 3.0}}
    (item, *_) = Saying(shelly).hear("p/events/rpc", {**NOTIFIED, "params": params})
    assert isinstance(item, Telemetry)
    assert [sample.time_us for sample in item.samples] == [time_us]


def test_what_is_told_twice_counts_once() -> None:
    saying = Saying(shelly)
    assert readings(saying.hear("p/status/switch:0", SWITCH))
    saying.hear("p/events/rpc", NOTIFIED)
    (item,) = saying.hear("p/status/switch:0", SWITCH)
    assert item == Ignored("said_by_notification", "switch:0", "p")
    later = NOW_US + 2_000_000_000  # its notifications were switched off
    assert readings(saying.hear("p/status/switch:0", SWITCH, at_us=later))


def test_a_push_is_an_event() -> None:
    events = [
        {"component": "input:0", "id": 0, "event": "single_push", "ts": 1764244790.0},
        {"component": "sys", "event": "config_changed", "ts": 1764244790.0},
    ]
    said = {**NOTIFIED, "method": "NotifyEvent", "params": {"ts": 1764244795, "events": events}}
    (item,) = Saying(shelly).hear("p/events/rpc", said)
    assert isinstance(item, Telemetry)
    assert [(sample.time_us, sample.values) for sample in item.samples] == [
        (1_764_244_790_000_000, {"input:0.event": "single_push"})
    ]


def test_the_hardware_is_an_alias_of_the_prefix() -> None:
    items = Saying(shelly).hear("kitchen/events/rpc", FULL)
    about = [item for item in items if isinstance(item, Described) and not item.metric]
    aliases = ("shellyhtg3-543204539b34", "543204539B34")
    assert about == [Described("kitchen", manufacturer="Shelly", aliases=aliases)]


@pytest.mark.parametrize("topic", ["shellies/announce", "shellies/shelly1pm-B8A4EE/announce"])
def test_an_announcement_describes(topic) -> None:
    assert Saying(shelly).hear(topic, ANNOUNCE) == [
        Described(
            "shelly1pm-B8A4EE",
            model="SHSW-PM",
            firmware="20230913-112003/v1.14.0-gcb84623",
            manufacturer="Shelly",
            aliases=("BCFF4DB8A4EE",),
        )
    ]


@pytest.mark.parametrize(
    "topic", ["shellies/shelly1pm-1/online", "shellyplus1pm-1/online", "a/b/online"]
)
@pytest.mark.parametrize("retain", [False, True])
def test_the_will_is_presence(topic, retain) -> None:
    (item,) = Saying(shelly).hear(topic, "true", retain=retain)
    assert isinstance(item, Presence)
    assert item.online
    (item,) = Saying(shelly).hear(topic, "false", retain=retain)
    assert isinstance(item, Presence)
    assert not item.online


def test_units_are_those_of_the_documentation() -> None:
    saying = Saying(shelly)
    items = saying.hear("p/status/switch:0", SWITCH)
    items += saying.hear("shellies/g/relay/0/energy", "8")
    items += saying.hear("shellies/g/sensor/rain_total", "8")  # of which nothing is known
    units = {
        item.metric: (item.unit, item.kind, item.quantity)
        for item in items
        if isinstance(item, Described)
    }
    assert units == {
        "switch:0.output": ("", "boolean", ""),
        "switch:0.apower": ("W", "gauge", "power"),
        "switch:0.voltage": ("V", "gauge", "voltage"),
        "switch:0.current": ("A", "gauge", "current"),
        "switch:0.freq": ("Hz", "gauge", "frequency"),
        "switch:0.aenergy.total": ("Wh", "counter", "energy"),
        "switch:0.temperature.tC": ("°C", "gauge", "temperature"),
        "relay.0.energy": ("Wmin", "counter", "energy"),
    }


def test_discovery_for_home_assistant_names_the_same_series() -> None:
    # enesbcs/shellyteacher4domo mqtt_templates_gen2.txt
    config: dict[str, Any] = {
        "~": "shellyplus1pm-1/",
        "name": "Power",
        "stat_t": "~status/switch:0",
        "val_tpl": "{{ value_json.apower }}",
        "unit_of_meas": "W",
        "dev": {"ids": ["a8032ab636ec"]},
    }
    decoder = Decoder(Facts())
    raw = json.dumps(config).encode()
    topic = b"homeassistant/sensor/shellyplus1pm-1/power/config"
    items = decoder.decode(Message(topic, raw, 1, False, True, b"", NOW_US))
    described = [item for item in items if not isinstance(item, Remembered)]
    assert [(item.uid, getattr(item, "metric", "")) for item in described] == [
        ("shellyplus1pm-1", ""),
        ("shellyplus1pm-1", "switch:0.apower"),
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("shellies/shelly1pm-1/relay/0/command", "on", "command"),
        ("shellies/command", "announce", "command"),
        ("shellies/shellyht-1/temperature_f", "70.1", "no_values"),
        ("shellies/shellyht-1/sensor/act_reasons", '["sensor"]', "no_values"),
        ("shellies/shellyht-1/sensor/temperature", "", "cleared"),
        ("shellies/shellyht-1/sensor/temperature", "nan", "no_values"),
        ("p/status/cloud", {"connected": True}, "no_values"),
        ("p/status/switch:0", "", "cleared"),
        ("p/events/rpc", {**NOTIFIED, "method": "Shelly.GetStatus"}, "other_method"),
        ("p/online", "maybe", "status_word"),
        ("shellies/shelly1pm-1/online", "", "cleared"),
    ],
)
def test_noise_is_no_reading(topic, payload, reason) -> None:
    (item,) = Saying(shelly).hear(topic, payload)
    assert isinstance(item, Ignored)
    assert item.reason == reason


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("p/events/rpc", "[]"),
        ("p/events/rpc", "{"),
        ("p/status/switch:0", "5"),
        ("p/status/switch:0", "[" * 100_000),
        ("shellies/announce", "[]"),
    ],
)
def test_bad_data_has_its_reason(topic, payload) -> None:
    (item,) = Saying(shelly).hear(topic, payload)
    assert isinstance(item, Rejected)
    assert item.problem.reason != "convention_failed"


def test_an_input_counts_and_a_virtual_component_has_a_value() -> None:
    """shelly-api-docs gen2, ComponentsAndServices Input, DynamicComponents Virtual."""
    notified = {
        "src": "shellypmminig3-1",
        "method": "NotifyStatus",
        "params": {
            "ts": 1764244795.6,
            "input:2": {
                "id": 2,
                "counts": {
                    "total": 10,
                    "xtotal": 20.5,
                    "by_minute": [0, 1, 0],
                    "xby_minute": [0, 2, 0],
                    "minute_ts": 1764244740,
                },
                "freq": 1.2,
            },
            "boolean:200": {"id": 200, "value": True, "source": "rpc", "last_update_ts": 1},
        },
    }
    items = Saying(shelly).hear("shellypmminig3-1/events/rpc", notified)
    assert readings(items) == {
        "shellypmminig3-1": {
            "input:2.counts.total": 10,
            "input:2.counts.xtotal": 20.5,
            "input:2.freq": 1.2,
            "boolean:200.value": True,
        }
    }
    kinds = {item.metric: item.kind for item in items if isinstance(item, Described)}
    assert kinds["input:2.counts.total"] == "counter"


@pytest.mark.parametrize(
    ("status", "values"),
    [  # shelly-api-docs gen1, Shelly Motion MQTT and Shelly TRV MQTT: all they tell is in `status`
        ({"motion": True, "timestamp": 1764244790, "active": True, "vibration": False,
          "lux": 12, "bat": 78, "tmp": {"value": 21.3, "units": "C"}},
         {"sensor.motion": True, "sensor.vibration": False, "sensor.lux": 12,
          "sensor.battery": 78, "sensor.temperature": 21.3}),
        ({"target_t": {"enabled": True, "value": 22.0},
          "tmp": {"value": 70.4, "units": "F", "is_valid": True}, "bat": 80},
         {"sensor.battery": 80, "sensor.temperature_f": 70.4,
          "thermostat.target_temperature": 22.0}),
        ({"tmp": {"value": 0, "units": "C", "is_valid": False}, "bat": 99}, {"sensor.battery": 99}),
    ],
)  # fmt: skip
def test_a_motion_sensor_and_a_valve_tell_all_in_one_document(status, values) -> None:
    items = Saying(shelly).hear("shellies/shellytrv-588E81A41B2C/status", status)
    assert readings(items) == {"shellytrv-588E81A41B2C": values}
    units = {item.metric: item.unit for item in items if isinstance(item, Described)}
    assert units.get("sensor.temperature_f", "°F") == "°F"
