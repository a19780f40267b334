"""What an alert says of each type of condition, and how a list describes it."""

from __future__ import annotations

import pytest
from django.utils import translation

from alerts.conditions import Facts, InvalidCondition, describe, read, said, sentence
from alerts.conditions.sentence import MAX_SENTENCE
from alerts.conditions.template import check
from telemetry.series.said import form_of
from telemetry.series.worded import worded

MINUTE = 60_000_000

FREEZER = {"metric": "temperature", "unit": "°C", "precision": 1, "device": "Freezer 1"}

# (document, facts, sentence, facts when it has cleared, sentence then, description); a plain space
# stands for the thin one that is before a unit.
CASES = [
    (
        {"type": "threshold", "op": "above", "limit": -15, "clear": -18, "for": 300},
        {"value": 24.5, "limit": -15.0, "for_us": 12 * MINUTE},
        "Temperature 24.5 °C, limit −15, for 12 min",
        "above −15 °C for 5 min, cleared at −18 °C",
    ),
    (
        {"type": "threshold", "op": "below", "limit": 0.05, "count": 3},
        {"value": -0.04, "limit": 0.05},
        "Temperature 0.0 °C, limit 0.05",
        "below 0.05 °C in 3 readings",
    ),
    (
        {"type": "threshold", "op": "outside", "low": 2, "high": 8, "clear": 0.5},
        {"value": 9.0, "limit": 8.0},
        "Temperature 9.0 °C, allowed 2 to 8",
        "outside 2 to 8 °C, cleared 0.5 °C inside",
    ),
    (
        {"type": "threshold", "op": "inside", "low": 2, "high": 8},
        {"value": 3.0, "limit": 2.0},
        "Temperature 3.0 °C, not allowed 2 to 8",
        "inside 2 to 8 °C",
    ),
    (
        {"type": "rate", "op": "rises", "limit": 2, "per": 300},
        {"value": 3.2, "limit": 2.0},
        "Temperature rose 3.2 °C within 5 min, limit 2",
        "rises by more than 2 °C within 5 min",
    ),
    (
        {"type": "stuck", "tolerance": 0.1, "for": 3600},
        {"value": 4.2, "for_us": 60 * MINUTE},
        "Temperature unchanged at 4.2 °C, for 1 h",
        "unchanged within 0.1 °C for 1 h",
    ),
    (
        {"type": "silent", "seconds": 600},
        {"limit": 600.0, "for_us": 2 * MINUTE},
        "Temperature: no data for 12 min",
        "no data for 10 min",
    ),
    (
        {"type": "silent", "times": 5},
        {"metric": "", "limit": 300.0},
        "The device: no data for 5 min, expected every 1 min",
        "no data for 5 times the expected interval",
    ),
    (
        {"type": "offline", "for": 60},
        {"metric": "", "value": "offline", "for_us": 61_900_000},
        "Offline, for 1 min 1 s",
        "offline or silent for 1 min",
    ),
    (
        {"type": "state", "equals": [True], "for": 300},
        {"metric": "door.open", "unit": "", "is_boolean": True, "value": 1.0, "for_us": 5 * MINUTE},
        "Door open on, for 5 min",
        "is on for 5 min",
    ),
    (
        {"type": "state", "op": "is_not", "equals": ["running", "idle", 3]},
        {"metric": "state", "label": "Machine", "value": "{fault}"},
        "Machine {fault}",
        "is not running, idle or 3",
    ),
    (
        {"type": "deviation", "by": 20, "relative": True, "weeks": 4, "op": "outside"},
        {"value": 12.4, "limit": 10.16},
        "Temperature 12.4 °C, usual for the hour up to 10.2",
        "more than 20 % away from the same hour of the last 4 weeks",
    ),
]


def plain(text: str) -> str:
    return text.replace("\u2009", " ")


@pytest.mark.parametrize(("document", "facts", "said", "described"), CASES)
def test_each_type_has_its_words(document, facts, said, described) -> None:
    condition = read(document)
    assert plain(sentence(condition, Facts(**FREEZER | facts))) == said
    assert plain(describe(condition, "°C")) == described


def test_a_rules_own_text_has_the_facts_and_nothing_of_python() -> None:
    condition = read({"type": "threshold", "op": "above", "limit": -15})
    text = "{device} at {site}: {metric} {value} {unit} for {for}, limit {limit}"
    facts = Facts(
        **FREEZER | {"device": "{value.__class__}", "site": "Harbour", "value": -1.0, "limit": -15},
        for_us=90_000_000,
        text=text,
    )
    check(text)
    said = "{value.__class__} at Harbour: Temperature −1.0 °C for 1 min 30 s, limit −15"
    assert plain(sentence(condition, facts)) == said


@pytest.mark.parametrize("text", ["{value.__class__}", "{0}", "{}", "{value", "a } b", "x" * 501])
def test_a_text_that_cannot_be_filled_is_refused(text: str) -> None:
    with pytest.raises(InvalidCondition) as refused:
        check(text)
    assert set(refused.value.errors) == {"text"}


def test_a_sentence_fits_into_an_alert() -> None:
    condition = read({"type": "state", "equals": ["x"]})
    said = sentence(condition, Facts(metric="log", value="x" * 2_000))
    assert len(said) == MAX_SENTENCE
    assert said.endswith("…")


def test_a_schedule_is_described() -> None:
    document = {"type": "offline"}
    hours = {"zone": "Europe/Berlin", "days": [5, 1, 2, 3, 4], "from": "18:00", "to": "06:00"}
    said = "offline or silent, Mon to Fri 18:00 to 06:00 (Europe/Berlin)"
    assert describe(read(document, hours)) == said
    assert describe(read(document, {"days": [1, 7]})) == "offline or silent, Mon, Sun (UTC)"
    assert (
        describe(read(document, {"from": "08:00"}))
        == "offline or silent, daily 08:00 to 00:00 (UTC)"
    )


def test_a_rules_own_words_are_in_no_other_language() -> None:
    condition = read({"type": "threshold", "op": "above", "limit": 8})
    facts = {"metric": "temperature", "unit": "°C", "value": 9.5, "limit": 8.0}
    assert form_of(said(condition, Facts(**facts, text="Too warm: {value}"))) is None
    made = form_of(said(condition, Facts(**facts)))
    with translation.override("de"):
        assert worded(made, "") == "Temperature 9,5\u2009°C, Grenze 8"
