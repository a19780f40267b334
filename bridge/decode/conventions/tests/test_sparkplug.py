"""Sparkplug B. Sources, named beside each row: eclipse-sparkplug/sparkplug (specification, chapters
5 and 6), eclipse/tahu (sparkplug_b.proto), payloads encoded by pysparkplug 0.6.1 and by Google's
protobuf with tahu's schema, and the vectors of united-manufacturing-hub/benthos-umh."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import Decoder
from bridge.decode.conventions import sparkplug
from bridge.decode.conventions.sparkplug import COMMAND, NOT_KEPT, OLD_DEATH, STATE, node, payload
from bridge.decode.conventions.sparkplug.node import ASK_EVERY_US, STEADY
from bridge.decode.conventions.sparkplug.values import MAX_CELLS, MAX_NESTED
from bridge.decode.conventions.sparkplug.wire import (
    Malformed,
    fields,
    key_of,
    newest,
    text,
    varint,
)
from bridge.decode.identity import device_uid
from bridge.decode.items import (
    Described,
    Discovered,
    Ignored,
    Item,
    Presence,
    Reason,
    Rejected,
    Remembered,
    Request,
    Telemetry,
)
from bridge.decode.state import Facts
from bridge.message import Message

NOW = 1_700_000_100_000_000  # Unix microseconds
T = 1_700_000_000_000_000  # of the vectors
NODE, PUMP = device_uid("plant 1/edge"), device_uid("plant 1/edge/pump")


def topic(kind: str, device: str = "") -> str:
    return f"spBv1.0/plant 1/{kind}/edge" + (f"/{device}" if device else "")


# pysparkplug 0.6.1: one value of each simple datatype, negative ones, a null.
NBIRTH = base64.b64decode(
    "CIDQlf+8MRISCgViZFNlcRiA0JX/vDEgBFgDEiEKFE5vZGUgQ29udHJvbC9SZWJpcnRoGIDQlf+8MSALcAASHQoLVGVt"
    "cC9JbnNpZGUQARiA0JX/vDEgCWWamdlBEhYKBUxldmVsEAIYgNCV/7wxIAJQ+/8DEh0KBVRvdGFsEAMYgNCV/7wxIARY"
    "gICAgIDg////ARIbCgNCaWcQBBiA0JX/vDEgCFiBgICAgICAgIABEhEKAk9uEAUYgNCV/7wxIAtwARIaCgVTdGF0ZRAG"
    "GIDQlf+8MSAMegZsw6R1ZnQSEwoETm9uZRAHGIDQlf+8MSAKOAESEAoCSTgYgNCV/7wxIAFQgAESFAoDSTMyGIDQlf+8"
    "MSADUP////8PEhAKAlU4GIDQlf+8MSAFUP8BEhQKA1UzMhiA0JX/vDEgB1D/////DxIXCgNEYmwYgNCV/7wxIAppmpmZ"
    "mZmZuT8YAA=="
)
NDATA = base64.b64decode(
    "COjXlf+8MRIUCgVMZXZlbBACGOjXlf+8MVD5/wMSGwoLVGVtcC9JbnNpZGUQARj005X/vDFlAACsQRgB"
)
NDEATH = base64.b64decode("CIDQlf+8MRISCgViZFNlcRiA0JX/vDEgBFgD")
# Google's protobuf with tahu's schema: a data set, a template and its definition, arrays,
# properties, a file.
DBIRTH = base64.b64decode(
    "CIDQlf+8MRJACgVUYWJsZRAJIBCKATIIAhIBYRIBYhgDGAoiEwoGCP////8PCgkhAAAAAAAA+D8iDwoCCAIKCSEAAAAA"
    "AAAEQBIfCg1fdHlwZXNfL01vdG9yIBOSAQsSBwoDUlBNIAIoARI6CgJNMRAKIBOSAS8SDQoDUlBNIAJQ/f///w8SDQoE"
    "QW1wcyAJZc3MjD8iDV90eXBlc18vTW90b3IoABIRCgRXYXZlIBeCAQYBAP7/AwASEQoEQml0cyAgggEGDAAAADTQEhYK"
    "BVdvcmRzICGCAQpBQkMAaGVsbG8AEjIKBEZsb3cgCUojCgdlbmdVbml0CgdRdWFsaXR5EggIDEIEbTMvaBIFCAMYwAFl"
    "AABgQBInChhQcm9wZXJ0aWVzL0hhcmR3YXJlIE1ha2UgDHoJUmFzcGJlcnJ5EiMKGVByb3BlcnRpZXMvSGFyZHdhcmUg"
    "TW9kZWwgDHoEUGkgMxIWCg1Qcm9wZXJ0aWVzL0ZXIAx6AzEuMhINCgRGaWxlIBKCAQIBAhgA"
)
# Data after it: a member of a template without its datatype, a value from the past, one that is
# transient, one of bad quality, a null.
DDATA = base64.b64decode(
    "COjXlf+8MRISEAqSAQ0SCwoDUlBNUPz///8PEhQKBEZsb3cYoPuR/7wxKAFlAABQQBINCgRGbG93MAFlAAAQQRIjCgRG"
    "bG93GNDflf+8MUoPCgdRdWFsaXR5EgQIAxgAZQAAAEESDwoERmxvdxi455X/vDE4ARgC"
)
SAMPLES = [
    (topic("NBIRTH"), NBIRTH),
    (topic("NDATA"), NDATA),
    (topic("NDEATH"), NDEATH),
    (topic("DBIRTH", "pump"), DBIRTH),
    (topic("DDATA", "pump"), DDATA),
    (topic("DDEATH", "pump"), b"\x08\x80\xd0\x95\xff\xbc1\x18\x03"),
]


class Hearing:
    """A decoder that hears one message after another, and what it remembers."""

    def __init__(self, facts: Facts | None = None) -> None:
        self.facts = facts or Facts()
        self.now_us = NOW
        self.remembered: list[Remembered] = []
        self._decoder = Decoder(self.facts, (sparkplug,))

    def __call__(self, where: str, raw: bytes) -> list[Item]:
        message = Message(where.encode(), raw, 1, False, False, b"", self.now_us)
        items = self._decoder.decode(message)
        self.remembered += [item for item in items if isinstance(item, Remembered)]
        return [item for item in items if not isinstance(item, Remembered)]

    def restarted(self) -> Hearing:
        """Another process, with what was stored as JSON."""
        facts = Facts()
        for each in self.remembered:
            value = json.loads(json.dumps(each.value))
            facts.learn(Remembered(each.convention, each.scope, each.key, value))
        return Hearing(facts)


def born() -> Hearing:
    hearing = Hearing()
    hearing(topic("NBIRTH"), NBIRTH)
    return hearing


def readings(items: list[Item]) -> dict[int, dict[str, Any]]:
    return {
        sample.time_us: dict(sample.values)
        for item in items
        if isinstance(item, Telemetry)
        for sample in item.samples
    }


def requests(items: list[Item]) -> list[Request]:
    return [item for item in items if isinstance(item, Request)]


def metric(name: str = "", **given: bytes | int) -> bytes:
    """A field `metrics` of a payload; by the names of tahu's schema."""
    numbers = {"alias": 2, "timestamp": 3, "datatype": 4, "int_value": 10, "long_value": 11}
    numbers |= {"string_value": 15, "bytes_value": 16, "dataset_value": 17, "template_value": 18}
    inner = text(1, name.encode()) if name else b""
    for key, value in given.items():
        number = numbers[key]
        inner += varint(number, value) if isinstance(value, int) else text(number, value)
    return text(2, inner)


def data(seq: int, *metrics: bytes) -> bytes:
    return b"".join(metrics) + varint(3, seq)


def test_a_birth_says_who_it_is_what_it_measures_and_that_it_is_there() -> None:
    """pysparkplug 0.6.1; two's complement in unsigned fields: specification, chapter 6."""
    items = Hearing()(topic("NBIRTH"), NBIRTH)
    assert items[:2] == [Described(NODE, name="edge", area="plant 1"), Presence(NODE, True)]
    values = {"Temp.Inside": 27.2, "Level": -5, "Total": -(2**40), "Big": str(2**63 + 1)}
    values |= {"On": True, "State": "läuft", "I8": -128, "I32": -1, "U8": 255, "U32": 2**32 - 1}
    assert readings(items) == {T: values | {"Dbl": 0.1}}
    assert not requests(items)


def test_data_is_read_by_what_the_birth_said_each_metric_at_its_own_time() -> None:
    """pysparkplug 0.6.1: no datatype in data, so the sign is known by the birth alone."""
    items = born()(topic("NDATA"), NDATA)
    expected = {T + 1_000_000: {"Level": -7}, T + 500_000: {"Temp.Inside": 21.5}}
    assert readings(items) == expected


def test_data_sets_templates_arrays_and_properties_of_a_device() -> None:
    """Google's protobuf with tahu's schema; the arrays are those of the specification, 6.4.16."""
    hearing = born()
    items = hearing(topic("DBIRTH", "pump"), DBIRTH)
    about = Described(
        PUMP, name="pump", area="plant 1", manufacturer="Raspberry", model="Pi 3", firmware="1.2"
    )
    flow = Described(PUMP, "Flow", "m³/h", quantity="flow")
    assert items[:4] == [about, Discovered(PUMP, NODE), Presence(PUMP, True), flow]
    table = {"Table.0.a": -1, "Table.0.b": 1.5, "Table.1.a": 2, "Table.1.b": 2.5}
    motor = {"M1.RPM": -3, "M1.Amps": 1.1}
    wave = {"Wave.0": 1, "Wave.1": -2, "Wave.2": 3}
    bits = {f"Bits.{at}": bool(int(bit)) for at, bit in enumerate("001101001101")}
    words = {"Words.0": "ABC", "Words.1": "hello"}
    assert readings(items) == {T: table | motor | wave | bits | words | {"Flow": 3.5}}

    items = hearing(topic("DDATA", "pump"), DDATA)
    assert Ignored(NOT_KEPT, uid=PUMP) in items
    past = {T - 60_000_000: {"Flow": 3.25}}
    assert readings(items) == {T + 1_000_000: {"M1.RPM": -4}} | past


def test_what_births_said_outlives_the_process() -> None:
    hearing = born()
    hearing(topic("DBIRTH", "pump"), DBIRTH)
    later = hearing.restarted()
    items = later(topic("NDATA"), NDATA)
    assert readings(items)[T + 1_000_000] == {"Level": -7}
    # A birth may have been missed meanwhile: it is asked for, once.
    assert [each.topic for each in requests(items)] == ["spBv1.0/plant 1/NCMD/edge"]
    items = later(topic("DDATA", "pump"), DDATA)
    assert readings(items)[T + 1_000_000] == {"M1.RPM": -4}
    assert not requests(items)


def test_a_death_takes_node_and_devices_and_an_old_will_nobody() -> None:
    """Specification, chapter 5: an NDEATH whose bdSeq is not the birth's MUST be ignored. It means
    the will of an earlier session, which comes late; one of a later session tells of a birth that
    was missed, and pysparkplug 0.6.1 sends its next number at a clean end."""
    hearing = born()
    hearing(topic("DBIRTH", "pump"), DBIRTH)
    old = text(2, text(1, b"bdSeq") + varint(4, 4) + varint(11, 2))
    assert hearing(topic("NDEATH"), old) == [Ignored(OLD_DEATH, uid=NODE)]
    assert hearing(topic("NDEATH"), NDEATH) == [Presence(NODE, False), Presence(PUMP, False)]
    assert hearing(topic("DDEATH", "pump"), data(3)) == [Presence(PUMP, False)]
    clean = base64.b64decode("CIzsqfKhNBISCgViZFNlcRik5KnyoTQgBFgB")  # bdSeq 1 after birth 0
    peer = Hearing()
    birth = "CKTkqfKhNBIaCgRUZW1wEAEYjOSp8qE0IAppAAAAAACANUASEgoFYmRTZXEYjOSp8qE0IARYABgA"
    peer(topic("NBIRTH"), base64.b64decode(birth))
    assert peer(topic("NDEATH"), clean) == [Presence(NODE, False)]
    # benthos-umh, NDEATH_V1 and NBIRTH_V1: the bdSeq is an unsigned number of 64 bits.
    umh = Hearing()
    umh(topic("NBIRTH"), base64.b64decode("CNLig7n6MhINCgViZFNlcRABIAhYABgA"))
    death = base64.b64decode("CNLig7n6MhINCgViZFNlcRAAIAhYABgA")
    assert umh(topic("NDEATH"), death) == [Presence(NODE, False)]


def test_data_before_a_birth_is_kept_and_the_birth_asked_for_once_a_minute() -> None:
    """benthos-umh, NDATA_BEFORE_BIRTH."""
    before = base64.b64decode("CNLig7n6MhINEGQgCmkAAAAAAAA5QBgB")
    hearing = Hearing()
    rejected, request = hearing(topic("NDATA"), before)
    assert isinstance(rejected, Rejected)
    assert (rejected.uid, rejected.problem.reason) == (NODE, Reason.NO_BIRTH)
    assert isinstance(request, Request)
    assert request.topic == "spBv1.0/plant 1/NCMD/edge"
    told = payload.read(request.payload)
    assert told.time_ms == NOW // 1_000
    (command,) = told.metrics
    assert (command.name, command.datatype, command.value) == ("Node Control/Rebirth", 11, 1)
    assert len(hearing(topic("NDATA"), before)) == 1
    hearing.now_us += ASK_EVERY_US
    assert requests(hearing(topic("NDATA"), before))
    # Who names metric and datatype needs no birth to be read.
    items = hearing(topic("NDATA"), data(2, metric("t", datatype=3, int_value=2**32 - 7)))
    assert readings(items) == {0: {"t": -7}}


def test_data_of_a_device_from_before_its_nodes_newest_birth_is_not_guessed() -> None:
    """Specification, chapter 5: an NBIRTH makes all that was born before STALE."""
    hearing = born()
    hearing(topic("DBIRTH", "pump"), DBIRTH)
    hearing.now_us += 1
    hearing(topic("NBIRTH"), NBIRTH)
    items = hearing(topic("DDATA", "pump"), data(1, metric(alias=10, int_value=1)))
    assert isinstance(items[0], Rejected)
    assert items[0].problem.reason is Reason.NO_BIRTH


def test_a_gap_after_messages_in_order_asks_for_a_birth_and_shared_ones_do_not() -> None:
    """Specification, chapter 5, and benthos-umh, NDATA_GAP; payloads.md 3.7: a capture in which 75
    of 262 sequence numbers come twice."""
    hearing = born()
    level = metric(alias=2, int_value=1)
    for seq in range(1, STEADY + 1):
        assert not requests(hearing(topic("NDATA"), data(seq, level)))
        assert not requests(hearing(topic("NDATA"), data(seq, level)))
    assert requests(hearing(topic("NDATA"), data(STEADY + 5, level)))
    # A worker of two that share the topic hears every other one.
    shared = born()
    for seq in range(2, 200, 2):
        assert not requests(shared(topic("NDATA"), data(seq, level)))
    # 255 is followed by 0.
    whole = born()
    for seq in range(1, 600):
        assert not requests(whole(topic("NDATA"), data(seq % 256, level)))


def test_metrics_that_share_an_alias_are_known_by_their_names_only() -> None:
    """benthos-umh, NBIRTH_LARGE: bdSeq and Metric_1 both have the alias 1."""
    hearing = Hearing()
    hearing(
        topic("NBIRTH"),
        data(
            0,
            metric("bdSeq", alias=1, datatype=8, long_value=0),
            metric("Metric_1", alias=1, datatype=3, int_value=5),
        ),
    )
    items = hearing(topic("NDATA"), data(1, metric(alias=1, int_value=6)))
    assert isinstance(items[0], Rejected)
    assert items[0].problem.reason is Reason.NO_BIRTH
    items = hearing(topic("NDATA"), data(2, metric("Metric_1", int_value=6)))
    assert readings(items) == {0: {"Metric_1": 6}}


def test_a_later_birth_that_another_worker_heard_counts() -> None:
    """A process knew better than the database of every key it once changed, for ever."""
    mine, other = born(), Hearing()
    other.now_us += 5_000_000
    renamed = data(0, metric("Other", alias=2, datatype=3, int_value=1))
    other(topic("NBIRTH"), renamed)
    for each in [*mine.remembered, *other.remembered]:
        mine.facts.learn(each)
    items = mine(topic("NDATA"), data(1, metric(alias=2, int_value=9)))
    assert readings(items) == {0: {"Other": 9}}


@pytest.mark.parametrize(
    ("where", "item"),
    [
        ("spBv1.0/STATE/scada", Ignored(STATE)),
        ("STATE/scada", Ignored(STATE)),  # version 2.2
        ("spBv1.0/g/NCMD/n", Ignored(COMMAND)),
        ("spBv1.0/g/DCMD/n/d", Ignored(COMMAND)),
    ],
)
def test_hosts_and_commands_are_no_data(where: str, item: Ignored) -> None:
    assert Hearing()(where, b'{"online":true,"timestamp":1}') == [item]


def test_a_time_that_cannot_be_true_loses_to_that_of_receipt() -> None:
    early = metric("t", datatype=3, timestamp=10_000, int_value=1)
    told = next(
        item for item in born()(topic("NDATA"), data(1, early)) if isinstance(item, Telemetry)
    )
    assert (told.samples[0].time_us, told.clock_replaced) == (0, True)
    assert [problem.reason for problem in told.problems] == [Reason.IMPLAUSIBLE_TIMESTAMP]


def nested(depth: int) -> bytes:
    inner = text(2, text(1, b"x") + varint(4, 3) + varint(10, 1))
    for _ in range(depth):
        inner = text(2, text(1, b"m") + varint(4, 19) + text(18, inner))
    return text(2, text(1, b"top") + varint(4, 19) + text(18, inner))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x80" * 11, Reason.MALFORMED_BINARY),  # a number without end
        (b"\x80", Reason.MALFORMED_BINARY),  # a number cut off
        (b"\x12\xff\xff\xff\xff\x7f", Reason.MALFORMED_BINARY),  # a length of 34 GB
        (b"\x12\x05abc", Reason.MALFORMED_BINARY),  # a message cut off
        (b"\x0b", Reason.MALFORMED_BINARY),  # a group
        (b"\x0d\x01", Reason.MALFORMED_BINARY),  # four bytes of which one is there
        (b'{"t":1}', Reason.MALFORMED_BINARY),  # JSON
        (b" " * 300_000, Reason.TOO_LARGE),
        (data(1, *[metric("a", datatype=3, int_value=1)] * 10_001), Reason.MALFORMED_BINARY),
        (data(1, nested(MAX_NESTED + 3)), Reason.TOO_DEEP),
        (data(1, metric("a", datatype=22, bytes_value=b"\x01" * 9_999)), None),
        (data(1, metric("a", datatype=32, bytes_value=b"\xff\xff\xff\xff\x01")),
         Reason.MALFORMED_BINARY),
        (data(1, metric("a", datatype=32, bytes_value=b"\xff")), Reason.MALFORMED_BINARY),
        (data(1, metric("a", datatype=23, string_value=b"x")), Reason.MALFORMED_BINARY),
        (data(1, metric("a", datatype=3, bytes_value=b"x")), Reason.MALFORMED_BINARY),
        (data(1, metric("a", datatype=99, int_value=1)), Reason.MALFORMED_BINARY),
        (data(1, metric("a", datatype=12, string_value=b"x" * 2_000)), Reason.UNSUPPORTED_VALUE),
        (data(1, text(2, text(1, b"f") + b"\x65" + struct.pack("<f", float("nan")))),
         Reason.UNSUPPORTED_VALUE),
    ],
)  # fmt: skip
def test_hostile_payloads_cost_themselves(raw: bytes, reason: Reason | None) -> None:
    item = born()(topic("NDATA"), raw)[0]
    if reason is None:
        assert isinstance(item, Telemetry)
        assert len(item.samples[0].values) == MAX_CELLS
        assert item.problems[0].reason is Reason.TOO_MANY_VALUES
        return
    assert isinstance(item, Rejected)
    assert item.problem.reason is reason


def test_names_that_no_database_keeps_are_cleaned() -> None:
    hearing = Hearing()
    odd = metric("a\0b\x01", alias=1, datatype=3, int_value=1)
    bad = text(2, text(1, b"\xff\xfe") + varint(4, 3) + varint(10, 1))
    hearing(topic("NBIRTH"), data(0, odd, bad))
    assert "\\u0000" not in json.dumps([each.value for each in hearing.remembered])


def test_births_without_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "MAX_NODES", 3)
    monkeypatch.setattr(node, "MAX_DEVICES", 2)
    hearing = Hearing()
    for number in range(6):
        hearing(f"spBv1.0/g/NBIRTH/n{number}", data(0))
        hearing(f"spBv1.0/g/DBIRTH/n0/d{number}", data(number + 1))
    assert len(hearing.facts.scope("sparkplug", "nodes")) == 3
    assert len(hearing.facts.scope("sparkplug", "g/n0")) == 3  # the node itself, and two devices


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_malformed(raw: bytes) -> None:
    try:
        payload.read(raw)
    except Malformed:
        return
    for number, kind, _ in fields(raw):
        assert kind in (0, 1, 2, 5)
        assert number >= 0


FIELDS = st.one_of(
    st.tuples(st.sampled_from([1, 9, 15]), st.binary(max_size=140)),
    st.tuples(st.integers(1, 16), st.integers(0, 2**64 - 1) | st.integers(0, 200)),
    st.tuples(st.just(13), st.floats(allow_nan=False)),
)


@given(st.lists(FIELDS, max_size=8), st.integers(0, 3))
def test_the_quick_way_of_ordinary_metrics_says_what_the_long_one_does(
    told: list[tuple[int, Any]], cut: int
) -> None:
    raw = b"".join(
        bytes((key_of(number, 1),)) + struct.pack("<d", value)
        if isinstance(value, float)
        else varint(number, value)
        if isinstance(value, int)
        else text(number, value)
        for number, value in told
    )
    raw = raw[: len(raw) - cut]
    found: list[object] = []
    for read in (payload._metric, payload._any_metric):
        try:
            found.append(read(raw))
        except Malformed as exc:
            found.append(str(exc))
    assert found[0] == found[1]


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 2**64 - 1) | st.binary(max_size=3))))
def test_the_newest_of_each_field_is_the_last_that_is_there(told: list[tuple[int, Any]]) -> None:
    raw = b"".join(
        varint(number, value) if isinstance(value, int) else text(number, value)
        for number, value in told
    )
    expected: dict[int, Any] = {}
    for number, kind, value in fields(raw):
        expected.pop(key_of(number, kind), None)
        expected[key_of(number, kind)] = value
    assert list(newest(raw).items()) == list(expected.items())
    with pytest.raises(Malformed):
        newest(raw + b"\x0a")  # a text whose length is cut off
