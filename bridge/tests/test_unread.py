"""Topics that nobody reads are counted, kept a few times, and told what was probably meant."""

from __future__ import annotations

import pytest

from bridge.decode import Decoder
from bridge.decode.conventions import unread
from bridge.decode.items import Ignored, Reason, Rejected, Remembered
from bridge.decode.state import Facts
from bridge.message import Message

NOW = 1_700_000_000_000_000  # Unix microseconds


def message(topic: str) -> Message:
    return Message(topic.encode(), b'{"t":1}', 1, False, False, b"", NOW)


@pytest.mark.parametrize(
    ("topic", "uid", "advice"),
    [
        ("devices/x/telemetry/", "x", "did you mean devices/x/telemetry?"),
        ("/devices/x/telemetry", "x", "did you mean devices/x/telemetry?"),
        ("Devices/x/telemetry", "x", "did you mean devices/x/telemetry?"),
        ("devices/x/Telemetry", "x", "did you mean devices/x/telemetry?"),
        ("device/x/telemetry", "x", "did you mean devices/x/telemetry?"),
        ("devices/x/telemetry/temperature", "x", "did you mean devices/x/telemetry?"),
        ("devices/hall/x/telemetry", "x", "did you mean devices/x/telemetry?"),
        ("devices/x/data", "x", "did you mean devices/x/telemetry?"),
        ("devices/x/Status", "x", "did you mean devices/x/status?"),
        ("v1/devices/me/telemetry", "", "ThingsBoard"),
        ("devices/telemetry", "", "publish to devices/{uid}/telemetry"),
        ("devices/a b/telemetry/", "", "publish to devices/{uid}/telemetry"),
        ("devices/x", "", "publish to devices/{uid}/telemetry"),
        ("$elsewhere", "", "publish to devices/{uid}/telemetry"),
        ("\ufffd", "", "publish to devices/{uid}/telemetry"),
    ],
)
def test_a_mistyped_topic_is_told_what_was_meant(topic: str, uid: str, advice: str) -> None:
    rejected, ignored, remembered = Decoder().decode(message(topic))
    assert isinstance(rejected, Rejected)
    assert (rejected.uid, rejected.problem.reason) == (uid, Reason.UNKNOWN_TOPIC)
    assert advice in rejected.problem.detail
    assert ignored == Ignored(unread.UNREAD, topic)
    assert remembered == Remembered("unread", "topics", topic, 1)


def test_a_topic_is_kept_some_times_and_then_counted_only_also_after_a_restart() -> None:
    facts = Facts()
    for _ in range(unread.KEPT):
        assert isinstance(Decoder(facts).decode(message("devices/x/data"))[0], Rejected)
    counted = [Ignored(unread.UNREAD, "devices/x/data")]
    assert Decoder(facts).decode(message("devices/x/data")) == counted
    later = Facts()
    later.learn(Remembered("unread", "topics", "devices/x/data", unread.KEPT))
    assert Decoder(later).decode(message("devices/x/data")) == counted


def test_a_flood_of_topics_is_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "MAX_TOPICS", 2)
    decoder = Decoder()
    found = [decoder.decode(message(f"devices/{number}/data")) for number in range(5)]
    assert [len(items) for items in found] == [3, 3, 1, 1, 1]
    assert found[4] == [Ignored(unread.UNREAD)]
    assert len(decoder.decode(message("devices/0/data"))) == 3
