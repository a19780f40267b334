"""Topics that nobody reads are counted, kept a few times, and told what was probably meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.commit import beside
from bridge.commit.batch_rows import Rows
from bridge.decode import Decoder
from bridge.decode.conventions import unread
from bridge.decode.items import Ignored, Reason, Rejected, Remembered
from bridge.decode.state import Facts
from bridge.message import Message
from bridge.models import ConventionState, DecodeRule, IgnoredMessages
from devices.models import Device

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
        ("devices/x/telemerty", "x", "did you mean devices/x/telemetry?"),
        ("devices/x/telemetrry", "x", "did you mean devices/x/telemetry?"),
        ("devices/x/MEASUREMENTS", "x", "did you mean devices/x/telemetry?"),
        ("devices/x/staus", "x", "did you mean devices/x/status?"),
        ("DEVICES/X/TELEMETRY", "X", "did you mean devices/X/telemetry?"),
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


def test_what_is_meant_is_listened_to_and_what_is_read_is_not() -> None:
    words = {each.rpartition("/")[2] for each in unread.FILTERS if each.startswith("devices/+/")}
    assert {word.lower() for word in words - {"#"}} == unread.TELEMETRY | unread.STATUS
    assert not words & {"telemetry", "status", "errors", "+"}
    assert len(unread.FILTERS) == len(set(unread.FILTERS))


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


@pytest.mark.django_db
def test_what_was_meant_is_the_device_there_is(admin_client) -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    for uid in ("l13", "X", "x"):
        Device.objects.create(uid=uid, name=uid)
    topics = {"DEVICES/L13/TELEMETRY": "l13", "devices/x/data": "x", "device/L14/status": "L14"}
    for topic in topics:
        IgnoredMessages.objects.create(
            reason=unread.UNREAD, subject=topic, messages=1, first_at=now, last_at=now
        )
    answer = admin_client.get("/api/v1/unread-topics/").json()["topics"]
    assert {each["topic"]: each["uid"] for each in answer} == topics
    assert [each["advice"] for each in answer if each["uid"] == "l13"] == [
        "did you mean devices/l13/telemetry?"
    ]


@pytest.mark.django_db
def test_what_a_rule_or_convention_reads_by_now_is_left_out(admin_client, settings) -> None:
    settings.PULSEBOARD_CONVENTIONS = ["pulseboard"]
    now = datetime(2026, 11, 27, tzinfo=UTC)
    for topic in ("device/hall/temp", "devices/x/data", "tele/plug/SENSOR", "v1/devices/me/x", ""):
        IgnoredMessages.objects.create(
            reason=unread.UNREAD, subject=topic, messages=2, first_at=now, last_at=now
        )

    def told() -> tuple[list[str], int, int]:
        answer = admin_client.get("/api/v1/unread-topics/").json()
        topics = [each["topic"] for each in answer["topics"]]
        return topics, answer["total"], answer["messages"]

    every = ["device/hall/temp", "devices/x/data", "tele/plug/SENSOR", "v1/devices/me/x"]
    assert told() == (every, 4, 10)
    definition = {"topic": "device/{device}/temp", "values": [{"path": "", "metric": "temp"}]}
    rule = DecodeRule.objects.create(name="Halls", position=0, definition=definition)
    assert told() == (every[1:], 3, 8)
    settings.PULSEBOARD_CONVENTIONS = ["pulseboard", "tasmota"]
    assert told() == (["devices/x/data", "v1/devices/me/x"], 2, 6)
    rule.delete()
    settings.PULSEBOARD_CONVENTIONS = []
    ConventionState.objects.create(
        convention="homeassistant", scope="states", key="devices/x/data", value={}
    )
    assert told() == (["device/hall/temp", "v1/devices/me/x"], 2, 6)


def test_subjects_nobody_has_seen_before_do_not_fill_the_table(
    database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "MAX_SUBJECTS", 3)
    for first in (0, 2):
        rows = Rows(0, 1, [])
        for number in range(first, first + 4):
            rows.ignored["undiscovered", f"homeassistant/{number}"] += 1
            rows.ignored["command", ""] += 1
        beside.write(rows)
    counted = dict(
        IgnoredMessages.objects.filter(reason="undiscovered").values_list("subject", "messages")
    )
    named = {subject for subject in counted if subject}
    assert len(named) == 3
    assert sum(counted.values()) == 8  # none is lost
    assert IgnoredMessages.objects.get(reason="command").messages == 8
