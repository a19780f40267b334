"""A question that cannot be answered as it is asked."""

from __future__ import annotations

from telemetry.errors import TelemetryError


class CannotAnswer(TelemetryError):
    """`parameter` is the one to ask otherwise; the message says what the limit is and what to ask
    instead."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter
