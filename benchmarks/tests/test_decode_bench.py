"""The benchmark of the decoder measures every dialect."""

from __future__ import annotations

import json

import pytest

from benchmarks import decode
from firmware_sim.dialects import DIALECTS, OWN


def test_every_dialect_has_its_rate(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(decode, "ROUNDS", 2)
    monkeypatch.setattr(decode, "REPEATS", 1)
    assert decode.main() == 0
    *table, last = capsys.readouterr().out.splitlines()
    rates = json.loads(last)["messages_per_cpu_s"]
    assert rates.keys() == {OWN, *DIALECTS}
    assert len(table) == len(rates)
    assert all(each > 0 for each in rates.values())
