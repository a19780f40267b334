"""One line per event, whatever the event says."""

from __future__ import annotations

import logging
import sys

from config.logs import LineFormatter


def line(message: str, **extra: object) -> str:
    record = logging.makeLogRecord(
        {
            "name": "bridge.mqtt.connection",
            "levelname": "WARNING",
            "msg": message,
            "created": 0.5,
            **extra,
        }
    )
    return LineFormatter().format(record)


def test_an_event_is_one_line_with_stable_keys_first() -> None:
    assert line("broker away", action="connect_failed", port=1883) == (
        "time=1970-01-01T00:00:00.500Z level=warning logger=bridge.mqtt.connection"
        ' action=connect_failed message="broker away" port=1883'
    )


def test_line_breaks_and_quotes_stay_inside_their_value() -> None:
    text = line('a\nb "c" é', detail="x=1")
    assert "\n" not in text
    assert text.endswith('message="a\\nb \\"c\\" é" detail="x=1"')


def test_an_exception_stays_on_the_line() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        text = line("failed", exc_info=sys.exc_info())
    assert "\n" not in text
    assert "ValueError: no" in text
