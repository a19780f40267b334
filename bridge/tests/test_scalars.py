"""A value written as text is a number only if it is one from end to end."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode import scalars
from bridge.decode.flattening import MAX_ELEMENTS, MAX_FLAT, flattened
from bridge.decode.items import Reason


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("21.5", 21.5),
        ("-7", -7),
        ("+7", 7),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("0", 0),
        ("9007199254740993", "9007199254740993"),
        # What float() would take.
        ("1_000", "1_000"),
        ("１２", "１２"),
        (" 1 ", " 1 "),
        ("1\n", "1\n"),
        ("infinity", None),
        ("1e999", None),
        # What int() would take.
        ("00420", "00420"),
        ("0x1F", "0x1F"),
        ("5.", "5."),
        # No value.
        ("", None),
        ("nan", None),
        ("NaN", None),
        ("None", None),
        ("unavailable", None),
        ("unknown", None),
        ("null", None),
        # Words.
        ("ON", "ON"),
        ("offline", "offline"),
        ("\x00", None),
        ("x" * 1025, None),
        ("9" * 700, "9" * 700),
    ],
)
def test_each_text_has_its_value(text: str, value: object) -> None:
    found = scalars.value_of(text)
    assert found == value
    assert type(found) is type(value)


def test_words_of_booleans_are_booleans_where_asked() -> None:
    words = {**scalars.ON_OFF, **scalars.OPEN_CLOSED}
    assert scalars.value_of("ON", words) is True
    assert scalars.value_of("Closed", words) is False
    assert scalars.value_of("true", words) == "true"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_comes_back(number: float) -> None:
    found = scalars.value_of(repr(number))
    assert isinstance(found, (int, float))
    assert math.isclose(found, number, rel_tol=1e-15, abs_tol=0)


def test_a_document_is_flattened_within_bounds() -> None:
    document = {
        "Time": "2020-01-01T00:00:00",
        "ENERGY": {"Total": [1, 2.5], "Power": "12.3", "Id": "00420"},
        "none": None,
        "on": True,
        "bad": float("nan"),
        "many": [0] * (MAX_ELEMENTS + 1),
        "": 3,
    }
    found = flattened(document, "s", read_text=scalars.value_of, ignored=frozenset({"Time"}))
    assert found.values == {
        "s.ENERGY.Total.0": 1,
        "s.ENERGY.Total.1": 2.5,
        "s.ENERGY.Power": 12.3,
        "s.ENERGY.Id": "00420",
        "s.on": True,
        "s": 3,
    }
    assert [each.reason for each in found.problems] == [
        Reason.NOT_FINITE,
        Reason.UNSUPPORTED_VALUE,
    ]
    wide = flattened({str(at): at for at in range(2 * MAX_FLAT)})
    assert len(wide.values) == MAX_FLAT
    deep: dict = {}
    for _ in range(100):
        deep = {"a": deep, "b": 1}
    assert [each.reason for each in flattened(deep).problems] == [Reason.TOO_DEEP]
