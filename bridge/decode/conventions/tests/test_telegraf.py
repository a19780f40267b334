"""Telegraf's JSON. Sources are named beside the rows."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.conventions import telegraf
from bridge.decode.conventions.tests.heard import hear, reasons, times, values
from bridge.decode.identity import device_uid
from bridge.decode.items import Rejected, Telemetry

TOPIC = "telegraf/raynor/docker"
# influxdata/telegraf@b27263146617, plugins/serializers/json/README.md
SINGLE = """{"fields": {"field_1": 30, "field_2": 4, "field_N": 59, "n_images": 660},
 "name": "docker", "tags": {"host": "raynor"}, "timestamp": 1458229140}"""
BATCH = """{"metrics": [
 {"fields": {"field_1": 30, "n_images": 660}, "name": "docker", "tags": {"host": "raynor"},
  "timestamp": 1458229140},
 {"fields": {"field_1": 12, "n_images": 72}, "name": "docker", "tags": {"host": "amaranth"},
  "timestamp": 1458229140},
 {"fields": {"field_1": 5, "n_images": 0}, "name": "storage", "tags": {"host": "amaranth"},
  "timestamp": 1458229140}]}"""
TABLE: list[tuple[str, dict[str, dict[str, Any]]]] = [
    (SINGLE, {"raynor": {"docker.field_1": 30, "docker.field_2": 4, "docker.field_N": 59, "docker.n_images": 660}}),
    (BATCH, {"raynor": {"docker.field_1": 30, "docker.n_images": 660},
             "amaranth": {"docker.field_1": 12, "docker.n_images": 72, "storage.field_1": 5, "storage.n_images": 0}}),
    # ibid., plugins/parsers/json_v2/testdata/large_numbers: the largest uint64
    ('{"fields":{"value":18446744073709551615},"name":"n","tags":{"host":"a"},"timestamp":1}', {"a": {"n": "18446744073709551615"}}),
    # ibid., serializers/json/testcases/nested_fields: an object among the fields
    ('{"fields":{"a":{"b":1},"s":"on"},"name":"n","tags":{"host":"a"}}', {"a": {"n.a.b": 1, "n.s": "on"}}),
    ('{"fields":{"v":1,"x":NaN,"y":null},"name":"n","tags":{"host":"a","cpu":"cpu0"}}', {"a": {"n.cpu=cpu0.v": 1}}),
    ('{"fields":{"v":1},"name":"n"}', {device_uid("telegraf/raynor/docker"): {"n.v": 1}}),
    ('{"fields":{"v":"=1+1"},"name":"<script>","tags":{"host":"é"}}', {device_uid("é"): {"<script>.v": "=1+1"}}),
]  # fmt: skip
SAMPLES = [(TOPIC, document) for document, _ in TABLE]


@pytest.mark.parametrize(("document", "expected"), TABLE)
def test_the_fields_come_under_their_host(
    document: str, expected: dict[str, dict[str, Any]]
) -> None:
    assert values(hear(telegraf, TOPIC, document)) == expected


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        ("1764240000", 1_764_240_000_000_000),
        ("1764240000123", 1_764_240_000_123_000),
        ("1764240000123456", 1_764_240_000_123_456),
        ("1764240000123456789", 1_764_240_000_123_456),
        ('"2025-11-27T10:40:00Z"', 1_764_240_000_000_000),
    ],
)
def test_the_timestamps_unit_is_told_by_its_size(stamp: str, time_us: int) -> None:
    document = f'{{"fields":{{"v":1}},"name":"n","tags":{{}},"timestamp":{stamp}}}'
    (item,) = [each for each in hear(telegraf, TOPIC, document) if isinstance(each, Telemetry)]
    assert [sample.time_us for sample in item.samples] == [time_us]
    assert not item.clock_replaced


def test_a_clock_that_was_never_set_loses_and_is_told() -> None:
    document = '{"fields":{"v":1},"name":"n","tags":{"host":"a"},"timestamp":12}'
    (item,) = [each for each in hear(telegraf, TOPIC, document) if isinstance(each, Telemetry)]
    assert item.clock_replaced
    assert times([item]) == [0]


def test_a_bad_metric_costs_itself() -> None:
    document = '{"metrics":[{"fields":{"v":1},"name":"n","tags":{"host":"a"}},3,{"fields":[1]}]}'
    items = hear(telegraf, TOPIC, document)
    assert values(items) == {"a": {"n.v": 1}}
    assert reasons(items) == ["wrong_type", "wrong_type"]


@pytest.mark.parametrize(
    ("topic", "payload", "claimed"),
    [
        ("anywhere", SINGLE, True),
        ("anywhere", BATCH, True),
        ("anywhere", '{"fields":[{"name":"t"}],"name":"x"}', False),
        ("anywhere", '{"fields":{"t":1}}', False),
        ("anywhere", '{"metrics":{"t":1},"fields":1}', False),
        ("telegraf/x", '{"t":1}', False),
        ("telegraf/x", '{"fields":', False),
    ],
)
def test_what_has_no_name_and_fields_is_not_claimed(
    topic: str, payload: str, *, claimed: bool
) -> None:
    assert bool(telegraf.matches(topic, payload.encode())) is claimed


def test_what_is_no_json_is_refused() -> None:
    items = hear(telegraf, TOPIC, '{"fields":{"v":1},"name":"n"')
    assert isinstance(items[0], Rejected)
    assert reasons(items) == ["malformed_json"]
