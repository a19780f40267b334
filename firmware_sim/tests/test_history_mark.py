"""A simulator that is started again repeats its history; it adds none to what is real."""

from __future__ import annotations

from pathlib import Path

import pytest

from firmware_sim.history_mark import SENT_WITHIN, first_start, history_end

NOW = 1_790_000_000.25


def test_a_restart_gets_the_end_the_first_start_noted(tmp_path: Path):
    mark = tmp_path / "mark"
    assert first_start(mark, NOW) == NOW
    assert first_start(mark, NOW + 7.0) == NOW
    assert first_start(mark, NOW + SENT_WITHIN + 1.0) == NOW
    assert history_end(NOW, NOW + 7.0) == NOW
    assert history_end(NOW, NOW + SENT_WITHIN + 1.0) is None


@pytest.mark.parametrize("left", ["", "half a wr", "nan"])
def test_a_mark_that_says_nothing_makes_no_history_twice(tmp_path: Path, left: str):
    mark = tmp_path / "mark"
    mark.write_text(left)
    assert first_start(mark, NOW) == NOW
    assert first_start(mark, NOW + 1.0) == NOW


def test_without_a_mark_history_ends_now():
    assert first_start(None, NOW) == NOW
    assert history_end(NOW, NOW) == NOW


def test_the_history_of_a_restart_has_the_times_of_the_first(simulate, tmp_path: Path):
    mark = tmp_path / "mark"
    words = ("--devices", "3", "--duration", "1", "--backfill", "1", "--backfill-mark", str(mark))
    histories: list[list[tuple[str, int]]] = []
    for _ in range(2):
        before = sum(map(len, histories))
        simulator = simulate(*words)
        simulator.finish()
        assert simulator.report()["samples_backfilled"] == 3 * 60
        end = float(mark.read_text()) * 1000
        past = [(line["uid"], line["at"]) for line in simulator.ledger() if line["at"] < end]
        histories.append(past[before:])
    assert len(histories[0]) >= 3 * 60
    assert sorted(histories[0]) == sorted(histories[1])
