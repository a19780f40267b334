"""One line per event, whatever the event says."""

from __future__ import annotations

import logging
import sys

import pytest
from django.core.signing import TimestampSigner

from config.logs import LineFormatter
from devices.credentials import new_credential


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


@pytest.mark.parametrize(
    "token",
    [new_credential().token, "pb_" + "0123456789abcdef" * 4, "pd%5F" + "x" * 43],
    ids=["as made", "as documented", "percent-encoded"],
)
def test_a_token_is_in_no_line(token: str) -> None:
    """A device that misspells its address has it in there."""
    path = f"/api/v1/{token}/telemtry"
    try:
        raise ValueError(path)
    except ValueError:
        text = line(f"Not Found: {path}", request=f"<POST {path}>", exc_info=sys.exc_info())
    assert token[:10] in text
    assert token[:18] not in text
    assert text.count("…/telemtry") + text.count("\\u2026/telemtry") == 3


def test_a_link_that_acknowledges_is_in_no_line() -> None:
    made = TimestampSigner(salt="any", sep=".").sign("1234")
    text = line(f"Gone: /a/{made}/", request=f"<POST '/a/{made}/'>")
    assert text.count("/a/1234.") == 2
    assert made[5:] not in text
    assert made.rsplit(".", 1)[1] not in text


def test_a_name_that_only_begins_like_a_token_stays() -> None:
    assert "device=pd_pump-12" in line("x", device="pd_pump-12")


def test_an_exception_stays_on_the_line() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        text = line("failed", exc_info=sys.exc_info())
    assert "\n" not in text
    assert "ValueError: no" in text
