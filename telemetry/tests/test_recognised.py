"""What is recognised, as `js/page/recognised.js` does it, and how soon."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.utils import translation

from telemetry.series import recognised
from telemetry.series.recognised import MAX_TEXT, Sentences

CASES = json.loads((Path(__file__).parent / "recognised_cases.json").read_text())


@pytest.mark.parametrize(("text", "said"), CASES["cases"])
def test_a_sentence_is_known_again_whatever_stands_in_it(text: str, said: str):
    assert Sentences(CASES["told"]).said(text) == said


def test_what_is_too_long_or_of_no_language_stays():
    long = f"{'x' * MAX_TEXT} bytes, over 8"
    assert Sentences(CASES["told"]).said(long) == long
    assert recognised.recognised("en", "There is no such field.") == "There is no such field."
    assert recognised.recognised(None, "There is no such field.") == "There is no such field."


def test_names_numbers_and_what_is_nested():
    told = {"name": ["There is no such field."], "rows": [{"n": 3, "why": "Write an object."}]}
    with translation.override("de"):
        said = recognised.all_recognised("de", told)
    assert said == {
        "name": ["Ein solches Feld gibt es nicht."],
        "rows": [{"n": 3, "why": "Ein Objekt angeben."}],
    }


def test_holes_beside_each_other_cost_no_more_than_the_text_is_long():
    tricky = Sentences({"{1} a {2} a {3} a {4} a {5}!": "{5}{4}{3}{2}{1}"})
    assert tricky.said("a " * 1_900).startswith("a a ")
