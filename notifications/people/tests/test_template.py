"""The words of a notification: what a place is filled with, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.people.template import (
    MAX_FILLED,
    PLACES,
    InvalidTemplate,
    fill,
    fill_line,
    lasted,
    read,
)

BERLIN = ZoneInfo("Europe/Berlin")
VALUES = {
    "sentence": "Freezer 1 is too warm", "value": -12.3456, "unit": "°C",
    "started": datetime(2026, 7, 1, 12, tzinfo=UTC), "cleared": None,
    "lasted": timedelta(hours=2, minutes=10), "runbook": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{sentence}: {value:1} {unit}", "Freezer 1 is too warm: -12.3 °C"),
        ("{value}", "-12.3456"),
        ("since {started}, {lasted}", "since 2026-07-01 14:00, 2 h 10 min"),
        ("{{{sentence}}}", "{Freezer 1 is too warm}"),
        # A line of which nothing is known is left out.
        ("{sentence}\nOver since {cleared}\nRunbook: {runbook}\nEnd", "Freezer 1 is too warm\nEnd"),
        ("{sentence} {cleared}", "Freezer 1 is too warm"),
        ("", ""),
    ],
)
def test_places_are_filled(text: str, filled: str):
    assert fill(read(text), VALUES, BERLIN) == filled


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{temperature}", "Nothing is called {temperature}"),
        ("{value!r}", "Write {{ for a {."),
        ("{sentence.__class__}", "Write {{ for a {."),
        ("{0}", "Write {{ for a {."),
        ("{}", "Nothing is called {}"),
        ("a } b", "Write }} for a }."),
        ("{sentence:1}", "only numbers"),
        ("{value:99}", "only numbers"),
        ("{value:.2f}", "only numbers"),
        ("x" * 2001, "more than 2000"),
    ],
)
def test_what_is_wrong_with_a_template_is_said(text: str, said: str):
    with pytest.raises(InvalidTemplate) as refused:
        read(text)
    assert said in str(refused.value)


def test_a_subject_is_one_line_whatever_a_name_holds():
    device = {"device": "a\r\nBcc: all@example.com"}
    assert fill_line(read("{device} alert"), device, BERLIN) == "a Bcc: all@example.com alert"


@given(st.text(), st.sampled_from(sorted(PLACES)), st.text())
def test_whatever_is_filled_in_is_no_template_itself(before: str, name: str, value: str):
    if PLACES[name] is not str:
        return
    escaped = before.replace("{", "{{").replace("}", "}}").replace("\n", " ")
    template = read(escaped + "{" + name + "}")
    found = fill(template, {name: value}, BERLIN)
    assert len(found) <= MAX_FILLED
    marks = str.maketrans("", "", "\0\1")
    kept = value.translate(marks)
    if kept and "\n" not in value and "\0" not in before and "\1" not in before:
        assert found == (before.replace("\n", " ") + kept).strip()


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=45), "45 s"),
        (timedelta(minutes=5, seconds=59), "5 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_a_length_of_time_has_two_units(length: timedelta, words: str):
    assert lasted(length) == words
