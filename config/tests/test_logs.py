"""One line per event, whatever the event says."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.core.signing import TimestampSigner
from django.test import Client

from config import log_flood
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


def test_what_nobody_sees_is_escaped():
    said = line("x", site="a\u202eb\x9b2J\x7f\U000e0041 λ")
    assert r'site="a\u202eb\u009b2J\u007f\udb40\udc41 λ"' in said


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


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What a handler like that of the settings writes of requests, at an instant that stands."""
    monkeypatch.setattr(log_flood, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(LineFormatter())
    assert settings.LOGGING["handlers"]["stderr"]["filters"] == ["flood"]
    handler.addFilter(log_flood.Flood())
    root = logging.getLogger()
    root.addHandler(handler)
    yield out
    root.removeHandler(handler)


def test_who_asks_much_that_is_refused_does_not_fill_the_log(
    written: io.StringIO, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(int(log_flood.BURST) + 5):
        answer = client.get(f"/{'x' * 2000}", headers={"host": f"{'evil' * 15}.{n}.example"})
        assert answer.status_code == 400
    logging.getLogger("bridge").warning("another's word")
    logging.getLogger("django.request").error("broken", extra={"status_code": 500})
    lines = written.getvalue().splitlines()
    assert len(lines) == log_flood.BURST + 2
    assert "evil.0.example" in lines[0]
    assert "Traceback" not in lines[0]
    assert max(map(len, lines)) < 1_000
    monkeypatch.setattr(log_flood.time, "monotonic", lambda: 1001.5)
    client.get("/", headers={"host": "later.example"})
    client.get("/", headers={"host": "later.example"})
    (last,) = written.getvalue().splitlines()[len(lines) :]
    assert last.endswith("left_out=5")
