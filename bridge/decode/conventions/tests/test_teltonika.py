"""Teltonika trackers. Sources are named beside the rows."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.conventions import teltonika
from bridge.decode.conventions.tests.heard import hear, reasons, units, values
from bridge.decode.items import Ignored, Rejected, Telemetry

IMEI = "358491098808487"
TOPIC = f"master/fleet-1/teltonika/{IMEI}/data"
# openremote/fleet-management@813b91f561e7, test/src/test/resources/teltonika/teltonikaValidPayload1.json
VALID = """{"state":{"reported":{"ts":1698922776030,"pr":1,"latlng":"0.000000,0.000000","alt":0,
"ang":0,"sat":0,"sp":0,"evt":250,"239":0,"240":1,"80":1,"21":4,"200":0,"69":2,"237":2,"113":100,
"263":2,"303":1,"250":1,"181":0,"182":0,"66":11922,"24":0,"206":30,"67":4110,"68":0,"13":2840,
"17":45,"18":-11,"19":988,"15":1000,"241":20416,"199":0,"16":6870,"12":244,"449":0,"636":53977651,
"11":893116211,"238":"0x0000000000000000","14":1680671168,
"387":"+000000.0000+0000000.0000+000.000/"}}}"""


def reported(values: str) -> str:
    return f'{{"state":{{"reported":{{"ts":1764240000000,{values}}}}}}}'


TABLE: list[tuple[str, dict[str, Any]]] = [
    (reported('"latlng":"52.520008,13.404954","alt":34,"ang":180,"sat":9,"sp":50'),
     {"latitude": 52.520008, "longitude": 13.404954, "altitude": 34, "heading": 180, "satellites": 9, "speed": 50}),
    (reported('"66":11922,"67":4110,"18":-11,"181":12'), {"external_voltage": 11.922, "battery_voltage": 4.11, "acceleration_y": -0.011, "pdop": 1.2}),
    # a flag as a number and as a text
    (reported('"239":1,"240":"0"'), {"ignition": True, "movement": False}),
    (reported('"636":53977651,"238":"0x0000000000000000"'), {"avl.636": 53977651, "avl.238": "0x0000000000000000"}),
    # no place on earth, no fix
    (reported('"latlng":"91.0,13.4","sp":1'), {"speed": 1}),
    (reported('"latlng":"x","sp":1'), {"speed": 1}),
    (reported('"66":NaN,"67":1e999,"16":9007199254740993,"x":"=1+1","sp":1'), {"odometer": "9007199254740993", "x": "=1+1", "speed": 1}),
    (reported('"385":"' + "1" * 82 + '"'), {"avl.385": "1" * 82}),
]  # fmt: skip
SAMPLES = [
    (TOPIC, VALID),
    *((TOPIC, document) for document, _ in TABLE),
    (TOPIC.replace("/data", "/commands"), '{"CMD":"getinfo"}'),
]


@pytest.mark.parametrize(("document", "expected"), TABLE)
def test_well_known_ids_have_their_names(document: str, expected: dict[str, Any]) -> None:
    assert values(hear(teltonika, TOPIC, document)) == {IMEI: expected}


def test_a_whole_report() -> None:
    items = hear(teltonika, TOPIC, VALID)
    found = values(items)[IMEI]
    assert found["external_voltage"] == 11.922
    assert found["battery_level"] == 100
    assert found["movement"] is True
    assert "latitude" not in found
    assert found["avl.387"] == "+000000.0000+0000000.0000+000.000/"
    told = units(items)
    assert (told["external_voltage"], told["speed"], told["altitude"]) == ("V", "km/h", "m")


@pytest.mark.parametrize(
    ("stamp", "time_us", "replaced"),
    [
        ("1764240000000", 1_764_240_000_000_000, False),
        ('"1764240000000"', 1_764_240_000_000_000, False),
        ("1072915200000", 0, True),  # 2004-01-01: a tracker that has not seen a satellite yet
        ("0", 0, True),
        ("null", 0, False),
    ],
)
def test_an_unset_clock_loses_and_is_told(stamp: str, time_us: int, *, replaced: bool) -> None:
    document = f'{{"state":{{"reported":{{"ts":{stamp},"sp":1}}}}}}'
    (item,) = [each for each in hear(teltonika, TOPIC, document) if isinstance(each, Telemetry)]
    assert [sample.time_us for sample in item.samples] == [time_us]
    assert item.clock_replaced is replaced


def test_commands_and_their_answers_are_no_data() -> None:
    topic = TOPIC.replace("/data", "/commands")
    assert hear(teltonika, topic, '{"CMD":"getinfo"}') == [Ignored("command", IMEI)]
    # openremote/fleet-management, TeltonikaMQTTHandler: an answer comes on the topic of data
    assert hear(teltonika, TOPIC, '{"RSP":"OK"}') == [Ignored("answer", IMEI)]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "malformed_json"),
        ("[]", "wrong_type"),
        ("{}", "wrong_type"),
        ('{"state":{"reported":[1]}}', "wrong_type"),
    ],
)
def test_what_cannot_be_read_has_its_reason(document: str, reason: str) -> None:
    (item,) = hear(teltonika, TOPIC, document)
    assert isinstance(item, Rejected)
    assert item.uid == IMEI
    assert reasons([item]) == [reason]


@pytest.mark.parametrize(
    "topic",
    ["master/x/teltonika/abc/data", f"master/teltonika/{IMEI}/data", f"a/b/teltonika/{IMEI}/x"],
)
def test_other_topics_are_not_claimed(topic: str) -> None:
    assert teltonika.matches(topic, VALID.encode()) == 0
