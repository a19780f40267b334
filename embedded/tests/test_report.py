"""What the operator reads."""

from __future__ import annotations

import io

from embedded.up.database import Totals
from embedded.up.report import Screen, rate_line, table
from embedded.up.stack import Row


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_table_is_as_wide_as_its_cells() -> None:
    lines = table([Row("web", "Daphne", "http://127.0.0.1:8000/", "var/logs/web.log")]).split("\n")
    assert lines[0].index("where") == lines[1].index("http://")
    assert lines[0].index("log") == lines[1].index("var/")


def test_the_rate_is_over_the_time_that_passed() -> None:
    assert rate_line(Totals(100, 1), Totals(1100, 1), 5.0).startswith("200 readings/s, 1,100")


def test_a_restarted_bridge_shows_no_negative_rate() -> None:
    assert "/s" not in rate_line(Totals(1000, 1), Totals(10, 1), 5.0)


def test_a_database_that_is_away_is_said() -> None:
    assert "does not answer" in rate_line(Totals(1, 1), None, 5.0)


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


def test_nobody_reading_the_output_ends_nothing() -> None:
    class Closed(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    screen = Screen(Closed())
    screen.say("lost")
    screen.say("lost too")
