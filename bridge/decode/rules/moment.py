"""The time a rule takes from a message: which unit it counts in, and whose clock it shows. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bridge.decode.device_time import EARLIEST_US, LATEST_AHEAD_US
from bridge.decode.foreign_time import unit_us
from bridge.decode.items import Problem, Reason
from bridge.decode.rules.json_path import Path
from telemetry.moments import is_number, to_us

UNITS = ("auto", "s", "ms", "us", "ns", "iso")
_US = {"s": Decimal(1_000_000), "ms": Decimal(1_000), "us": Decimal(1), "ns": Decimal("0.001")}
MAX_TOLD = 40  # characters of a stamp that are told
_ZONES = available_timezones()


class Moment:
    """Reads the time of a record."""

    def __init__(self, path: Path, unit: str, zone: str) -> None:
        """`zone`: of times that name none. Raises `ValueError` for a zone nobody has."""
        if zone not in _ZONES:
            raise ValueError(f"{zone[:60]!r} is no time zone, as Europe/Berlin or UTC.")
        self.path = path
        self._unit = unit
        self._zone = ZoneInfo(zone)

    def read(self, stamp: Any, received_us: int) -> int | Problem:
        """Unix microseconds of a time that can be true."""
        if stamp is None:
            return Problem(Reason.BAD_TIMESTAMP, f"there is no time at {self.path.text}")
        try:
            time_us = self._microseconds(stamp, received_us)
        except (ValueError, ArithmeticError):
            time_us = None
        shown = ascii(stamp)[:MAX_TOLD]
        if time_us is None:
            what = "a time" if self._unit == "auto" else f"a time in {self._unit}"
            return Problem(Reason.BAD_TIMESTAMP, f"{self.path.text} {shown} is not {what}")
        if EARLIEST_US <= time_us <= received_us + LATEST_AHEAD_US:
            return time_us
        what, ask = f"{self.path.text} {shown}", ": is the unit right, is the clock set?"
        if time_us < EARLIEST_US:
            return Problem(Reason.IMPLAUSIBLE_TIMESTAMP, f"{what} is before 2000{ask}")
        return Problem(Reason.IMPLAUSIBLE_TIMESTAMP, f"{what} is more than a day ahead{ask}")

    def _microseconds(self, stamp: Any, received_us: int) -> int | None:
        if isinstance(stamp, bool) or not isinstance(stamp, int | float | str):
            return None
        text = str(stamp) if not isinstance(stamp, str) else stamp.strip()
        if not isinstance(stamp, str) or is_number(text):
            if self._unit == "iso":
                return None
            number = Decimal(text)
            return round(number * (_US.get(self._unit) or unit_us(number)))
        if self._unit not in ("auto", "iso") or len(text) > 64:
            return None
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return to_us(moment)
        return _local(moment, self._zone, received_us)


def _local(moment: datetime, zone: ZoneInfo, received_us: int) -> int:
    """Of an hour that the clock shows twice the one nearer to when it came."""
    meant = [to_us(moment.replace(tzinfo=zone, fold=fold).astimezone(UTC)) for fold in (0, 1)]
    return min(meant, key=lambda at: abs(received_us - at))
