"""What the operator reads."""

from __future__ import annotations

import errno
import io
import sys
from pathlib import Path

import pytest

from embedded.up import disk
from embedded.up.bridge_figures import Figures
from embedded.up.disk import nearly_full
from embedded.up.report import Row, Screen, rate_line, table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_table_is_as_wide_as_its_cells() -> None:
    lines = table([Row("web", "Daphne", "http://127.0.0.1:8000/", "var/logs/web.log")]).split("\n")
    assert lines[0].index("where") == lines[1].index("http://")
    assert lines[0].index("log") == lines[1].index("var/")


def test_the_rate_is_over_the_time_that_passed() -> None:
    assert rate_line(Figures(100), Figures(1100), 5.0).startswith("200 readings/s, 1,100")


def test_a_restarted_bridge_shows_no_negative_rate() -> None:
    assert "/s" not in rate_line(Figures(1000), Figures(10), 5.0)


def test_what_holds_the_bridge_up_is_said() -> None:
    assert "bridge does not answer" in rate_line(Figures(1), None, 5.0)
    away = Figures(1, database_up=False, spooled=1200, spool_full=True)
    line = rate_line(Figures(1), away, 5.0)
    assert "database does not take them" in line
    assert "1,200 messages wait" in line
    assert "no room" in line


def test_a_full_disk_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert nearly_full([tmp_path / "not there"]) == []
    monkeypatch.setattr(disk, "LOW_BYTES", 2**63)
    (said,) = nearly_full([tmp_path, tmp_path])
    assert f"no space left for {tmp_path}" in said


def test_a_terminal_shows_one_passing_line_and_a_file_keeps_them_all() -> None:
    terminal, file = Terminal(), io.StringIO()
    for out in (terminal, file):
        screen = Screen(out)
        screen.pass_by("one")
        screen.pass_by("two")
        screen.say("stays")
    assert terminal.getvalue().count("\n") == 1
    assert terminal.getvalue().endswith("\r\x1b[Kstays\n")
    assert file.getvalue().count("\n") == 3
    assert "\x1b" not in file.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_no_encoding_of_a_terminal_can_raise(encoding: str) -> None:
    out, errors = (
        io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict") for _ in range(2)
    )
    screen = Screen(out, errors)
    for text in ("Gerät … → 日本 \udcff", "plain"):
        screen.say(text)
        screen.pass_by(text)
        screen.complain(text)
    for stream in (out, errors):
        stream.seek(0)
        assert "plain" in stream.read()


def test_an_output_that_is_closed_stays_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    screen = Screen()
    screen.say("lost")
    screen.complain("lost too")
    assert not screen.is_terminal


def test_nobody_reading_the_output_ends_nothing() -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    screen = Screen(Closed(), Closed())
    screen.say("lost")
    screen.say("lost too")
    screen.complain("lost as well")


def test_a_disk_that_is_full_for_a_while_loses_only_what_was_said_meanwhile() -> None:
    class Full(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.full:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(text)

    out = Full()
    screen = Screen(out)
    screen.say("lost")
    out.full = False
    screen.say("kept")
    assert out.getvalue() == "kept\n"
