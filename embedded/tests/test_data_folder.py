"""One folder, one run at a time; secrets closed to others; nothing half written."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from embedded.errors import EmbeddedError
from embedded.up import data_folder
from embedded.up.data_folder import MAX_SOCKET_PATH, DataFolder


def test_a_second_run_is_refused_and_told_where_the_first_is(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    with first.lock():
        first.write_state(url="http://127.0.0.1:8123/")
        with pytest.raises(EmbeddedError) as refused, DataFolder(tmp_path).lock():
            pass
        said = str(refused.value)
        assert "already runs" in said
        assert "http://127.0.0.1:8123/" in said
        assert f"kill {os.getpid()}" in said
        assert "UTC" in said
    with DataFolder(tmp_path).lock():
        pass


def test_ports_are_remembered_one_by_one(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.remembered_port("web") is None
    folder.remember_ports({"web": 1, "redis": 2})
    folder.remember_ports({"redis": 3})
    again = DataFolder(tmp_path)
    assert (again.remembered_port("web"), again.remembered_port("redis")) == (1, 3)


def test_a_damaged_state_file_is_started_afresh(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    (tmp_path / "state.json").write_text('{"ports": {"we')
    assert folder.state() == {}
    folder.remember_ports({"web": 1})
    assert folder.remembered_port("web") == 1


def test_the_secret_key_stays_and_is_closed_to_others(tmp_path: Path) -> None:
    key = DataFolder(tmp_path).secret_key()
    assert len(key) >= 50
    assert DataFolder(tmp_path).secret_key() == key
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_no_other_user_reads_the_logs(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir(mode=0o755)  # of an earlier version
    assert stat.S_IMODE(DataFolder(tmp_path).logs.stat().st_mode) == 0o700


def test_other_commands_join_only_while_it_runs_and_only_where_nothing_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSEBOARD_DATA", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", "redis://mine/0")
    monkeypatch.delenv("MQTT_URL", raising=False)
    folder = DataFolder(tmp_path)
    folder.write_environment({"MQTT_URL": "mqtt://theirs", "REDIS_URL": "x", "HOME": "y"})
    assert stat.S_IMODE((tmp_path / "environment.json").stat().st_mode) == 0o600
    data_folder.adopt()
    assert os.environ["MQTT_URL"] == "mqtt://theirs"
    assert os.environ["REDIS_URL"] == "redis://mine/0"
    folder.forget_environment()
    monkeypatch.delenv("MQTT_URL")
    data_folder.adopt()
    assert "MQTT_URL" not in os.environ


def test_the_control_socket_fits_whatever_the_folder_is_called(tmp_path: Path) -> None:
    assert DataFolder(tmp_path / "a").control_socket.parent == tmp_path / "a"
    deep = DataFolder(tmp_path / ("d" * 90))
    assert len(os.fsencode(deep.control_socket)) <= MAX_SOCKET_PATH
    assert deep.control_socket != DataFolder(tmp_path / ("e" * 90)).control_socket


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match="--data"):
        DataFolder(tmp_path / "file" / "var")


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\x1bb", "a\udcffb"])
def test_a_name_no_configuration_can_hold_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(EmbeddedError, match="--data"):
        DataFolder(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_removed_or_replaced_while_it_is_held_is_noticed(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "var")
    with folder.lock():
        folder.check_held()
        (tmp_path / "var").rename(tmp_path / "gone")
        with pytest.raises(EmbeddedError, match="removed"):
            folder.check_held()
        with DataFolder(tmp_path / "var").lock(), pytest.raises(EmbeddedError, match="replaced"):
            folder.check_held()


def test_one_that_only_just_started_is_named_all_the_same(tmp_path: Path) -> None:
    """The second may look between the first's lock and its note of who it is."""
    first, second = DataFolder(tmp_path), DataFolder(tmp_path)
    with first.lock():
        first.write_state(pid=None)
        late = threading.Timer(0.2, first.write_state, kwargs={"pid": 4711})
        late.start()
        with pytest.raises(EmbeddedError, match="process 4711"), second.lock():
            pass
        late.join()
