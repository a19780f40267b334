"""rtl_433. Sources are named beside the rows."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.conventions import rtl_433
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
from bridge.decode.identity import device_uid
from bridge.decode.items import Described, Discovered, Ignored, Rejected

EVENTS = "rtl_433/raspi/events"
# merbanan/rtl_433@91b2ebdb42e5, docs/OPERATION.md: a message of its syslog output
NEXUS = '{"time":"2019-08-29 08:38:19","model":"Nexus-TH","id":42,"channel":2,"battery_ok":1,"temperature_C":20.5,"humidity":83}'
TABLE: list[tuple[str, dict[str, dict[str, Any]]]] = [
    (NEXUS, {"Nexus-TH_2_42": {"battery_ok": 1, "temperature_C": 20.5, "humidity": 83}}),
    # ibid., docs/DATA_FORMAT.md: fields; a channel may be a letter, an id a text, both are missing
    ('{"time":"1567060699.5","model":"Acurite-Tower","id":11524,"channel":"A","temperature_C":20.5,"mic":"CHECKSUM"}',
     {"Acurite-Tower_A_11524": {"temperature_C": 20.5}}),
    ('{"time":"@0.5s","model":"Schrader","type":"TPMS","id":"0f1e2d","pressure_psi":32.5}', {"Schrader_0f1e2d": {"pressure_psi": 32.5}}),
    ('{"time":"x","model":"Waveman-Switch","button":4}', {"Waveman-Switch": {"button": 4}}),
    ('{"time":"x","model":"Bresser-6in1","subtype":"1","id":1,"channel":0,"wind_avg_m_s":1.5,"rain_mm":3}',
     {"Bresser-6in1_1_0_1": {"wind_avg_m_s": 1.5, "rain_mm": 3}}),
    # numbers in quotes, as relays of old releases have them; codes stay texts
    ('{"time":"x","model":"M","id":1,"temperature_C":"20.5","code":"0042","cmd":"12e4"}',
     {"M_1": {"temperature_C": 20.5, "code": "0042", "cmd": "12e4"}}),
    ('{"time":"x","model":"Wärme/1","id":1,"temperature_C":1}', {device_uid("Wärme/1_1"): {"temperature_C": 1}}),
    ('{"time":"x","model":"M","id":1,"temperature_C":1e999,"b":NaN,"humidity":1}', {"M_1": {"humidity": 1}}),
]  # fmt: skip
SAMPLES = [
    *((EVENTS, document) for document, _ in TABLE),
    ("rtl_433/raspi/availability", "online"),
    ("rtl_433/raspi/states", '{"stats":[]}'),
    ("rtl_433/raspi/devices/Nexus-TH/2/42/temperature_C", "20.500"),
]


@pytest.mark.parametrize(("document", "expected"), TABLE)
def test_a_transmitter_is_its_model_channel_and_id(
    document: str, expected: dict[str, dict[str, Any]]
) -> None:
    items = hear(rtl_433, EVENTS, document)
    assert values(items) == expected
    (uid,) = expected
    assert Discovered(uid, "raspi") in items
    assert about(items, uid).model


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        # ibid., docs/OPERATION.md: -M time:unix, time:unix:usec, time:iso:tz, time:iso:utc
        ('"1764240000"', 1_764_240_000_000_000),
        ('"1764240000.123456"', 1_764_240_000_123_456),
        ('"2025-11-27T11:40:00+0100"', 1_764_240_000_000_000),
        ('"2025-11-27 11:40:00+0100"', 1_764_240_000_000_000),
        ('"2025-11-27T10:40:00Z"', 1_764_240_000_000_000),
        # the default, time:iso, time:rel: of the receiver's own zone, or of its own run
        ('"2025-11-27 11:40:00"', 0),
        ('"2025-11-27T11:40:00"', 0),
        ('"@0.500000s"', 0),
    ],
)
def test_a_local_time_loses_to_the_receipt(stamp: str, time_us: int) -> None:
    document = f'{{"time":{stamp},"model":"M","id":1,"humidity":1}}'
    assert times(hear(rtl_433, EVENTS, document)) == [time_us]


def test_units_are_in_the_names() -> None:
    document = (
        '{"time":"x","model":"M","id":1,"temperature_C":1,"pressure_hPa":1,"wind_dir_deg":1,'
        '"rain_rate_mm_h":1,"battery_mV":1,"pm2_5_ug_m3":1,"humidity":1,"rssi":-1}'
    )
    assert units(hear(rtl_433, EVENTS, document)) == {
        "temperature_C": "°C",
        "pressure_hPa": "hPa",
        "wind_dir_deg": "°",
        "humidity": "%",
        "rain_rate_mm_h": "mm/h",
        "battery_mV": "mV",
        "pm2_5_ug_m3": "µg/m³",
        "rssi": "dBm",
    }


def test_levels_are_on_the_receivers_scale_and_flags_are_no_reading() -> None:
    """merbanan/rtl_433, README: -M level; docs/DATA_FORMAT.md: TPMS."""
    document = (
        '{"time":"1764244790.123","model":"Schrader","type":"TPMS","flags":"73","id":"ABD1C5A",'
        '"pressure_kPa":230.0,"mod":"ASK","freq":433.9,"rssi":-0.1,"snr":20.1,"noise":-20.2}'
    )
    items = hear(rtl_433, EVENTS, document)
    told = values(items)["Schrader_ABD1C5A"]
    assert told == {"pressure_kPa": 230.0, "rssi": -0.1, "snr": 20.1, "noise": -20.2}
    series = [each for each in items if isinstance(each, Described) and each.metric in told]
    assert {each.metric: (each.unit, each.quantity) for each in series} == {
        "pressure_kPa": ("kPa", "pressure"),
        **dict.fromkeys(("rssi", "snr", "noise"), ("dB", "signal_strength")),
    }


def test_one_transmitter_heard_by_two_receivers_is_one_device() -> None:
    heard = Ears(rtl_433)
    there = [heard.hear(f"rtl_433/{name}/events", NEXUS) for name in ("attic", "cellar")]
    assert values(there[0]) == values(there[1])


def test_the_topics_of_single_values_repeat_the_events() -> None:
    ears = Ears(rtl_433)
    topic = "rtl_433/raspi/devices/Nexus-TH/2/42/temperature_C"
    assert values(ears.hear(topic, "20.500")) == {"Nexus-TH_2_42": {"temperature_C": 20.5}}
    ears.hear(EVENTS, NEXUS)
    assert ears.hear(topic, "20.500") == [Ignored("echo", "raspi")]
    others = "rtl_433/attic/devices/TPMS/Schrader/0f1e2d/pressure_psi"
    assert values(ears.hear(others, "32")) == {"Schrader_0f1e2d": {"pressure_psi": 32}}
    assert ears.hear("rtl_433/attic/devices/Nexus-TH/2/42/id", "42") == [Ignored("echo", "attic")]


def test_a_receiver_says_whether_it_is_there() -> None:
    assert presence(hear(rtl_433, "rtl_433/raspi/availability", "offline")) == {"raspi": False}
    assert hear(rtl_433, "rtl_433/raspi/availability", "x") == [Ignored("receiver", "raspi")]
    assert hear(rtl_433, EVENTS, '{"enabled":1}') == [Ignored("receiver", "raspi")]


def test_without_its_topic_a_transmission_is_recognised_by_model_and_time() -> None:
    assert rtl_433.matches("home/rtl_433", NEXUS.encode())
    assert not rtl_433.matches("home/kitchen", b'{"model":"x","t":1}')
    assert "Nexus-TH_2_42" in values(hear(rtl_433, "home/rtl_433", NEXUS))


def test_a_broken_document_is_refused() -> None:
    (item,) = hear(rtl_433, EVENTS, '{"model":"M"')
    assert isinstance(item, Rejected)
    assert reasons([item]) == ["malformed_json"]
