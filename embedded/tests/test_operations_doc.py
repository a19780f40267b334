"""docs/operations.md names every variable, option, process and make target there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from embedded.servers.claims import Claims
from embedded.up.data_folder import SHARED, DataFolder
from embedded.up.options import GUESTS, INCIDENTS, read
from embedded.up.stack import Stack
from embedded.up.yours import VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent
DOC = (ROOT / "docs" / "operations.md").read_text()
READ = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"')


def test_every_environment_variable_has_a_row() -> None:
    settings = set(READ.findall((ROOT / "config" / "settings.py").read_text()))
    assert "PULSEBOARD_SECRET_KEY" in settings
    missing = {
        name
        for name in settings | set(SHARED) | set(VARIABLES.values())
        if f"| `{name}`" not in DOC
    }
    assert not missing


def test_every_option_of_up_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read(["--help"])
    options = set(re.findall(r"(?<![\w-])--[a-z-]+", capsys.readouterr().out))
    options -= {"--help", "--devices", "--rate"}  # the last two are the simulator's
    assert options
    assert not {option for option in options if f"`{option}" not in DOC}


def test_every_process_has_a_row(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch, claims: Claims
) -> None:
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)
    data = DataFolder(server_folder / "var")
    stack = Stack(read(["--data", str(data.path)]), data, claims)
    names = [row.name for row in stack.table()]
    assert len(names) == 7
    assert not [name for name in names if f"| `{name}` |" not in DOC]


def test_a_server_of_yours_is_not_started_and_its_password_not_shown(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch, claims: Claims
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@db.example:5433/mine")
    monkeypatch.setenv("REDIS_URL", "redis://cache.example/0")
    monkeypatch.setenv("MQTT_URL", "mqtt://broker.example")
    monkeypatch.setenv("PULSEBOARD_THINGSBOARD_URL", "mqtts://0.0.0.0:8884?cert=c&key=k")
    data = DataFolder(server_folder / "var")
    stack = Stack(read(["--data", str(data.path), "--no-sim"]), data, claims)
    assert stack.servers == []
    assert [program.name for program in stack.programs()] == ["web", "engine", "bridge"]
    shown = [row.where for row in stack.table()]
    assert "postgresql://me:***@db.example:5433/mine" in shown
    assert "mqtts://0.0.0.0:8884" in shown
    assert not any("secret" in where for where in shown)
    assert stack.environment()["DATABASE_URL"] == "postgresql://me:secret@db.example:5433/mine"


def test_history_is_made_up_only_for_an_installation_that_has_none(
    server_folder: Path, claims: Claims
) -> None:
    data = DataFolder(server_folder / "var")
    chosen = read(["--data", str(data.path), "--devices", "3"])
    assert "--backfill" in Stack(chosen, data, claims).simulator_words
    data.write_state(filled=True)
    assert Stack(chosen, data, claims).simulator_words == (*INCIDENTS, "--devices", "3")
    own = read(["--data", str(data.path), "--backfill", "2"])
    assert Stack(own, data, claims).simulator_words == (*INCIDENTS, *GUESTS, "--backfill", "2")
