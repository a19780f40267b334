"""What is ours is read; what is not goes to the simulator."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedded.up.options import BACKFILL, GUESTS, INCIDENTS, read


def test_unknown_options_reach_the_simulator() -> None:
    found = read(["--devices", "500", "--port", "8100", "--rate", "2"])
    assert found.port == 8100
    assert found.simulator_words == (*BACKFILL, *INCIDENTS, "--devices", "500", "--rate", "2")


@pytest.mark.parametrize("words", [["--backfill", "1"], ["--backfill=1"]])
def test_a_backfill_of_ones_own_replaces_the_default(words: list[str]) -> None:
    assert read(words).simulator_words == (*INCIDENTS, *GUESTS, *words)


def test_a_fleet_that_nobody_chose_has_guests() -> None:
    assert read([]).simulator_words == (*BACKFILL, *INCIDENTS, *GUESTS)
    assert GUESTS[0] not in read(["--speak", "influx"]).simulator_words
    assert read(["--guests", "off"]).simulator_words == (*BACKFILL, *INCIDENTS, "--guests", "off")


def test_incidents_can_be_chosen_or_switched_off() -> None:
    for words in (["--incidents", "off"], ["--incidents=slow-leak"]):
        assert read(words).simulator_words == (*BACKFILL, *GUESTS, *words)


def test_no_abbreviation_is_taken_from_the_simulator() -> None:
    assert read(["--br", "x"]).broker == "auto"


@pytest.mark.parametrize(
    "words", [["--port", "0"], ["--port", "http"], ["--broker", "x"], ["--no-sim", "--rate", "2"]]
)
def test_wrong_words_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read(words)
    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err


def test_the_environment_names_the_data_folder_unless_an_option_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PULSEBOARD_DATA", str(tmp_path))
    assert read([]).data == tmp_path
    assert read(["--data", str(tmp_path / "b")]).data == tmp_path / "b"
