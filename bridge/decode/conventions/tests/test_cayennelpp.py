"""CayenneLPP. Sources, named beside each row: lorawan-stack-docs (payload-formatters/cayenne),
go-cayenne-lib (decoder_test.go) and ElectronicCats' CayenneLPP (decoders/decoder.js)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import Decoder
from bridge.decode.conventions import cayennelpp
from bridge.decode.items import Described, Item, Reason, Rejected, Sample, Telemetry
from bridge.message import Message

# go-cayenne-lib, decoder_test.go: one value of each of the first types.
ALL = bytes.fromhex(
    "0100ff0201640302154a0403eab6056501f40666320767ff640868a00971fe58000f0682"
    "0a7329ef0b8601630231fe660c8807fd8700bef500086a"
)  # fmt: skip


SAMPLES = [("field/probe-1/lpp", ALL), ("probe-1/cayennelpp", bytes([3, 0x67, 1, 0x10]))]


def hear(topic: str, payload: bytes) -> list[Item]:
    return Decoder().decode(Message(topic.encode(), payload, 1, False, False, b"", 1))


@pytest.mark.parametrize(
    ("source", "payload", "values"),
    [
        (
            "lorawan-stack-docs",
            bytes([3, 0x67, 1, 0x10, 5, 0x67, 0, 0xFF]),
            {"temperature_3": 27.2, "temperature_5": 25.5},
        ),
        (
            "lorawan-stack-docs",
            bytes.fromhex("007327bf006700de"),
            {"barometric_pressure_0": 1017.5, "temperature_0": 22.2},
        ),
        (
            "go-cayenne-lib",
            ALL,
            {"digital_in_1": 255, "digital_out_2": 100, "analog_in_3": 54.5, "analog_out_4": -54.5}
            | {"luminosity_5": 500, "presence_6": 50, "temperature_7": -15.6}
            | {"relative_humidity_8": 80.0, "barometric_pressure_10": 1073.5}
            | {
                f"accelerometer_9.{axis}": n
                for axis, n in zip("xyz", (-0.424, 0.015, 1.666), strict=True)
            }
            | {
                f"gyrometer_11.{axis}": n
                for axis, n in zip("xyz", (3.55, 5.61, -4.10), strict=True)
            }
            | {"gps_12.latitude": 52.3655, "gps_12.longitude": 4.8885, "gps_12.altitude": 21.54},
        ),
        (
            "go-cayenne-lib: negative coordinates",
            bytes.fromhex("018806765ff2960a0003e8"),
            {"gps_1.latitude": 42.3519, "gps_1.longitude": -87.9094, "gps_1.altitude": 10.0},
        ),
        (
            "ElectronicCats: voltage, current, energy, altitude, and a time, which is no reading",
            bytes([1, 116, 1, 74, 2, 117, 0, 250, 3, 131, 0, 0, 4, 210, 4, 121, 255, 246])
            + bytes([5, 133, 0x5E, 0x44, 0, 0]),
            {"voltage_1": 3.3, "current_2": 0.25, "energy_3": 1.234, "altitude_4": -10},
        ),
        (
            "ElectronicCats: a colour, and what comes after it",
            bytes([1, 135, 255, 128, 0, 2, 103, 0, 210]),
            {"colour_1.red": 255, "colour_1.green": 128, "colour_1.blue": 0, "temperature_2": 21.0},
        ),
    ],
)
def test_a_payload_is_readings_of_the_device_its_topic_names(
    source: str, payload: bytes, values: dict[str, float]
) -> None:
    items = hear("field/probe-1/CayenneLPP", payload)
    assert items[-1] == Telemetry("probe-1", [Sample(0, values)])


def test_units_come_with_the_message() -> None:
    items = hear("x/lpp", bytes([3, 0x67, 1, 0x10]))
    assert items[0] == Described("x", "temperature_3", "°C", quantity="temperature")


@pytest.mark.parametrize(
    ("payload", "values", "detail"),
    [
        (b"", None, "no payload"),
        (bytes([1, 255, 255]), None, "type 255"),  # go-cayenne-lib: invalid data type
        (bytes([12, 136, 7, 253, 135, 0, 190]), None, "gps has 9 bytes"),  # not enough data
        (bytes([1]), None, "without a type"),
        (bytes([3, 0x67, 1, 0x10, 9]), {"temperature_3": 27.2}, "at byte 4"),
        (bytes([3, 0x67, 1, 0x10, 3, 0x67, 0, 0]), {"temperature_3": 27.2}, ""),
        (bytes([5, 133, 0, 0, 0, 0]), None, "no payload"),
        (b"\x03\x67\x00\x00" * 300, None, "over 1024"),
    ],
)
def test_what_makes_no_sense_costs_the_rest(
    payload: bytes, values: dict[str, float] | None, detail: str
) -> None:
    item = hear("a b/lpp", payload)[-1]
    if values is None:
        assert isinstance(item, Rejected)
        assert detail in item.problem.detail
        return
    assert isinstance(item, Telemetry)
    assert item.samples[0].values == values
    assert [problem.reason for problem in item.problems] == [Reason.MALFORMED_BINARY] * bool(detail)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_to_an_end(payload: bytes) -> None:
    frame = cayennelpp.read(payload)
    assert len(frame.problems) <= 1
    assert frame.units.keys() <= frame.values.keys()


def test_other_topics_are_not_claimed() -> None:
    for topic in ("lpp", "/lpp", "a/lpp/b", "a/lppx"):
        assert cayennelpp.matches(topic, ALL) == 0, topic
