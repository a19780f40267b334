"""AWS IoT device shadows. Sources are named beside the rows."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.conventions import aws_shadow
from bridge.decode.conventions.tests.heard import Ears, hear, presence, reasons, times, values
from bridge.decode.identity import device_uid
from bridge.decode.items import Ignored, Rejected

THING = "$aws/things/myThing/shadow"
UPDATE = f"{THING}/update"
ACCEPTED = f"{THING}/update/accepted"
# awsdocs/aws-iot-docs@03d84d206cb1, developerguide/device-shadow-mqtt.md: a device's report
REPORT = '{"state":{"reported":{"color":"red","power":"on"}}}'
# ibid., device-shadow-document.md: values with the time of each
STAMPED = """{"state":{"desired":{"color":"RED"},"reported":{"color":"GREEN","level":3,"a":{"b":1}}},
"metadata":{"desired":{"color":{"timestamp":1764230000}},"reported":{"color":{"timestamp":1764240000},
"level":{"timestamp":1764240060},"a":{"b":{"timestamp":1764240060}}}},
"version":10,"clientToken":"UniqueClientToken","timestamp":1764240100}"""
DOCUMENTS = f'{{"previous":{REPORT},"current":{STAMPED},"timestamp":1764240100}}'
TABLE: list[tuple[str, str, dict[str, dict[str, Any]]]] = [
    (UPDATE, REPORT, {"myThing": {"color": "red", "power": "on"}}),
    (ACCEPTED, STAMPED, {"myThing": {"color": "GREEN", "level": 3, "a.b": 1}}),
    (f"{THING}/update/documents", DOCUMENTS, {"myThing": {"color": "GREEN", "level": 3, "a.b": 1}}),
    (f"{THING}/get/accepted", STAMPED, {"myThing": {"color": "GREEN", "level": 3, "a.b": 1}}),
    (f"{THING}/name/env/update", '{"state":{"reported":{"t":1}}}', {"myThing": {"env.t": 1}}),
    ("$aws/things/my thing/shadow/update", '{"state":{"reported":{"t":1}}}', {device_uid("my thing"): {"t": 1}}),
    # arrays, and a place in one text
    (UPDATE, '{"state":{"reported":{"list":[1,2],"latlng":"52.5,13.4"}}}', {"myThing": {"list.0": 1, "list.1": 2, "latitude": 52.5, "longitude": 13.4}}),
    (UPDATE, '{"state":{"reported":{"a":NaN,"b":1e999,"c":null,"d":9007199254740993,"e":"=1+1","f":"0042"}}}',
     {"myThing": {"d": "9007199254740993", "e": "=1+1", "f": "0042"}}),
]  # fmt: skip
SAMPLES = [
    *((topic, payload) for topic, payload, _ in TABLE),
    ("$aws/events/presence/connected/myThing", '{"clientId":"myThing","timestamp":1764240000000}'),
]


@pytest.mark.parametrize(("topic", "payload", "expected"), TABLE)
def test_what_a_thing_reported_is_read(
    topic: str, payload: str, expected: dict[str, dict[str, Any]]
) -> None:
    assert values(hear(aws_shadow, topic, payload)) == expected


def test_each_value_has_its_own_time() -> None:
    items = hear(aws_shadow, ACCEPTED, STAMPED)
    assert times(items) == [1_764_240_000_000_000, 1_764_240_060_000_000]
    # What the whole document says again has the same times, and so is stored once.
    assert times(hear(aws_shadow, f"{THING}/update/documents", DOCUMENTS)) == times(items)


def test_without_metadata_the_documents_time_counts_then_the_receipts() -> None:
    assert times(hear(aws_shadow, UPDATE, REPORT)) == [0]
    stamped = REPORT[:-1] + ',"timestamp":1764240100}'
    assert times(hear(aws_shadow, ACCEPTED, stamped)) == [1_764_240_100_000_000]
    own = '{"state":{"reported":{"ts":1764240007000,"t":1}},"timestamp":1764240100}'
    assert times(hear(aws_shadow, ACCEPTED, own)) == [1_764_240_007_000_000]
    unset = STAMPED.replace("1764240000", "12345").replace("1764240060", "12345")
    assert times(hear(aws_shadow, ACCEPTED, unset)) == [1_764_240_100_000_000]


def test_where_somebody_answers_the_report_is_an_echo() -> None:
    ears = Ears(aws_shadow)
    assert values(ears.hear(UPDATE, REPORT))
    ears.hear(ACCEPTED, STAMPED)
    assert ears.hear(UPDATE, REPORT) == [Ignored("echo", "myThing")]
    assert values(ears.hear(UPDATE.replace("myThing", "other"), REPORT))


@pytest.mark.parametrize("channel", ["update/delta", "update/rejected", "delete", "get"])
def test_what_is_wanted_and_refused_is_no_data(channel: str) -> None:
    items = hear(aws_shadow, f"{THING}/{channel}", STAMPED)
    assert items == [Ignored("command", "myThing")]


def test_a_desired_state_is_no_data() -> None:
    payload = '{"state":{"desired":{"color":"red","power":"on"}}}'
    assert hear(aws_shadow, UPDATE, payload) == [Ignored("desired", "myThing")]
    gone = '{"state":{"reported":null}}'
    assert hear(aws_shadow, UPDATE, gone) == [Ignored("desired", "myThing")]


def test_connections_are_presence() -> None:
    # awsdocs/aws-iot-docs, developerguide/life-cycle-events.md
    topic = "$aws/events/presence/disconnected/myThing"
    assert presence(hear(aws_shadow, topic, "{}")) == {"myThing": False}
    other = "$aws/events/presence/x/myThing"
    assert hear(aws_shadow, other, "{}") == [Ignored("lifecycle", "myThing")]


@pytest.mark.parametrize(
    ("document", "reason"),
    [("{", "malformed_json"), ("[]", "wrong_type"), ("", "empty_payload"), ("[" * 5_000, "too_deep")],
)  # fmt: skip
def test_what_cannot_be_read_has_its_reason(document: str, reason: str) -> None:
    (item,) = hear(aws_shadow, UPDATE, document)
    assert isinstance(item, Rejected)
    assert reasons([item]) == [reason]
