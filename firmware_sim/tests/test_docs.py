"""docs/simulator.md tells of every option, fault, kind and count."""

from __future__ import annotations

import pytest

from firmware_sim import faults, incidents
from firmware_sim.fleet import KINDS
from firmware_sim.options import _parser
from firmware_sim.report import LABELS, as_table, closing_report
from firmware_sim.tally import Tally
from firmware_sim.tests.conftest import ROOT

REPORT = closing_report(Tally(), devices=1, connected=1, waiting=0, elapsed=1.0)
OPTIONS = [text for action in _parser({})._actions for text in action.option_strings]
TOLD = [
    *(o for o in OPTIONS if o not in ("-h", "--help")),
    *faults.NAMES,
    *incidents.NAMES,
    *KINDS,
    *REPORT,
]


@pytest.mark.parametrize("word", TOLD)
def test_the_page_tells_of_it(word):
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert f"`{word}`" in page or f"`{word} " in page


def test_every_count_has_a_line_in_the_table():
    assert set(LABELS) | {"error_reasons"} == set(REPORT)
    table = as_table(REPORT)
    assert all(label in table for label in LABELS.values())


def test_a_report_that_does_not_add_up_says_so():
    tally = Tally(samples_produced=5, samples_acked=3)
    wrong = closing_report(tally, devices=1, connected=1, waiting=1, elapsed=1.0)
    assert wrong["balanced"] is False
    assert "NO" in as_table(wrong)
