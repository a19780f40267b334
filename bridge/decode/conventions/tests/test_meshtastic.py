"""Meshtastic's JSON. Sources are named beside the rows."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.conventions import meshtastic
from bridge.decode.conventions.tests.heard import (
    Ears,
    about,
    hear,
    presence,
    reasons,
    times,
    units,
    values,
)
from bridge.decode.items import Described, Discovered, Ignored, Rejected

TOPIC = "msh/US/2/json/LongFast/!7efeee00"
# meshtastic/meshtastic@b1bebb82eae8, docs/software/integrations/mqtt/index.mdx
NODEINFO = '{"id":452664778,"channel":0,"from":2130636288,"payload":{"hardware":10,"id":"!7efeee00","longname":"base0","shortname":"BA0"},"sender":"!7efeee00","timestamp":1646832724,"to":-1,"type":"nodeinfo"}'


def packet(payload: str, kind: str = "telemetry", number: int = 1, **more: Any) -> str:
    extra = "".join(f',"{name}":{value}' for name, value in more.items())
    return f'{{"id":{number},"from":4038675309,"timestamp":1764240000,"type":"{kind}","payload":{payload}{extra}}}'


TABLE: list[tuple[str, dict[str, Any]]] = [
    # ibid., docs/software/integrations/mqtt/home-assistant.mdx: what its sensors read
    (packet('{"voltage":4.01,"battery_level":87,"channel_utilization":3.5,"air_util_tx":0.4,"uptime_seconds":120}'),
     {"voltage": 4.01, "battery_level": 87, "channel_utilization": 3.5, "air_util_tx": 0.4, "uptime_seconds": 120}),
    (packet('{"temperature":21.5,"relative_humidity":48,"barometric_pressure":1013.2,"gas_resistance":1.2}'),
     {"temperature": 21.5, "relative_humidity": 48, "barometric_pressure": 1013.2, "gas_resistance": 1.2}),
    (packet('{"latitude_i":520000000,"longitude_i":-130000000,"altitude":34,"time":1764240001}', "position"),
     {"latitude": 52.0, "longitude": -13.0, "altitude": 34}),
    (packet('{"text":"hello mesh"}', "text"), {"text": "hello mesh"}),
    # a node without a fix, and without a height
    (packet('{"latitude_i":0,"longitude_i":0,"altitude":5}', "position"), {"altitude": 5}),
    (packet('{"wifi_count":3,"ble_count":5,"uptime":60}', "paxcounter"), {"wifi_count": 3, "ble_count": 5, "uptime": 60}),
    (packet('{"voltage":4}', rssi=-90, snr=5.5), {"voltage": 4, "rssi": -90, "snr": 5.5}),
    # hostile
    (packet('{"text":"a\\u0000\\u0000","voltage":NaN,"x":1e999,"battery_level":87}'), {"text": "a", "battery_level": 87}),
    (packet('{"text":"=1+1","n":9007199254740993,"o":"<script>"}'), {"text": "=1+1", "n": "9007199254740993", "o": "<script>"}),
]  # fmt: skip
SAMPLES = [
    (TOPIC, NODEINFO),
    *((TOPIC, document) for document, _ in TABLE),
    ("msh/2/stat/!7efeee00", "online"),
]


@pytest.mark.parametrize(("document", "expected"), TABLE)
def test_readings_come_under_the_node_that_sent_them(
    document: str, expected: dict[str, Any]
) -> None:
    items = hear(meshtastic, TOPIC, document)
    assert values(items) == {"f0b94b6d": expected}
    assert Discovered("f0b94b6d", "7efeee00") in items


def test_a_node_says_who_it_is() -> None:
    node = about(hear(meshtastic, TOPIC, NODEINFO), "7efeee00")
    assert (node.name, node.aliases) == ("base0", ("!7efeee00",))
    nul = NODEINFO.replace("base0", "base0\\u0000\\u0000")
    assert about(hear(meshtastic, TOPIC, nul), "7efeee00").name == "base0"


def test_firmware_before_2_2_has_the_node_signed() -> None:
    signed = packet('{"voltage":4}').replace("4038675309", str(4038675309 - 2**32))
    assert list(values(hear(meshtastic, TOPIC, signed))) == ["f0b94b6d"]


def test_a_packet_that_two_gateways_heard_counts_once() -> None:
    ears = Ears(meshtastic)
    first = packet('{"voltage":4}')
    assert values(ears.hear(TOPIC, first))
    other = "msh/EU_868/2/json/LongFast/!7efeee01"
    later = first.replace("1764240000", "1764240002")
    assert ears.hear(other, later) == [Ignored("heard_twice", "f0b94b6d")]
    assert values(ears.hear(other, packet('{"voltage":4}', number=2)))
    assert values(ears.hear(other, later.replace("4038675309", "4038675310")))


def test_repetitions_of_a_long_run_are_forgotten_in_their_order() -> None:
    ears = Ears(meshtastic)
    for number in range(10_001):
        ears.hear(TOPIC, packet('{"voltage":4}', number=number))
    assert values(ears.hear(TOPIC, packet('{"voltage":4}', number=0)))
    assert not values(ears.hear(TOPIC, packet('{"voltage":4}', number=10_000)))


@pytest.mark.parametrize(
    ("document", "time_us"),
    [
        (packet('{"voltage":4}'), 1_764_240_000_000_000),
        (packet('{"voltage":4,"time":1764240001}'), 1_764_240_001_000_000),
        (packet('{"voltage":4,"time":0}'), 1_764_240_000_000_000),
        (packet('{"voltage":4}').replace("1764240000", "0"), 0),
    ],
)
def test_the_nodes_own_time_counts_before_its_gateways(document: str, time_us: int) -> None:
    assert times(hear(meshtastic, TOPIC, document)) == [time_us]


def test_units_are_the_protocols() -> None:
    told = units(hear(meshtastic, TOPIC, TABLE[1][0]))
    assert told == {
        "temperature": "°C",
        "relative_humidity": "%",
        "barometric_pressure": "hPa",
        "gas_resistance": "MΩ",
    }


def test_dust_is_named_in_tenths_of_a_micrometre() -> None:
    """meshtastic/protobufs, telemetry.proto: AirQualityMetrics; a track is in parts of a degree."""
    dust = packet('{"pm10_standard":3,"pm25_standard":4,"pm100_environmental":9}')
    told = {
        item.metric: (item.unit, item.quantity)
        for item in hear(meshtastic, TOPIC, dust)
        if isinstance(item, Described) and item.metric
    }
    assert told == {
        "pm10_standard": ("µg/m³", "pm1"),
        "pm25_standard": ("µg/m³", "pm25"),
        "pm100_environmental": ("µg/m³", "pm10"),
    }
    track = packet('{"latitude_i":520000000,"longitude_i":1,"ground_track":12000000}', "position")
    assert "ground_track" not in units(hear(meshtastic, TOPIC, track))


@pytest.mark.parametrize("kind", ["neighborinfo", "traceroute", "waypoint", "sendtext"])
def test_what_the_mesh_says_of_itself_is_no_data(kind: str) -> None:
    assert hear(meshtastic, TOPIC, packet('{"a":1}', kind)) == [Ignored("mesh", "f0b94b6d")]


def test_a_gateway_says_whether_it_is_there() -> None:
    assert presence(hear(meshtastic, "msh/2/stat/!7efeee00", "offline")) == {"7efeee00": False}
    assert hear(meshtastic, "msh/2/stat/x", "offline") == [Ignored("mesh")]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "malformed_json"),
        ("[]", "wrong_type"),
        ('{"from":1e999,"payload":{}}', "bad_uid"),
        ('{"from":99999999999,"payload":{}}', "bad_uid"),
        ('{"from":true,"payload":{}}', "bad_uid"),
        ('{"payload":{"voltage":4}}', "bad_uid"),
    ],
)
def test_what_cannot_be_read_has_its_reason(document: str, reason: str) -> None:
    (item,) = hear(meshtastic, TOPIC, document)
    assert isinstance(item, Rejected)
    assert reasons([item]) == [reason]


def test_protobuf_is_not_claimed() -> None:
    assert not meshtastic.matches("msh/US/2/e/LongFast/!7efeee00", b"\x0a\x02")
    assert meshtastic.matches("msh/US/FL/Miami/2/json/LongFast/!7efeee00", b"{}")
