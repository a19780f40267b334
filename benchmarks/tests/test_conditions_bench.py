"""The benchmark of conditions measures every type that a step of its own is made for."""

from __future__ import annotations

import json

import pytest

from alerts.conditions.document import TYPES
from benchmarks import conditions


def test_every_type_has_its_cost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, few in (("TARGETS", 3), ("STEPS", 2), ("REPEATS", 1)):
        monkeypatch.setattr(conditions, name, few)
    assert conditions.main() == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    # A device that is offline is no reading, and a formula is judged as its result is.
    assert told["step_us"].keys() == TYPES.keys() - {"offline", "expression"}
