"""The telemetry forms on the wire."""

from __future__ import annotations

import json

import pytest

from firmware_sim.fleet import KINDS
from firmware_sim.payload import UNSTAMPED, Form, Sample, encode, nest
from firmware_sim.tests.wire import read

FIRST = Sample(1_790_000_000_123, 1_790_000_000_123, {"a": 1.5, "b.x.rms": 0.25, "c": True})
SECOND = Sample(1_790_000_001_000, 1_790_000_001_000, {"a": 1.75, "b.x.rms": 0.5, "c": False})


def test_dotted_metrics_become_nested_objects():
    assert nest(FIRST.values) == {"a": 1.5, "b": {"x": {"rms": 0.25}}, "c": True}


def test_each_form_reads_as_its_name_says():
    assert json.loads(encode([FIRST], Form.FLAT, fresh=True))["a"] == 1.5
    assert json.loads(encode([FIRST], Form.STAMPED, fresh=True))["ts"] == FIRST.ts
    iso = json.loads(encode([FIRST], Form.STAMPED_ISO, fresh=True))["ts"]
    assert iso == "2026-09-21T14:13:20.123Z"
    halves = json.loads(encode([FIRST], Form.FLAT_ARRAY, fresh=True))
    assert [list(half) for half in halves] == [["a", "b"], ["c"]]
    both = json.loads(encode([FIRST, SECOND], Form.STAMPED_ARRAY, fresh=True))
    assert [item["ts"] for item in both] == [FIRST.ts, SECOND.ts]


@pytest.mark.parametrize("form", Form)
def test_no_form_changes_a_value(form):
    samples = [FIRST, SECOND] if form is Form.STAMPED_ARRAY else [FIRST]
    values = [values for _, values in read(encode(samples, form, fresh=True))]
    assert values == [sample.values for sample in samples]


@pytest.mark.parametrize("form", Form)
def test_what_was_stored_carries_its_time_in_every_form(form):
    expected = [(sample.ts, sample.values) for sample in (FIRST, SECOND)]
    assert read(encode([FIRST, SECOND], form, fresh=False)) == expected


def test_the_kinds_use_all_forms_and_some_have_no_clock():
    forms = {kind.form for kind in KINDS.values()}
    assert forms == set(Form)
    assert forms & UNSTAMPED
