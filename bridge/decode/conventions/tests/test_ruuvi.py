"""Ruuvi Gateway. Sources are named beside the rows."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode import ruuvi_advertisement
from bridge.decode.conventions import ruuvi
from bridge.decode.conventions.tests.heard import (
    about,
    hear,
    presence,
    reasons,
    times,
    units,
    values,
)
from bridge.decode.items import Discovered, Ignored, Rejected

# docs.ruuvi.com (ruuvi/docs@150ebb448223), communication/bluetooth-advertisements: data-format-3, -5,
# -6, -e1 and -c5-rawv2, test vectors; XX of them is FF here, and C5 has its own first byte, where
# its page has that of 5. Accelerations in g, pressure in Pa.
VECTORS: list[tuple[str, dict[str, Any]]] = [
    ("03291A1ECE1EFC18F94202CA0B53",
     {"humidity": 20.5, "temperature": 26.3, "pressure": 102766, "accelX": -1.0, "accelY": -1.726, "accelZ": 0.714, "voltage": 2.899}),
    ("03FF7F63FFFF7FFF7FFF7FFFFFFF",
     {"humidity": 127.5, "temperature": 127.99, "pressure": 115535, "accelX": 32.767, "accelY": 32.767, "accelZ": 32.767, "voltage": 65.535}),
    ("0300FF6300008001800180010000",
     {"humidity": 0.0, "temperature": -127.99, "pressure": 50000, "accelX": -32.767, "accelY": -32.767, "accelZ": -32.767, "voltage": 0.0}),
    ("0512FC5394C37C0004FFFC040CAC364200CDCBB8334C884F",
     {"temperature": 24.3, "humidity": 53.49, "pressure": 100044, "accelX": 0.004, "accelY": -0.004, "accelZ": 1.036, "voltage": 2.977, "txPower": 4, "movementCounter": 66}),
    ("057FFFFFFEFFFE7FFF7FFF7FFFFFDEFEFFFECBB8334C884F",
     {"temperature": 163.835, "humidity": 163.835, "pressure": 115534, "accelX": 32.767, "accelY": 32.767, "accelZ": 32.767, "voltage": 3.646, "txPower": 20, "movementCounter": 254}),
    ("058001000000008001800180010000000000CBB8334C884F",
     {"temperature": -163.835, "humidity": 0.0, "pressure": 50000, "accelX": -32.767, "accelY": -32.767, "accelZ": -32.767, "voltage": 1.6, "txPower": -40, "movementCounter": 0}),
    ("058000FFFFFFFF800080008000FFFFFFFFFFFFFFFFFFFFFF", {}),
    ("C512FC5394C37CAC364200CDCBB8334C884F",
     {"temperature": 24.3, "humidity": 53.49, "pressure": 100044, "voltage": 2.977, "txPower": 4, "movementCounter": 66}),
    ("C57FFFFFFEFFFEFFDEFEFFFECBB8334C884F",
     {"temperature": 163.835, "humidity": 163.835, "pressure": 115534, "voltage": 3.646, "txPower": 20, "movementCounter": 254}),
    ("C58001000000000000000000CBB8334C884F",
     {"temperature": -163.835, "humidity": 0.0, "pressure": 50000, "voltage": 1.6, "txPower": -40, "movementCounter": 0}),
    ("C58000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", {}),
    ("06170C5668C79E007000C90501D9FFCD004C884F",
     {"temperature": 29.5, "humidity": 55.3, "pressure": 101102, "PM2_5": 11.2, "CO2": 201, "VOC": 10, "NOx": 2, "luminosity": 13026.67}),
    ("067FFF9C40FFFE27109C40FAFAFEFFFF074C8F4F",
     {"temperature": 163.835, "humidity": 100.0, "pressure": 115534, "PM2_5": 1000.0, "CO2": 40000, "VOC": 500, "NOx": 500, "luminosity": 65535.0}),
    ("0680010000000000000000000000FF00004C884F",
     {"temperature": -163.835, "humidity": 0.0, "pressure": 50000, "PM2_5": 0.0, "CO2": 0, "VOC": 0, "NOx": 0, "luminosity": 0.0}),
    ("068000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", {}),
    ("E1170C5668C79E0065007004BD11CA00C90A0213E0ACFFFFFFDECDEE01FFFFFFFFFFCBB8334C884F",
     {"temperature": 29.5, "humidity": 55.3, "pressure": 101102, "PM1_0": 10.1, "PM2_5": 11.2, "PM4_0": 121.3, "PM10_0": 455.4, "CO2": 201, "VOC": 20, "NOx": 4, "luminosity": 13027.0}),
    ("E18000FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFXXXXXXFFFFFFFEXXXXXXXXXXFFFFFFFFFFFF".replace("X", "F"), {}),
]  # fmt: skip
TOPIC = "ruuvi/C8:25:2D:8E:9C:2C/CB:B8:33:4C:88:4F"
# ruuvi/ruuvi.gateway_esp.c@5d0ab9002d9f, schemas/examples/mqtt_data_with_timestamps.json
STAMPED = '{"gw_mac":"C8:25:2D:8E:9C:2C","rssi":-26,"aoa":[],"gwts":1653668027,"ts":1653668027,"data":"0201061BFF99040515AE4C6DC6D7000CFFF803F4ADB6AD697FF41F0C28CBD6","coords":""}'
# ibid., mqtt_data_without_timestamps.json
COUNTED = '{"gw_mac":"C8:25:2D:8E:9C:2C","rssi":-25,"aoa":[],"cnt":338,"data":"0201061BFF990405166455D5C6DE0008FFF403F0AE760F2A8BF41F0C28CBD6","coords":""}'
# ibid., main/adv_decode_0x05.c: what the gateway writes where it decodes itself
DECODED = '{"gw_mac":"C8:25:2D:8E:9C:2C","rssi":-25,"aoa":[],"gwts":1653668027,"ts":1653668027,"dataFormat":6,"temperature":27.75,"PM2.5":11.2,"measurementSequenceNumber":205,"id":"CB:B8:33:4C:88:4F","coords":""}'
SAMPLES = [
    *((TOPIC, payload) for payload in (STAMPED, COUNTED, DECODED)),
    ("ruuvi/C8:25:2D:8E:9C:2C/gw_status", '{"state":"online"}'),
]


@pytest.mark.parametrize(("data", "expected"), VECTORS)
def test_the_published_vectors(data: str, expected: dict[str, Any]) -> None:
    body = bytes.fromhex(data)
    advertisement = b"\x02\x01\x06" + bytes([len(body) + 3]) + b"\xff\x99\x04" + body
    found = ruuvi_advertisement.values_of(advertisement)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    "advertisement",
    [
        b"",
        b"\x02\x01\x06",
        b"\x1b\xff\x99\x04\x05",  # cut
        b"\x1b\xff\x4c\x00" + b"\x05" * 24,  # Apple's
        b"\x1b\xff\x99\x04" + b"\x08" * 24,  # encrypted, data format 8
        b"\x00" * 500,
        b"\xff" * 5_000,
    ],
)
def test_what_is_not_ruuvis_is_none(advertisement: bytes) -> None:
    assert ruuvi_advertisement.values_of(advertisement) is None


def test_a_tag_is_its_address_behind_its_gateway() -> None:
    items = hear(ruuvi, TOPIC, STAMPED)
    assert Discovered("CBB8334C884F", "C8252D8E9C2C") in items
    assert times(items) == [1_653_668_027_000_000]
    found = values(items)["CBB8334C884F"]
    assert found["temperature"] == 27.75
    assert found["rssi"] == -26
    tag = about(items, "CBB8334C884F")
    assert (tag.manufacturer, tag.aliases) == ("Ruuvi", ("CB:B8:33:4C:88:4F",))
    told = units(items)
    assert (told["temperature"], told["pressure"], told["voltage"]) == ("°C", "Pa", "V")


def test_a_time_may_be_a_text_or_missing() -> None:
    quoted = STAMPED.replace('"ts":1653668027', '"ts":"1653668027"')
    assert times(hear(ruuvi, TOPIC, quoted)) == [1_653_668_027_000_000]
    assert times(hear(ruuvi, TOPIC, COUNTED)) == [0]
    assert times(hear(ruuvi, TOPIC, STAMPED.replace('"ts":1653668027', '"ts":12'))) == [0]


def test_what_the_gateway_decoded_has_the_same_names() -> None:
    found = values(hear(ruuvi, TOPIC, DECODED))
    assert found == {"CBB8334C884F": {"temperature": 27.75, "PM2_5": 11.2, "rssi": -25}}


def test_the_gateways_status_is_its_presence() -> None:
    topic = "ruuvi/C8:25:2D:8E:9C:2C/gw_status"
    # ibid., main/mqtt.c: the last will
    assert presence(hear(ruuvi, topic, '{"state": "offline"}')) == {"C8252D8E9C2C": False}
    assert presence(hear(ruuvi, topic, '{"state": "online"}')) == {"C8252D8E9C2C": True}
    assert reasons(hear(ruuvi, topic, '{"state": 1}')) == ["bad_status"]


@pytest.mark.parametrize(
    ("payload", "reason"),
    [("{", "malformed_json"), ("[]", "wrong_type"), ("", "empty_payload"), ("1", "wrong_type")],
)
def test_what_cannot_be_read_has_its_reason(payload: str, reason: str) -> None:
    (item,) = hear(ruuvi, TOPIC, payload)
    assert isinstance(item, Rejected)
    assert item.uid == "CBB8334C884F"
    assert reasons([item]) == [reason]


@pytest.mark.parametrize("data", ['"zz"', '"0201061BFF4C00"', "1", "null", '"' + "0" * 9_000 + '"'])
def test_a_beacon_of_another_make_is_none_of_its_tags(data: str) -> None:
    payload = f'{{"gw_mac":"C8:25:2D:8E:9C:2C","rssi":-26,"data":{data}}}'
    assert hear(ruuvi, TOPIC, payload) == [Ignored("not_ruuvi", "C8252D8E9C2C")]


def test_another_prefix_is_recognised_by_its_addresses() -> None:
    assert ruuvi.matches("site/7" + TOPIC.removeprefix("ruuvi"), STAMPED.encode())
    assert not ruuvi.matches("ruuvi/history", b"{}")
    assert not ruuvi.matches("home/kitchen", STAMPED.encode())
