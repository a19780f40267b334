"""What is wrong with a formula, and where."""

from __future__ import annotations

from telemetry.errors import TelemetryError


class InvalidExpression(TelemetryError):
    """A formula that cannot be used: `said` in words, and `at`, the character from 0 where."""

    def __init__(self, said: str, at: int) -> None:
        super().__init__(f"at character {at + 1}: {said}")
        self.said = said
        self.at = at


class TooMuch(TelemetryError):
    """The windows of an evaluation hold too many readings: ask for fewer instants at once."""


def sentence(wrong: Exception) -> str:
    """What is wrong with a formula, as it is told."""
    said = str(wrong)
    return f"{said[0].upper()}{said[1:]}."
