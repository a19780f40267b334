"""SenML. Sources: the examples ex1 to ex13 of RFC 8428 (core-wg/senml-spec at aced339e9aaf), also
the CBOR of ex3, each named beside its row."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import Decoder
from bridge.decode.conventions import senml, senml_records
from bridge.decode.identity import device_uid
from bridge.decode.items import Described, Item, Reason, Rejected, Telemetry
from bridge.message import Message

NOW = 1_700_000_000_000_000  # Unix microseconds
DEV = "urn:dev:ow:10e2073a01080063"
UID = device_uid(DEV)
EX3 = {
    "bn": "urn:dev:ow:10e2073a0108006:", "bt": 1.276020076001e9, "bu": "A", "bver": 5,
    "n": "voltage", "u": "V", "v": 120.1,
}  # fmt: skip
EX3_CBOR = bytes.fromhex(
    "87a721781b75726e3a6465763a6f773a3130653230373361303130383030363a22fb41d303a15b00106223614120"
    "050067766f6c7461676501615602fb405e066666666666a3006763757272656e74062402fb3ff3333333333333a3"
    "006763757272656e74062302fb3ff4cccccccccccda3006763757272656e74062202fb3ff6666666666666a30067"
    "63757272656e74062102f93e00a3006763757272656e74062002fb3ff999999999999aa3006763757272656e7406"
    "0002fb3ffb333333333333"
)
EX5 = [
    {"bn": DEV, "bt": 1.320067464e9, "bu": "%RH", "v": 20},
    {"u": "lon", "v": 24.30621},
    {"u": "lat", "v": 60.07965},
    {"t": 60, "v": 20.3},
    {"u": "%EL", "t": 150, "v": 98},
]
EX6 = [
    {"bn": "2001:db8::2/", "bt": 1.320078429e9, "n": "temperature", "u": "Cel", "v": 25.2},
    {"n": "humidity", "u": "%RH", "v": 30},
    {"bn": "2001:db8::1/", "n": "temperature", "u": "Cel", "v": 12.3},
]
SAMPLES = [
    ("senml/any", json.dumps(EX6).encode()),
    ("room/senml", EX3_CBOR),
    (
        "a/b/senml",
        b'[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","t":-5,"v":23.1,"s":7,"vs":"x"}]',
    ),
]


def hear(pack: object, topic: str = "senml/1", *, retain: bool = False) -> list[Item]:
    raw = pack if isinstance(pack, bytes) else json.dumps(pack).encode()
    return Decoder().decode(Message(topic.encode(), raw, 1, False, retain, b"", NOW))


def readings(items: list[Item]) -> dict[str, list[tuple[int, dict[str, Any]]]]:
    return {
        item.uid: [(sample.time_us, dict(sample.values)) for sample in item.samples]
        for item in items
        if isinstance(item, Telemetry)
    }


CURRENT = [
    (1_276_020_076_001_000 + 1_000_000 * second, {"current": value})
    for second, value in zip(range(-5, 1), (1.2, 1.3, 1.4, 1.5, 1.6, 1.7), strict=True)
]
EX3_READ = [
    (1_276_020_076_001_000, {"voltage": 120.1, "current": 1.7}),  # of one instant, so one sample
    *CURRENT[:-1],
]


@pytest.mark.parametrize(
    ("source", "pack", "expected"),
    [
        ("ex1", [{"n": DEV, "u": "Cel", "v": 23.1}], {DEV: [(0, {"temperature": 23.1})]}),
        (
            "ex2",
            [
                {"bn": f"{DEV}:", "n": "voltage", "u": "V", "v": 120.1},
                {"n": "current", "u": "A", "v": 1.2},
            ],
            {DEV: [(0, {"voltage": 120.1}), (0, {"current": 1.2})]},
        ),
        (
            "ex3",
            [
                EX3,
                *({"n": "current", "t": t, "v": v} for t, v in
                  ((-5, 1.2), (-4, 1.3), (-3, 1.4), (-2, 1.5), (-1, 1.6))),
                {"n": "current", "v": 1.7},
            ],
            {EX3["bn"][:-1]: EX3_READ},
        ),
        ("ex3.gen.cbor", EX3_CBOR, {EX3["bn"][:-1]: EX3_READ}),
        (
            "ex5: one name, four units",
            EX5,
            {
                DEV: [
                    (
                        1_320_067_464_000_000,
                        {"humidity": 20, "longitude": 24.30621, "latitude": 60.07965},
                    ),
                    (1_320_067_524_000_000, {"humidity": 20.3}),
                    (1_320_067_614_000_000, {"battery": 98}),
                ]
            },
        ),
        (
            "ex6: another base name is another device",
            EX6,
            {
                "2001:db8::2": [(1_320_078_429_000_000, {"temperature": 25.2, "humidity": 30})],
                "2001:db8::1": [(1_320_078_429_000_000, {"temperature": 12.3})],
            },
        ),
        (
            "ex7: texts and booleans; bytes are no reading",
            [
                {"bn": f"{DEV}:", "n": "temp", "u": "Cel", "v": 23.1},
                {"n": "label", "vs": "Machine Room"},
                {"n": "open", "vb": False},
                {"n": "nfv-reader", "vd": "aGkgCg"},
            ],
            {DEV: [(0, {"temp": 23.1}), (0, {"label": "Machine Room"}), (0, {"open": False})]},
        ),
        (
            "ex8: a label that is not known is ignored",
            [{"bn": f"{DEV}:", "l": "[]", "n": "temperature", "u": "Cel", "v": 27.2}],
            {DEV: [(0, {"temperature": 27.2})]},
        ),
        (
            "ex9: a record may be a base alone",
            [{"bn": f"{DEV}:"}, {"n": "heat", "u": "/", "v": 1}],
            {DEV: [(0, {"heat": 1})]},
        ),
        (
            "ex12: names without a base are devices",
            [
                {"bt": 1.320078429e9, "bu": "/", "n": "2001:db8::3", "v": 1},
                {"n": "2001:db8::4", "v": 1},
            ],
            {
                "2001:db8::3": [(1_320_078_429_000_000, {"ratio": 1})],
                "2001:db8::4": [(1_320_078_429_000_000, {"ratio": 1})],
            },
        ),
        (
            "section 4.1: base value and base sum are added",
            [{"bn": f"{DEV}:", "bv": 10, "bs": 100, "n": "e", "v": 1, "s": 5}],
            {DEV: [(0, {"e": 11, "e.sum": 105})]},
        ),
    ],
)  # fmt: skip
def test_a_pack_is_readings_of_each_device_it_names(
    source: str, pack: object, expected: dict[str, object]
) -> None:
    found = {device_uid(native): samples for native, samples in expected.items()}
    assert readings(hear(pack)) == found
    assert readings(hear(pack, "nothing/says/so")) == found, "by its payload alone"


def test_json_and_cbor_say_the_same() -> None:
    """RFC 8428, table 4."""
    numbers = {label: number for number, label in senml_records.LABELS.items()}
    packed = cbor2.dumps([{numbers[label]: value for label, value in each.items()} for each in EX5])
    assert hear(packed) == hear(EX5)


def test_a_name_that_is_no_id_belongs_to_the_device_of_the_topic() -> None:
    pack = [{"n": "temperature", "u": "Cel", "v": 21.5}]
    assert readings(hear(pack, "room-1/senml")) == {"room-1": [(0, {"temperature": 21.5})]}


def test_units_and_names_are_told() -> None:
    items = hear(EX6[:1])
    uid = device_uid("2001:db8::2")
    assert items[:2] == [
        Described(uid, name="2001:db8::2"),
        Described(uid, "temperature", "°C", quantity="temperature"),
    ]


def test_times_near_zero_count_from_now() -> None:
    """RFC 8428, 4.5.3: below 2**28 seconds. What a broker kept was said at another now."""
    pack = [{"n": DEV, "u": "Cel", "t": -5, "v": 1}, {"n": DEV, "u": "Cel", "v": 2}]
    expected = [(NOW - 5_000_000, {"temperature": 1}), (0, {"temperature": 2})]
    assert readings(hear(pack)) == {UID: expected}
    assert not readings(hear(pack, retain=True))


def test_a_time_that_cannot_be_true_costs_its_record() -> None:
    pack = [{"n": DEV, "u": "Cel", "t": 9e9, "v": 1}, {"n": DEV, "u": "Cel", "v": 2}]
    told = next(item for item in hear(pack) if isinstance(item, Telemetry))
    assert [dict(sample.values) for sample in told.samples] == [{"temperature": 2}]
    assert [problem.reason for problem in told.problems] == [Reason.IMPLAUSIBLE_TIMESTAMP]
    alone = next(item for item in hear(pack[:1]) if isinstance(item, Telemetry))
    assert (alone.samples[0].time_us, alone.clock_replaced) == (0, True)


@pytest.mark.parametrize(
    ("pack", "reason"),
    [
        ([{"n": DEV, "must_": 1, "v": 1}], Reason.UNSUPPORTED_VALUE),  # section 4.4
        ([{"n": DEV, "bver": 11, "v": 1}], Reason.UNSUPPORTED_VALUE),  # section 4.4
        ([{"n": DEV, "v": "x"}], Reason.UNSUPPORTED_VALUE),
        ([{"n": DEV, "vs": "x" * 2_000}], Reason.UNSUPPORTED_VALUE),
        ([{"n": DEV, "v": 1}, 7], Reason.WRONG_TYPE),
        ([{"bn": DEV}], Reason.NO_VALUES),
        ([{"n": "a", "v": 1}] * 10_001, Reason.TOO_MANY_VALUES),
    ],
)
def test_what_cannot_be_used_has_its_reason(pack: object, reason: Reason) -> None:
    raw = json.dumps(pack).encode()
    (item,) = Decoder(conventions=(senml,)).decode(
        Message(b"senml/1", raw, 1, False, False, b"", NOW)
    )
    assert isinstance(item, Rejected)
    assert item.problem.reason is reason


@pytest.mark.parametrize(
    "raw",
    [
        b"\x81\xa1",  # cut off
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff\xa0",  # 2**64 records
        b"\x81\xa1\x00\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",  # a name of 2**63 bytes
        b"\x81\xa1\x02" + b"\x81" * 100_000,  # deep
        b"\x81\xa2\x00\x61a\x02\xc4\x82\x1a\x7f\xff\xff\xff\x01",  # 10**2147483647
        b"\x81\xa2\x00\x61a\x02\xc5\x82\x1a\x7f\xff\xff\xff\x01",  # 2**2147483647
        b"\x81\xa2\x00\x61a\x02\xc2\x59\xff\xff" + b"\xff" * 65_535,  # an integer of 65 535 bytes
        b"\x81\xa2\x00\x61a\x02\xf9\x7e\x00",  # NaN
        b"\x81\xa2\x00\x61\xff\x02\x01",  # no UTF-8
        b"\x81\xa2\x00\x61\x00\x02\x01",  # NUL
        b"\x81\xa2\xd8\x1c\x81\xd8\x1d\x00\x00\x02\x01",  # a list that holds itself, as a key
        b"\x81\xa2\x00\x61a\x02\xd8\x23\x69(a+)+$(((",  # a regular expression
    ],
)
def test_hostile_cbor_costs_itself(raw: bytes) -> None:
    items = Decoder(conventions=(senml,)).decode(
        Message(b"senml/1", raw, 1, False, False, b"", NOW)
    )
    for item in items:
        assert not (
            isinstance(item, Rejected) and item.problem.reason is Reason.CONVENTION_FAILED
        ), item


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_head_of_an_array_are_read_to_an_end(raw: bytes) -> None:
    for head in (b"\x81\xa2", b"\x9f\xbf", b"["):
        assert 0 <= senml.matches("x", head + raw) <= 100
        items = Decoder(conventions=(senml,)).decode(
            Message(b"senml/1", head + raw, 1, False, False, b"", NOW)
        )
        assert items


def test_other_arrays_are_not_claimed() -> None:
    for payload in (b'[{"t":1}]', b'[{"n":1,"v":2}]', b"[1]", b"[]", b"\x81\x01", b"[", b""):
        assert senml.matches("any/topic", payload) == 0, payload


RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "n": st.sampled_from(["a", "b", "x/y", "", 7]),
        "u": st.sampled_from(["Cel", "%RH", "", 7]),
        "v": st.sampled_from([1, 2.5, True, 2**60, "x", None]),
        "t": st.sampled_from([0, 1]),
        "vs": st.just("word"),
        "bn": st.sampled_from([DEV, "other:", ""]),
        "bt": st.sampled_from([0, -5, 1.6e9, 1.6e9 + 1]),
        "bv": st.sampled_from([0, 10]),
        "bu": st.sampled_from(["V", ""]),
    },
)


@given(st.lists(RECORDS, max_size=8))
def test_the_quick_way_of_ordinary_records_says_what_the_long_one_does(pack: list[Any]) -> None:
    long = [record | {"ut": 0} for record in pack]  # which changes nothing, and is not ordinary
    assert hear(pack) == hear(long)
