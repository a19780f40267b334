"""Tasmota, from its documentation, hatasmota and issues of arendst/Tasmota."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.decode.conventions import tasmota
from bridge.decode.conventions.tests.saying import NOW_US, Saying, readings
from bridge.decode.identity import device_uid
from bridge.decode.items import Described, Discovered, Ignored, Presence, Rejected, Telemetry

MQTT = "tasmota/docs docs/MQTT.md"

ENERGY = {  # hatasmota/sensor.py
    "TotalStartTime": "2018-11-23T15:33:47",
    "Total": 0.017,
    "TotalTariff": [0.0, 0.017],
    "Yesterday": 0.0,
    "Power": 0.0,
    "Factor": 0.39,
    "Voltage": 234.31,
}
STATE = {  # tasmota/docs docs/DeepSleep.md
    "Time": "2021-06-27T15:03:44+02:00",
    "Uptime": "0T00:00:13",
    "UptimeSec": 13,
    "Heap": 28,
    "SleepMode": "Dynamic",
    "Sleep": 50,
    "LoadAvg": 19,
    "MqttCount": 1,
    "POWER": "ON",
    "Wifi": {
        "AP": 1,
        "SSId": "DEMOAP",
        "BSSId": "XX:XX:XX:XX:XX:XX",
        "Channel": 1,
        "Mode": "11n",
        "RSSI": 86,
        "Signal": -57,
        "LinkCount": 1,
        "Downtime": "0T00:00:07",
    },
}


@pytest.mark.parametrize(
    ("topic", "payload", "uid", "values"),
    [
        # docs/MQTT.md
        ("tele/tasmota/SENSOR", {"Time": "2017-02-16T10:13:52", "DS18B20": {"Temperature": 20.6}},
         "tasmota", {"DS18B20.Temperature": 20.6}),
        # docs/DeepSleep.md
        ("tele/demo-sensor/STATE", STATE, "demo-sensor",
         {"UptimeSec": 13, "Heap": 28, "LoadAvg": 19, "MqttCount": 1, "POWER": True,
          "Wifi.RSSI": 86, "Wifi.Signal": -57, "Wifi.LinkCount": 1}),
        # docs/DeepSleep.md
        ("tele/demo-sensor/SENSOR",
         {"Time": "2021-06-27T15:03:44+02:00", "Switch1": "OFF", "Switch2": "ON"},
         "demo-sensor", {"Switch1": False, "Switch2": True}),
        # docs/Teleinfo.md: ids that are digits stay text
        ("tele/denky/SENSOR", {"TIC": {"ADCO": "021528603314", "OPTARIF": "HC..", "HCHC": 920750}},
         "denky", {"TIC.ADCO": "021528603314", "TIC.OPTARIF": "HC..", "TIC.HCHC": 920750}),
        # hatasmota/sensor.py: the same path may be a number, an array, an object
        ("tele/plug/SENSOR", {"Time": "2020-01-01T00:00:00", "ENERGY": ENERGY}, "plug",
         {"ENERGY.Total": 0.017, "ENERGY.TotalTariff.0": 0.0, "ENERGY.TotalTariff.1": 0.017,
          "ENERGY.Yesterday": 0.0, "ENERGY.Power": 0.0, "ENERGY.Factor": 0.39,
          "ENERGY.Voltage": 234.31}),
        # hatasmota/sensor.py
        ("tele/wind/SENSOR",
         {"TX23": {"Speed": {"Act": 14.8}, "Dir": {"Card": "WSW", "Deg": 247.5}},
          "SpeedUnit": "km/h"},
         "wind", {"TX23.Speed.Act": 14.8, "TX23.Dir.Card": "WSW", "TX23.Dir.Deg": 247.5}),
        # docs/Commands.md, STATUS 8 and 10
        ("stat/tasmota/STATUS8",
         {"StatusSNS": {"Time": "2019-12-18T10:13:38", "MJ_HT_V1": {"Temperature": 22.3}}},
         "tasmota", {"MJ_HT_V1.Temperature": 22.3}),
        ("stat/tasmota/STATUS11", {"StatusSTS": {"UptimeSec": 4, "POWER1": "OFF"}},
         "tasmota", {"UptimeSec": 4, "POWER1": False}),
        # docs/MQTT.md, command flow; docs/Commands.md SetOption4, SetOption73, SetOption114
        ("stat/tasmota_switch/RESULT", {"POWER": "OFF"}, "tasmota_switch", {"POWER": False}),
        ("stat/tasmota_switch/POWER2", {"POWER2": "ON"}, "tasmota_switch", {"POWER2": True}),
        ("stat/tasmota/RESULT", {"Button1": {"Action": "HOLD"}}, "tasmota", {"Button1": "HOLD"}),
        # docs/Rules.md: StateText1 0, StateText2 1
        ("stat/wemos-4/RESULT", {"POWER1": "0"}, "wemos-4", {"POWER1": False}),
        ("stat/tasmota/RESULT", {"Switch1": {"Action": "ON"}}, "tasmota", {"Switch1": True}),
        # issues of arendst/Tasmota: bare nan, numbers as text
        ("tele/t/SENSOR", b'{"Time":"2020","AM2301":{"Humidity":"45.1","Light":"7"}}',
         "t", {"AM2301.Humidity": 45.1, "AM2301.Light": "7"}),
        # arendst/Tasmota#52: the brace at the end is missing
        ("tele/t/SENSOR", b'{"Time":"2017-01-01T00:00:00","AM2301":{"Temperature":20.1}',
         "t", {"AM2301.Temperature": 20.1}),
        # docs/Lights: a colour of six digits is no number
        ("tele/lamp/STATE", {"Color": "112233", "Dimmer": 20}, "lamp",
         {"Color": "112233", "Dimmer": 20}),
    ],
)  # fmt: skip
def test_a_device_says_its_readings(topic, payload, uid, values) -> None:
    assert readings(Saying(tasmota).hear(topic, payload)) == {uid: values}


@pytest.mark.parametrize(
    ("topic", "native"),
    [  # docs/MQTT.md, FullTopic; docs/Teleinfo.md
        ("tele/tasmota/SENSOR", "tasmota"),
        ("tasmota/bedroom/tele/SENSOR", "tasmota/bedroom"),
        ("tasmota/bedroom/lamp/tele/SENSOR", "tasmota/bedroom/lamp"),
        ("penthouse/bedroom1/bathroom2/lamp/tele/SENSOR", "penthouse/bedroom1/bathroom2/lamp"),
        ("tele/home/cellar/lamp/SENSOR", "home/cellar/lamp"),
        ("emoncms/ch2i/factory/denky_D6C0C0/tele/SENSOR", "emoncms/ch2i/factory/denky_D6C0C0"),
        ("piegn/tele/a/b/SENSOR", "piegn/a/b"),
        ("tele/Garten/Außenlampe/SENSOR", "Garten/Außenlampe"),
        ("tele/stat/SENSOR", "stat"),  # a device of that name
        ("stat/tele/SENSOR", "tele"),
    ],
)
def test_full_topic_puts_the_name_anywhere(topic, native) -> None:
    assert list(readings(Saying(tasmota).hear(topic, {"A": 1}))) == [device_uid(native)]


CONFIG: dict[str, Any] = {  # NorthernMan54/homebridge-tasmota README, Tasmota 9.3 discovery
    "ip": "192.168.0.20",
    "dn": "Kitchen lamp",
    "fn": ["Lamp", None],
    "hn": "tasmota-4321",
    "mac": "A4CF12D94321",
    "md": "Sonoff Basic",
    "ofln": "Offline",
    "onln": "Online",
    "state": ["OFF", "ON", "TOGGLE", "HOLD"],
    "sw": "9.3.0",
    "t": "lamp",
    "ft": "%prefix%/%topic%/",
    "tp": ["cmnd", "stat", "tele"],
}


SAMPLES = [
    ("tele/demo-sensor/STATE", json.dumps(STATE)),
    ("tele/plug/SENSOR", json.dumps({"Time": "2020-01-01T00:00:00", "ENERGY": ENERGY})),
    ("home/plug/tele/SENSOR", '{"Time":1764244740,"BME280":{"Temperature":"20.1"},"TempUnit":"F"}'),
    ("tele/zb/SENSOR", '{"ZbReceived":{"0x2916":{"Device":"0x2916","ModelId":"TH01","T":1.5}}}'),
    ("tele/core2/SENSOR", '{"LwReceived":{"a":{"DevEUIh":"A8","DevEUIl":"71","Battery":3.006}}}'),
    ("tele/ble/SENSOR", '{"LYWSD03-52680f":{"Temperature":21.1},"IBEACON":{"MAC":"A4","RSSI":-5}}'),
    ("tele/zb/5ADF/ZbReceived", '{"Dimmer":254}'),
    ("stat/plug/RESULT", '{"POWER1":"ON","Switch1":{"Action":"ON"}}'),
    ("stat/plug/STATUS10", '{"StatusSNS":{"Epoch":1764244740,"ANALOG":{"A0":8}}}'),
    ("stat/plug/STATUS0", '{"Status":{"FriendlyName":["Pump"]},"StatusFWR":{"Version":"5.12.0a"}}'),
    ("tele/plug/LWT", "Online"),
    ("tele/plug/INFO1", '{"Info1":{"Module":"Generic","Version":"7.0"}}'),
    ("tasmota/discovery/A4CF12D94321/config", json.dumps(CONFIG)),
]


def test_discovery_names_the_device_that_sends_the_readings() -> None:
    items = Saying(tasmota).hear("tasmota/discovery/A4CF12D94321/config", CONFIG, retain=True)
    assert items == [
        Described(
            "lamp",
            name="Kitchen lamp",
            model="Sonoff Basic",
            firmware="9.3.0",
            aliases=("A4CF12D94321",),
        )
    ]
    deep = {**CONFIG, "ft": "home/%hostname%/%prefix%/%topic%/"}
    (item,) = Saying(tasmota).hear("tasmota/discovery/A4CF12D94321/config", deep)
    (uid,) = readings(Saying(tasmota).hear("home/tasmota-4321/tele/lamp/SENSOR", {"A": 1}))
    assert item.uid == uid


def test_words_of_its_own_are_understood_also_after_a_restart() -> None:
    own = {**CONFIG, "onln": "da", "ofln": "weg", "state": ["AUS", "AN", "TOGGLE", "HOLD"]}
    saying = Saying(tasmota)
    (item,) = saying.hear("tele/lamp/LWT", "da")
    assert item == Ignored("will_word", "da", "lamp")  # another word says nothing
    saying.hear("tasmota/discovery/A4CF12D94321/config", own)
    where = saying.restart()
    assert where.hear("tele/lamp/LWT", "da", retain=True) == [Presence("lamp", True)]
    assert where.hear("tele/lamp/LWT", "weg") == [Presence("lamp", False)]
    assert where.hear("tele/lamp/LWT", "Online") == [Ignored("will_word", "Online", "lamp")]
    assert readings(where.hear("tele/lamp/STATE", {"POWER": "AN"})) == {"lamp": {"POWER": True}}


def test_a_prefix_of_another_name_is_understood_after_its_discovery() -> None:
    renamed = {**CONFIG, "tp": ["cmnd", "stat", "telemetrie"], "ft": "%prefix%/%topic%/"}
    saying = Saying(tasmota)
    saying.hear("tasmota/discovery/A4CF12D94321/config", renamed)
    where = saying.restart()
    payload = {"Time": "2020-01-01T00:00:00", "A": 1}
    assert readings(where.hear("telemetrie/lamp/SENSOR", payload)) == {"lamp": {"A": 1}}


@pytest.mark.parametrize(
    ("payload", "online"),
    [("Online", True), ("Offline", False)],  # docs/MQTT.md, LWT
)
@pytest.mark.parametrize("retain", [False, True])
def test_the_will_is_presence(payload, online, retain) -> None:
    items = Saying(tasmota).hear("tele/tasmota_123456/LWT", payload, retain=retain)
    assert items == [Presence("tasmota_123456", online)]


@pytest.mark.parametrize(
    ("document", "time_us"),
    [
        ({"Time": "2025-11-27T11:59:00"}, 0),  # local, of an unknown zone: receive time
        ({"Time": "2025-11-27T12:59:00+01:00"}, NOW_US - 60_000_000),  # SetOption52 1
        ({"Time": "2025-11-27T12:59:00", "Epoch": 1764244740}, NOW_US - 60_000_000),  # Time 2
        ({"Time": 1764244740}, NOW_US - 60_000_000),  # Time 3
        ({"Time": 1764244740500}, NOW_US - 59_500_000),  # Time 4
        ({"Time": "1970-01-01T00:00:09+00:00"}, 0),  # a clock that was never set
        ({"Epoch": 9}, 0),
        ({"Epoch": 1764244740 + 86_400 * 30}, 0),
        ({"Epoch": "x", "Time": []}, 0),
        ({"Epoch": True}, 0),
        ({"Epoch": float("inf")}, 0),
        ({}, 0),
    ],
)
def test_the_time_is_the_devices_where_it_can_be_told(document, time_us) -> None:
    payload = {**document, "ANALOG": {"A0": 8}}
    (item, *_) = Saying(tasmota).hear("tele/tasmota/SENSOR", payload)
    assert isinstance(item, Telemetry)
    assert [sample.time_us for sample in item.samples] == [time_us]


def test_a_retained_message_without_a_time_is_old_news() -> None:
    payload = {"Time": "2020-01-01T00:00:00", "A": 1}
    items = Saying(tasmota).hear("tele/t/SENSOR", payload, retain=True)  # SensorRetain 1
    assert not readings(items)
    assert Ignored("retained", uid="t") in items


def test_the_future_wake_up_is_neither_a_time_nor_a_reading() -> None:
    # docs/DeepSleep.md
    asleep = {"DeepSleep": {"Time": "2021-06-27T15:04:00", "Epoch": 1624799040}}
    (item,) = Saying(tasmota).hear("stat/demo-sensor/DEEPSLEEP", asleep)
    assert isinstance(item, Ignored)
    payload = {"ANALOG": {"A0": 8}, **asleep}
    assert readings(Saying(tasmota).hear("tele/t/SENSOR", payload)) == {"t": {"ANALOG.A0": 8}}


@pytest.mark.parametrize(
    ("topic", "payload", "child", "values", "about"),
    [
        # docs/Zigbee.md
        ("tele/zb/SENSOR",
         {"ZbReceived": {"0x2916": {"Device": "0x2916", "ModelId": "TH01", "LinkQuality": 120,
                                    "Manufacturer": "eWeLink", "Endpoint": 1}}},
         "zb_0x2916", {"LinkQuality": 120}, {"model": "TH01", "manufacturer": "eWeLink"}),
        ("tele/zb/SENSOR",
         {"ZbReceived": {"0x4773": {"Device": "0x4773", "Name": "Kitchen", "Temperature": 22.5,
                                    "0006!02": "", "Endpoint": 1}}},
         "zb_Kitchen", {"Temperature": 22.5}, {"name": "Kitchen"}),
        # docs/Commands.md SetOption89, SetOption100, SetOption118, SetOption119
        ("tele/Zigbee/5ADF/SENSOR", {"ZbReceived": {"0x5ADF": {"Dimmer": 254}}},
         "Zigbee_0x5ADF", {"Dimmer": 254}, {}),
        ("tele/zb/SENSOR", {"0x5ADF": {"Dimmer": 254}}, "zb_0x5ADF", {"Dimmer": 254}, {}),
        ("tele/zb/ZbReceived", {"0x5ADF": {"Dimmer": 254}}, "zb_0x5ADF", {"Dimmer": 254}, {}),
        ("tele/zb/5ADF/ZbReceived", {"Dimmer": 254}, "zb_5ADF", {"Dimmer": 254}, {}),
        # docs/Zigbee.md, SetOption83 and 89 together
        ("tele/Zigbee/8F20/SENSOR",
         {"ZbReceived": {"Kitchen": {"Device": "0x8F20", "Voltage": 2.995, "Pressure": 1004.04,
                                     "PressureUnit": "hPa", "Endpoint": 1, "LinkQuality": 88}}},
         "Zigbee_Kitchen", {"Voltage": 2.995, "Pressure": 1004.04, "LinkQuality": 88}, {}),
        # docs/Commands.md SetOption120: the endpoint behind the address
        ("tele/Zigbee/5ADF_1/SENSOR", {"ZbReceived": {"0x5ADF": {"Dimmer": 254}}},
         "Zigbee_0x5ADF", {"Dimmer": 254}, {}),
        # docs/Zigbee.md, groups: the answer to a command beside the link
        ("tele/zb/SENSOR",
         {"ZbReceived": {"IKEA_Light": {"Device": "0x5ADF", "0004<00": "006400", "AddGroup": 100,
                                        "AddGroupStatus": 0, "AddGroupStatusMsg": "SUCCESS",
                                        "Endpoint": 1, "LinkQuality": 80}}},
         "zb_IKEA_Light", {"LinkQuality": 80}, {}),
        # docs/LoRa-and-LoRaWan-Bridge.md
        ("tele/core2/SENSOR",
         {"LwReceived": {"0x4AD6": {"Node": 1, "Device": "0x4AD6", "RSSI": -50.0, "SNR": 12.0,
                                    "Events": 0, "LastEvent": 0, "DoorOpen": 1, "Alarm": 0,
                                    "Battery": 3.000}}},
         "core2_0x4AD6",
         {"RSSI": -50.0, "SNR": 12.0, "DoorOpen": 1, "Alarm": 0, "Battery": 3.0}, {}),
        ("tele/core2/SENSOR",
         {"LwReceived": {"LDS01": {"Node": 1, "Device": "0x4AD6", "Name": "LDS01", "RSSI": -49.0,
                                   "DevEUIh": "A840410E", "DevEUIl": "71894AD6", "FPort": 10,
                                   "Payload": [11, 196, 1]}}},
         "core2_LDS01", {"RSSI": -49.0}, {"name": "LDS01", "aliases": ("A840410E71894AD6",)}),
        # docs/Bluetooth_ESP32.md
        ("tele/ble/SENSOR",
         {"Time": "2020-03-24T12:47:51", "LYWSD03-52680f": {"Temperature": 21.1, "Battery": 100},
          "TempUnit": "C"},
         "LYWSD03-52680f", {"Temperature": 21.1, "Battery": 100}, {}),
        ("tele/ibeacon/SENSOR",
         {"Time": "2021-01-02T12:08:40",
          "IBEACON": {"MAC": "A4C1387FC1E1", "RSSI": -56, "STATE": "ON"}},
         "A4C1387FC1E1", {"RSSI": -56, "STATE": True}, {"aliases": ("A4C1387FC1E1",)}),
    ],
)  # fmt: skip
def test_those_behind_a_bridge_are_devices(topic, payload, child, values, about) -> None:
    items = Saying(tasmota).hear(topic, payload)
    assert readings(items) == {child: values}
    gateway = "Zigbee" if "Zigbee/" in topic else topic.split("/")[1]
    assert Discovered(child, gateway) in items
    described = [item for item in items if isinstance(item, Described) and not item.metric]
    assert described == [Described(child, **about)]


def test_what_a_bridge_knows_of_a_child_describes_it_and_is_no_reading() -> None:
    """docs/Zigbee.md, ZbInfo: its values are of whatever time."""
    known = {
        "Device": "0xECD0",
        "Name": "IKEA_Bulb",
        "IEEEAddr": "0x90FD9FFFFE03B051",
        "ModelId": "TRADFRI bulb E27 WS opal 980lm",
        "Manufacturer": "IKEA of Sweden",
        "Endpoints": [1],
        "Config": ["O01", "L01.2"],
        "Power": 1,
        "LastSeenEpoch": 1658349178,
    }
    items = Saying(tasmota).hear("tele/zb/SENSOR", {"ZbInfo": {"0xECD0": known}})
    assert items == [
        Discovered("zb_IKEA_Bulb", "zb"),
        Described(
            "zb_IKEA_Bulb",
            name="IKEA_Bulb",
            model="TRADFRI bulb E27 WS opal 980lm",
            manufacturer="IKEA of Sweden",
            aliases=("0x90FD9FFFFE03B051",),
        ),
    ]


@pytest.mark.parametrize(
    ("payload", "units"),
    [
        # docs/VL53Lxx.md, "it will display distance in mm", HC-SR04.md
        ({"VL53L0X_1": {"Distance": 263}, "VL53L1X": {"Distance": 3}, "SR04": {"Distance": 16.7}},
         {"VL53L0X_1.Distance": "mm", "VL53L1X.Distance": "mm", "SR04.Distance": "cm"}),
        # docs/AS3935.md: kilometres to the storm; the energy has no unit
        ({"AS3935": {"Event": 4, "Distance": 12, "Energy": 58622, "Stage": 1}},
         {"AS3935.Distance": "km"}),
        # docs/MLX90614.md
        ({"MLX90614": {"OBJTMP": 23.8, "AMBTMP": 22.7}},
         {"MLX90614.OBJTMP": "°C", "MLX90614.AMBTMP": "°C"}),
        # docs/Teleinfo.md: the load is the share of 15 A
        ({"ENERGY": {"Period": 9, "Power": 170, "Load": 6}},
         {"ENERGY.Period": "Wh", "ENERGY.Power": "W", "ENERGY.Load": "%"}),
    ],
)  # fmt: skip
def test_a_name_may_have_another_unit_of_one_sensor(payload, units) -> None:
    items = Saying(tasmota).hear("tele/t/SENSOR", {"Time": "2020-01-01T00:00:00", **payload})
    told = {item.metric: item.unit for item in items if isinstance(item, Described)}
    assert told == units


def test_units_come_from_the_message_and_from_the_names() -> None:
    payload = {
        "Time": "2020-01-01T00:00:00",
        "BME280": {"Temperature": 68.0, "Humidity": 50.0, "Pressure": 29.9},
        "ENERGY": ENERGY,
        "TX23": {"Speed": {"Act": 14.8}},
        "SDS0X1": {"PM2.5": 4.0},
        "TempUnit": "F",
        "PressureUnit": "mmHg",
        "SpeedUnit": "km/h",
    }
    saying = Saying(tasmota)
    items = saying.hear("tele/t/SENSOR", payload)
    units = {
        item.metric: (item.unit, item.kind, item.quantity)
        for item in items
        if isinstance(item, Described)
    }
    assert units == {
        "BME280.Temperature": ("°F", "gauge", "temperature"),
        "BME280.Humidity": ("%", "gauge", "humidity"),
        "BME280.Pressure": ("mmHg", "gauge", "pressure"),
        "ENERGY.Total": ("kWh", "counter", "energy"),
        "ENERGY.TotalTariff.0": ("kWh", "counter", "energy"),
        "ENERGY.TotalTariff.1": ("kWh", "counter", "energy"),
        "ENERGY.Yesterday": ("kWh", "gauge", "energy"),
        "ENERGY.Power": ("W", "gauge", "power"),
        "ENERGY.Voltage": ("V", "gauge", "voltage"),
        "TX23.Speed.Act": ("km/h", "gauge", "speed"),
        "SDS0X1.PM2.5": ("µg/m³", "gauge", "pm25"),
    }
    # Told once, and again for whoever came since.
    assert len(saying.hear("tele/t/SENSOR", payload)) == 1
    assert len(saying.hear("tele/t/SENSOR", payload, at_us=NOW_US + 3_700_000_000)) == len(items)


def test_the_battery_of_a_lora_node_is_a_voltage() -> None:
    items = Saying(tasmota).hear("tele/c/SENSOR", {"LwReceived": {"a": {"Battery": 3.006}}})
    assert Described("c_a", "Battery", unit="V", kind="gauge", quantity="voltage") in items


def test_births_and_status_describe() -> None:
    saying = Saying(tasmota)
    # docs/devices of tasmota/docs
    info = {"Module": "Generic", "Version": "7.0.0.3(tasmota)", "FallbackTopic": "cmnd/DVES/"}
    assert saying.hear("tele/wemos2/INFO1", info) == [
        Described("wemos2", model="Generic", firmware="7.0.0.3(tasmota)")
    ]
    assert saying.hear("tele/wemos2/INFO1", {"Info1": info}) == [
        Described("wemos2", model="Generic", firmware="7.0.0.3(tasmota)")
    ]
    # docs/JSON-Status-Responses.md
    status = {
        "Status": {"Module": 1, "FriendlyName": ["Pump"], "Topic": "sonoff"},
        "StatusFWR": {"Version": "5.12.0a"},
        "StatusNET": {"Mac": "a4:cf:12:d9:43:21", "Hostname": "x"},
    }
    assert saying.hear("stat/wemos2/STATUS0", status) == [
        Described("wemos2", name="Pump", firmware="5.12.0a", aliases=("A4CF12D94321",))
    ]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("cmnd/tasmota/POWER", "on", "command"),  # docs/MQTT.md
        ("cmnd/tasmota/Power", "", "command"),
        ("tasmota/lamp/cmnd/Dimmer", "5", "command"),
        ("stat/tasmota/POWER", "ON", "other_channel"),  # the RESULT before it said so
        ("stat/tasmota/RESULT", {"PowerOnState": 3}, "command_answer"),
        ("stat/tasmota/STATUS6", {"StatusMQT": {"MqttHost": "1.1.1.1"}}, "command_answer"),
        ("tele/wemos2/INFO2", {"WebServerMode": "Admin", "Hostname": "wemos2"}, "command_answer"),
        ("tele/wemos-9/RESULT", {"SerialReceived": "1-3:0.2.8(42)\r"}, "command_answer"),
        ("tele/tasmota/POWER_LOW", "ON", "other_channel"),  # docs/MQTT.md
        ("tasmota/discovery/A4CF12D94321/sensors", {"sn": {"A": 1}}, "boot_template"),
        ("tasmota/discovery/A4CF12D94321/config", "", "removed"),
        ("tele/t/SENSOR", "", "cleared"),
        ("tele/t/LWT", "", "cleared"),
        ("tele/SENSOR", {"A": 1}, "no_device"),
        # docs/Zigbee.md: what the bridge does, and answers to commands
        ("tele/zb/SENSOR", {"ZbState": {"Status": 30, "ShortAddr": "0x8F20"}}, "no_values"),
        ("tele/zb/SENSOR", {"ZbResponse": {"Device": "0x5ADF", "Status": 0}}, "no_values"),
        ("tele/t/SENSOR", {"Time": "2020-01-01T00:00:00"}, "no_values"),
        ("tele/t/SENSOR", {"Time": None, "A": None}, "no_values"),
    ],
)
def test_noise_is_no_reading(topic, payload, reason) -> None:
    (item,) = Saying(tasmota).hear(topic, payload)
    assert isinstance(item, Ignored)
    assert item.reason == reason


def test_nan_costs_its_value_alone() -> None:
    payload = b'{"Time":"2020-01-01T00:00:00","SI7021":{"Temperature":nan,"Humidity":40.0}}'
    (item, *_) = Saying(tasmota).hear("tele/t/SENSOR", payload)
    assert isinstance(item, Telemetry)
    assert [sample.values for sample in item.samples] == [{"SI7021.Humidity": 40.0}]
    assert [problem.reason for problem in item.problems] == ["not_finite"]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("tele/t/SENSOR", "[1]"),
        ("tele/t/SENSOR", "hello"),
        # docs/MCP230xx.md: a brace is missing in the middle; nobody can tell what was meant
        ("tele/t/SENSOR", b'{"Time":"2018-08-18T16:13:47","MCP230XX": "D0":0,"D1":0}}'),
        ("tele/t/SENSOR", b'{"A":{"Temperature":2'),  # cut: 2 may have been 21.5
        ("tele/t/SENSOR", b'{"A":{"T":"\xff"}}'),
        ("tele/t/SENSOR", "[" * 100_000),
        ("tele/t/SENSOR", '{"a":' * 5_000 + "1" + "}" * 5_000),
        ("tasmota/discovery/AA/config", "[]"),
        ("tasmota/discovery/AA/config", b"\xff"),
    ],
)
def test_bad_data_has_its_reason(topic, payload) -> None:
    (item,) = Saying(tasmota).hear(topic, payload)
    assert isinstance(item, Rejected)
    assert item.problem.reason != "convention_failed"


@pytest.mark.parametrize(
    "payload",
    [
        {"ZbReceived": 5},
        {"ZbReceived": {"0x1": 5, "": {}}},
        {"ZbReceived": {"x" * 5_000: {"Name": "\x00" * 9, "A": 1}}},
        {"LwReceived": {"a": {"Battery": {}, "Name": 1, "DevEUIh": []}}},
        {f"S-{n:06x}": {"T": 1} for n in range(900)},
        {"A" * 3_000: 1, "\x00": 2, "\ud800": 3, "\u202e": 4},
        {"Time": {}, "Epoch": [], "TempUnit": 5, "A": {"Temperature": 10**400}},
        {"Switch1": {"Action": {}}, "POWER": {}},
    ],
)
@pytest.mark.parametrize("channel", ["SENSOR", "STATE", "RESULT", "ZbReceived", "STATUS10"])
def test_nonsense_is_contained(payload, channel) -> None:
    items = Saying(tasmota).hear(f"tele/t/{channel}", payload)
    reasons = [item.problem.reason for item in items if isinstance(item, Rejected)]
    assert "convention_failed" not in reasons


def test_hostile_discovery_is_contained() -> None:
    for key in CONFIG:
        for value in (None, 1, [], [[]], {}, "\x00", "x" * 5_000, "/" * 100):
            Saying(tasmota).hear("tasmota/discovery/A/config", {**CONFIG, key: value})
