"""OpenMQTTGateway and Theengs Gateway. Sources are named beside the rows."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.conventions import openmqttgateway
from bridge.decode.conventions.tests.heard import (
    Ears,
    about,
    hear,
    presence,
    reasons,
    units,
    values,
)
from bridge.decode.identity import device_uid
from bridge.decode.items import Described, Discovered, Ignored, Rejected

GATEWAY = "home/OpenMQTTGateway"
TABLE: list[tuple[str, str, dict[str, dict[str, Any]]]] = [
    # 1technophile/OpenMQTTGateway@03025342ff90, docs/use/ble.md: numbers in quotes
    ("BTtoMQTT/4C33A6603C79", '{"hum":"52.6","tempc":"19.2","tempf":"66.56"}', {"4C33A6603C79": {"hum": 52.6, "tempc": 19.2}}),
    # ibid., issue 1288
    ("BTtoMQTT/C6C752663CBF", '{"id":"C6:C7:52:66:3C:BF","mac_type":1,"rssi":-23,"brand":"SwitchBot","model":"Meter (Plus)","model_id":"THX1/W230150X","tempc":17.6,"tempf":63.68,"hum":63,"batt":100}',
     {"C6C752663CBF": {"rssi": -23, "tempc": 17.6, "hum": 63, "batt": 100}}),
    # ibid., issue 358
    ("BTtoMQTT/C47C8D661011", '{"lux":"253"}', {"C47C8D661011": {"lux": 253}}),
    # theengs/decoder@d6fdd205ca67, tests/BLE/test_ble.cpp, as a gateway publishes them
    ("BTtoMQTT", '{"id":"58:2D:34:33:AA:DF","rssi":-60,"brand":"Xiaomi","model":"Mi Jia round","model_id":"LYWSDCGQ","type":"THB","tempc":26,"tempf":78.8,"hum":61.4,"mac":"58:2D:34:33:AA:DF"}',
     {"582D3433AADF": {"rssi": -60, "tempc": 26, "hum": 61.4}}),
    ("BTtoMQTT/AABBCCDDEEFF", '{"brand":"iNode","model":"Energy Meter","model_id":"INEM","type":"ENRG","cidc":false,"avg":2.376,"avgu":"kW","sum":21.2928,"sumu":"kWh","batt":70,"lowbatt":false}',
     {"AABBCCDDEEFF": {"avg": 2.376, "sum": 21.2928, "batt": 70, "lowbatt": False}}),
    ("BTtoMQTT/AABBCCDDEEFF", '{"brand":"Otio/BeeWi","model":"Door & Window Sensor","model_id":"BSDOO","type":"CTMO","cidc":false,"cont":true,"open":true,"batt":100}',
     {"AABBCCDDEEFF": {"open": True, "batt": 100}}),
    # theengs/decoder, tests/BLE/test_ble.cpp: what is told in two units comes once, by each probe
    ("BTtoMQTT/AABBCCDDEEFF", '{"brand":"Govee","model_id":"H5055","type":"BBQ","cidc":false,"tempc1":23,"tempf1":73.4,"tempc2":115,"tempf2":239,"batt":70}',
     {"AABBCCDDEEFF": {"tempc1": 23, "tempc2": 115, "batt": 70}}),
    ("BTtoMQTT/AABBCCDDEEFF", '{"brand":"Blue Maestro","model_id":"TD3in1","type":"THBX","tempc":23.9,"tempf":75.02,"hum":43.5,"tempc2_dp":10.8,"tempf2_dp":51.44,"batt":86}',
     {"AABBCCDDEEFF": {"tempc": 23.9, "hum": 43.5, "tempc2_dp": 10.8, "batt": 86}}),
    ("BTtoMQTT/AABBCCDDEEFF", '{"brand":"Mopeka","model_id":"M1017","type":"UNIQ","tempc":20,"lvl_cm":11.2,"lvl_in":4.4,"quality":3,"volt":2.9}',
     {"AABBCCDDEEFF": {"tempc": 20, "lvl_cm": 11.2, "quality": 3, "volt": 2.9}}),
    # ibid.: a serial number and a packet's are no readings
    ("BTtoMQTT/AABBCCDDEEFF", '{"brand":"Otodata","model_id":"RC1010","type":"UNIQ","level":98.35,"serial":56001608,"modeltype":67367466,"status":0}',
     {"AABBCCDDEEFF": {"level": 98.35, "status": 0}}),
    # ble.md: the topic is the beacon's UUID, its address changes
    ("BTtoMQTT/1de4b189115e45f6b44e509352269977", '{"id":"52:10:A8:46:90:AC","rssi":-76,"model_id":"IBEACON","uuid":"1de4b189115e45f6b44e509352269977","volt":2.6}',
     {"1de4b189115e45f6b44e509352269977": {"rssi": -76, "volt": 2.6}}),
    # NorthernMan54/rtl_433_ESP, issue 20
    ("RTL_433toMQTT/Nexus-T/167", '{"model":"Nexus-T","id":167,"channel":1,"battery_ok":1,"temperature_C":22.6,"protocol":"Nexus, FreeTec NC-7345","rssi":-72,"duration":966815}',
     {"Nexus-T_1_167": {"battery_ok": 1, "temperature_C": 22.6, "rssi": -72}}),
    # docs/use/rf.md: a remote control's code is a text of its gateway
    ("433toMQTT", '{"value":1315156,"protocol":1,"length":24,"delay":317}', {"OpenMQTTGateway": {"433.code": "1315156"}}),
    # docs/integrate/home_assistant.md of older releases: Pilight's weather sensors
    ("PilighttoMQTT", '{"message":{"id":97,"temperature":20.4,"humidity":71},"protocol":"tfa"}', {"tfa_97": {"temperature": 20.4, "humidity": 71}}),
    # docs/use/sensors.md
    ("DHTtoMQTT", '{"temp":21,"hum":51}', {"OpenMQTTGateway": {"DHT.temp": 21, "DHT.hum": 51}}),
    ("CLIMAtoMQTT/htu", '{"tempc":25.34064,"tempf":77.61314,"hum":56.53052}', {"OpenMQTTGateway": {"CLIMA.htu.tempc": 25.34064, "CLIMA.htu.tempf": 77.61314, "CLIMA.htu.hum": 56.53052}}),
    ("CLIMAtoMQTT/ds1820/0x28616411907650bc", '{"temp":27.8,"unit":"C","type":"DS18B20","res":"12bit\\n","addr":"0x28616411907650bc"}',
     {"OpenMQTTGateway": {"CLIMA.ds1820.0x28616411907650bc.temp": 27.8}}),
    # NorthernMan54/rtl_433_ESP, issue 20
    ("SYStoMQTT", '{"uptime":6,"version":"v0.9.9-development","freemem":122072,"mqttport":"1883","mqttsecure":false,"rssi":-61,"SSID":"XXXX","ip":"192.168.178.77","mac":"AA:BB:CC:00:11:22","modules":["RF","rtl_433"]}',
     {"OpenMQTTGateway": {"uptime": 6, "freemem": 122072, "rssi": -61}}),
    ("BTtoMQTT/AABBCCDDEEFF", '{"tempc":1e999,"hum":NaN,"batt":9007199254740993,"model":"x\\u0000","open":"=1+1"}',
     {"AABBCCDDEEFF": {"batt": "9007199254740993", "open": "=1+1"}}),
    ("BTtoMQTT/Küche", '{"tempc":1}', {device_uid("Küche"): {"tempc": 1}}),
]  # fmt: skip
SAMPLES = [
    *((f"{GATEWAY}/{topic}", payload) for topic, payload, _ in TABLE),
    (f"{GATEWAY}/LWT", "online"),
    (f"{GATEWAY}/version", "0.9"),
]


@pytest.mark.parametrize(("topic", "payload", "expected"), TABLE)
def test_readings_come_under_the_sensor_and_not_its_gateway(
    topic: str, payload: str, expected: dict[str, dict[str, Any]]
) -> None:
    items = hear(openmqttgateway, f"{GATEWAY}/{topic}", payload)
    assert values(items) == expected
    (uid,) = expected
    assert (Discovered(uid, "OpenMQTTGateway") in items) is (uid != "OpenMQTTGateway")


def test_a_beacon_heard_by_two_gateways_is_one_device() -> None:
    payload = '{"tempc":1}'
    for base in ("home/attic", "site/north/cellar", "home/TheengsGateway"):
        found = hear(openmqttgateway, f"{base}/BTtoMQTT/4C33A6603C79", payload)
        assert list(values(found)) == ["4C33A6603C79"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        # docs/use/ble.md: an advertisement that nobody decoded
        ('{"id":"45:e1:74:12:6e:00","rssi":-89,"distance":21.51847,"servicedata":"fe00"}', "undecoded_beacon"),
        # theengs/decoder, tests/BLE/test_ble.cpp: addresses that change
        ('{"brand":"GENERIC","model":"MS-CDP","model_id":"MS-CDP","type":"RMAC","rssi":-1}', "random_address"),
        ('{"brand":"Apple","model_id":"APPLEDEVICE","type":"TRACK","track":true,"prmac":true,"unlocked":false}', "random_address"),
        # ibid.: encrypted, for who has its key
        ('{"brand":"Shelly","model_id":"SBDW_002C_ENCR","encr":2,"cipher":"62511158bd25","ctr":"00112233","mic":"18cd3624","rssi":-60}', "undecoded_beacon"),
        ('{"brand":"Tile","model_id":"TILE","type":"TRACK","track":true,"device":"Tile Tracker","rssi":-5}', "undecoded_beacon"),
    ],
)  # fmt: skip
def test_phones_and_unknown_beacons_are_no_devices(payload: str, reason: str) -> None:
    assert hear(openmqttgateway, f"{GATEWAY}/BTtoMQTT/45E174126E00", payload) == [
        Ignored(reason, "OpenMQTTGateway")
    ]


def test_what_a_beacon_is_comes_with_its_readings() -> None:
    payload = TABLE[1][1]
    items = hear(openmqttgateway, f"{GATEWAY}/BTtoMQTT/C6C752663CBF", payload)
    meter = about(items, "C6C752663CBF")
    assert (meter.manufacturer, meter.model) == ("SwitchBot", "THX1/W230150X")
    assert units(items) == {"tempc": "°C", "hum": "%", "batt": "%", "rssi": "dBm"}
    items = hear(openmqttgateway, f"{GATEWAY}/BTtoMQTT/AABBCCDDEEFF", TABLE[4][1])
    assert units(items) == {"avg": "kW", "sum": "kWh", "batt": "%"}


@pytest.mark.parametrize(
    ("payload", "told"),
    [  # theengs/decoder@d6fdd205ca67, the `properties` of src/devices/*_json.h
        ('{"model_id":"TPMS","pres":2.1,"count":1,"batt":80}', {"pres": ("bar", "pressure"), "count": ("", "count"), "batt": ("%", "battery")}),
        ('{"model_id":"TD3in1","tempc2_dp":10.8}', {"tempc2_dp": ("°C", "dew_point")}),
        ('{"model_id":"WS02/WS08","tempc_max":29.7,"time_max":175}', {"tempc_max": ("°C", "temperature")}),
        ('{"model_id":"ADHS","session":36,"seconds":21,"litres":2.6,"energy":0.12}', {"seconds": ("s", "duration"), "litres": ("L", "volume"), "energy": ("kWh", "energy")}),
        ('{"model_id":"MUE4094RT","motion":true,"darkness":29}', {"motion": ("", "motion"), "darkness": ("lx", "illuminance")}),
        ('{"model_id":"Mokobeacon","x_axis":0.25}', {"x_axis": ("m/s²", "acceleration")}),
    ],
)  # fmt: skip
def test_units_are_those_of_the_sensors_properties(
    payload: str, told: dict[str, tuple[str, str]]
) -> None:
    items = hear(openmqttgateway, f"{GATEWAY}/BTtoMQTT/AABBCCDDEEFF", payload)
    described = [each for each in items if isinstance(each, Described) and each.metric]
    assert {each.metric: (each.unit, each.quantity) for each in described} == told


def test_a_gateway_says_what_it_is_and_whether_it_is_there() -> None:
    assert presence(hear(openmqttgateway, f"{GATEWAY}/LWT", "offline")) == {
        "OpenMQTTGateway": False
    }
    items = hear(openmqttgateway, f"{GATEWAY}/version", "0.9")
    assert about(items, "OpenMQTTGateway").firmware == "0.9"
    (system,) = [payload for topic, payload, _ in TABLE if topic == "SYStoMQTT"]
    items = hear(openmqttgateway, f"{GATEWAY}/SYStoMQTT", system)
    assert about(items, "OpenMQTTGateway").firmware == "v0.9.9-development"
    assert about(items, "OpenMQTTGateway").aliases == ("AA:BB:CC:00:11:22",)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (f"{GATEWAY}/commands/MQTTtoBT/config", b'{"interval":0}'),
        ("home/kitchen/LWT", b"Online"),
        ("kitchen/toMQTT", b"1"),
        ("home/kitchen/x/LWT", b"online"),
    ],
)
def test_what_is_no_gateways_is_not_claimed(topic: str, payload: bytes) -> None:
    assert openmqttgateway.matches(topic, payload) == 0


@pytest.mark.parametrize(
    ("payload", "reason"),
    [("{", "malformed_json"), ("[1]", "wrong_type"), ("21", "wrong_type"), ("", "empty_payload")],
)
def test_what_cannot_be_read_has_its_reason(payload: str, reason: str) -> None:
    (item,) = Ears(openmqttgateway).hear(f"{GATEWAY}/BTtoMQTT/4C33A6603C79", payload)
    assert isinstance(item, Rejected)
    assert reasons([item]) == [reason]


def test_a_code_of_hostile_length_is_none() -> None:
    payload = '{"value":"' + "1" * 200 + '"}'
    assert hear(openmqttgateway, f"{GATEWAY}/433toMQTT", payload) == [
        Ignored("no_code", "OpenMQTTGateway")
    ]
