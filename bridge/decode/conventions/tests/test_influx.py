"""Influx line protocol. Sources are named beside the rows."""

# ruff: noqa: E501  (a row is as long as the message in it)

from __future__ import annotations

from typing import Any

import pytest

from bridge.decode.conventions import influx
from bridge.decode.conventions.tests.heard import Ears, about, hear, reasons, times, values
from bridge.decode.identity import device_uid
from bridge.decode.items import Rejected, Telemetry

TOPIC = "telegraf/raynor/cpu"

# influxdata/telegraf@b27263146617, plugins/parsers/influx/parser_test.go, by the case's name
TELEGRAF: list[tuple[str, str, dict[str, Any]]] = [
    ("minimal", "cpu value=42 0", {"cpu": 42}),
    ("minimal with newline", "cpu value=42 0\n", {"cpu": 42}),
    ("measurement escape space", r"c\ pu value=42", {"c pu": 42}),
    ("measurement escape comma", r"c\,pu value=42", {"c,pu": 42}),
    ("tags", "cpu,cpu=cpu0 value=42", {"cpu.cpu=cpu0": 42}),
    ("tags escape unescapable", r"cpu,ho\st=localhost value=42", {r"cpu.ho\st=localhost": 42}),
    ("tags escape equals", r"cpu,ho\=st=localhost value=42", {"cpu.ho=st=localhost": 42}),
    ("tags escape comma", r"cpu,ho\,st=localhost value=42", {"cpu.ho,st=localhost": 42}),
    ("tag value escape space", r"cpu,to=two\ words value=42", {"cpu.to=two words": 42}),
    ("tag value double escape space", r"cpu,to=two\\ words value=42", {r"cpu.to=two\ words": 42}),
    ("tag value triple escape", r"cpu,to=two\\\ words value=42", {r"cpu.to=two\\ words": 42}),
    ("field key escape not escapable", r"cpu va\lue=42", {r"cpu.va\lue": 42}),
    ("field key escape equals", r"cpu va\=lue=42", {"cpu.va=lue": 42}),
    ("field key escape comma", r"cpu va\,lue=42", {"cpu.va,lue": 42}),
    ("field key escape space", r"cpu va\ lue=42", {"cpu.va lue": 42}),
    ("field int", "cpu value=42i", {"cpu": 42}),
    ("field int max value", "cpu value=9223372036854775807i", {"cpu": "9223372036854775807"}),
    ("field uint", "cpu value=42u", {"cpu": 42}),
    ("field uint max value", "cpu value=18446744073709551615u", {"cpu": "18446744073709551615"}),
    ("field boolean", "cpu value=true", {"cpu": True}),
    ("field string", 'cpu value="42"', {"cpu": "42"}),
    ("field string escape quote", r'cpu value="how\"dy"', {"cpu": 'how"dy'}),
    ("field string escape backslash", r'cpu value="how\\dy"', {"cpu": r"how\dy"}),
    ("field string newline", 'cpu value="4\n2"', {"cpu": "4\n2"}),
    ("procstat", "procstat,exe=bash,process_name=bash cpu_time_user=0.02,pid=29417i,cpu_time_nice=0 1517620624000000000",
     {"procstat.exe=bash.process_name=bash.cpu_time_user": 0.02,
      "procstat.exe=bash.process_name=bash.pid": 29417,
      "procstat.exe=bash.process_name=bash.cpu_time_nice": 0}),
]  # fmt: skip
# ibid., plugins/outputs/mqtt/README.md: the device is what Telegraf asked, or where it ran
DEVICES: list[tuple[str, dict[str, dict[str, Any]]]] = [
    (r'modbus,location=main\ building,source=device\ 1,status=ok,type=Machine\ A temperature=21.4,serial\ number="324nlk234r5u9834t",working\ hours=123i,supplied=true 1676522982000000000',
     {device_uid("device 1"): {
         "modbus.location=main building.status=ok.type=Machine A.temperature": 21.4,
         "modbus.location=main building.status=ok.type=Machine A.serial number": "324nlk234r5u9834t",
         "modbus.location=main building.status=ok.type=Machine A.working hours": 123,
         "modbus.location=main building.status=ok.type=Machine A.supplied": True}}),
    ("cpu,cpu=cpu0,host=raynor usage_idle=98.5 1764240000000000000", {"raynor": {"cpu.cpu=cpu0.usage_idle": 98.5}}),
    ("disk,device=sda1,host=raynor,path=/ used_percent=3", {"raynor": {"disk.device=sda1.path=/.used_percent": 3}}),
    ("snmp,agent_host=10.0.0.1,host=raynor uptime=3i", {device_uid("10.0.0.1"): {"snmp.uptime": 3}}),
    # without Telegraf's host the device says itself which it is
    ("env,device=esp-1 temp=21.5,hum=48", {"esp-1": {"env.temp": 21.5, "env.hum": 48}}),
    ("temperature,sensor_id=a value=1\ntemperature,sensor_id=b value=2", {"a": {"temperature": 1}, "b": {"temperature": 2}}),
]  # fmt: skip
SAMPLES = [(TOPIC, line) for _, line, _ in TELEGRAF] + [(TOPIC, line) for line, _ in DEVICES]


@pytest.mark.parametrize(
    ("line", "expected"), [row[1:] for row in TELEGRAF], ids=[row[0] for row in TELEGRAF]
)
def test_telegrafs_own_cases(line: str, expected: dict[str, Any]) -> None:
    ((uid, found),) = values(hear(influx, "anywhere/of/it", line)).items()
    assert found == expected
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in expected.items()
    }
    assert uid.startswith("anywhere-of-it-")


@pytest.mark.parametrize(("line", "expected"), DEVICES)
def test_a_tag_names_the_device(line: str, expected: dict[str, dict[str, Any]]) -> None:
    assert values(hear(influx, TOPIC, line)) == expected


def test_a_device_is_called_by_its_tag_or_its_topic() -> None:
    items = hear(influx, TOPIC, r"m,source=device\ 1 value=1")
    assert about(items, device_uid("device 1")).name == "device 1"
    items = hear(influx, "plant/line1/pump3", "m value=1")
    (told,) = {each.uid for each in items if isinstance(each, Telemetry)}
    assert (about(items, told).name, about(items, told).area) == ("pump3", "line1")


@pytest.mark.parametrize(
    ("stamp", "time_us"),
    [
        # ibid., parser_test.go, TestParserTimestampPrecision, as sizes tell them apart
        (" 1764240000123123123", 1_764_240_000_123_123),
        (" 1764240000123123", 1_764_240_000_123_123),
        (" 1764240000123", 1_764_240_000_123_000),
        (" 1764240000", 1_764_240_000_000_000),
        ("", 0),
    ],
)
def test_the_precision_is_told_by_the_size(stamp: str, time_us: int) -> None:
    (item,) = [
        each for each in hear(influx, TOPIC, f"m value=1{stamp}") if isinstance(each, Telemetry)
    ]
    assert [sample.time_us for sample in item.samples] == [time_us]
    assert not item.clock_replaced


@pytest.mark.parametrize("stamp", ["0", "-1", "42", "9999999999999999999"])
def test_a_time_that_cannot_be_true_loses_and_is_told(stamp: str) -> None:
    (item,) = [
        each for each in hear(influx, TOPIC, f"m value=1 {stamp}") if isinstance(each, Telemetry)
    ]
    assert [sample.time_us for sample in item.samples] == [0]
    assert item.clock_replaced


def test_lines_of_one_instant_are_one_sample_and_of_two_values_the_first_stays() -> None:
    items = hear(influx, TOPIC, "m a=1,b=2 1764240000\nm c=3 1764240000\nm a=9 1764240000")
    assert times(items) == [1_764_240_000_000_000]
    assert list(values(items).values()) == [{"m.a": 1, "m.b": 2, "m.c": 3}]
    assert reasons(items) == ["conflicting_values"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("cpu", "malformed_line"),  # ibid., "invalid measurement only"
        ("\\\\", "malformed_line"),  # ibid., "backslash only"
        ("cpu value=", "malformed_line"),
        ("cpu value=1 yesterday", "malformed_line"),
        ("cpu ,=,=", "malformed_line"),
        ('cpu value="open', "malformed_line"),
        ("cpu value=NaN", "unsupported_value"),
        ("cpu value=1e999", "unsupported_value"),
        ("cpu value=1_000", "unsupported_value"),
        ('cpu value="\0"', "unsupported_value"),
    ],
)
def test_a_bad_line_costs_itself(line: str, reason: str) -> None:
    items = hear(influx, TOPIC, f"m,host=a good=1\n{line}\nm,host=a better=2")
    assert values(items)["a"] == {"m.good": 1, "m.better": 2}
    assert reason in reasons(items)
    assert reasons(hear(influx, TOPIC, line)) == [reason]


def test_comments_empty_lines_and_windows_ends_are_read_over() -> None:
    items = hear(influx, TOPIC, "# a comment\r\n\r\nm,host=a x=1\r\n  m,host=a y=2\r\n")
    assert values(items) == {"a": {"m.x": 1, "m.y": 2}}
    assert not reasons(items)


def test_what_is_not_text_or_too_much_is_refused() -> None:
    for payload, reason in ((b"m v=1\xff", "not_utf8"), (b"m v=1\n" * 100_000, "too_large")):
        items = Ears(influx).hear(TOPIC, payload)
        assert isinstance(items[0], Rejected)
        assert reasons(items) == [reason]


@pytest.mark.parametrize(
    "payload",
    [b"21.5", b"hello key=word", b'{"a":"b c=1"}', b"ON", b"", b"\xff", b"a=b", b"a b", b"[x] y=1"],
)
def test_other_texts_are_not_claimed(payload: bytes) -> None:
    assert influx.matches("kitchen/state", payload) == 0


def test_a_line_of_hostile_length_is_read_in_time() -> None:
    for line in ("m " + "\\" * 200_000, "m," + "a=" * 100_000, 'm v="' + '\\"' * 100_000):
        influx.matches(TOPIC, line.encode())
        assert reasons(hear(influx, TOPIC, line))
