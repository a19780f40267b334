"""Quarantined messages are stored once what was wrong is mended."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import get_channel_layer
from django.core.management import CommandError, call_command
from django.db import connection

from bridge.message import HTTP_TELEMETRY as HTTP_TOPIC
from bridge.quarantine import replay
from bridge.quarantine.replay import Replay
from bridge.quarantine.selection import Selection
from devices.models import Device, Presence
from telemetry.live import contract
from telemetry.models import QuarantinedMessage, Series
from telemetry.storage import upkeep

pytestmark = pytest.mark.usefixtures("database")

AT = datetime(2026, 11, 22, 6, 0, 0, 123_000, tzinfo=UTC)
AT_MS = 1_795_327_200_123


@pytest.fixture(autouse=True)
def partitions_of_then(database) -> None:
    upkeep.make_days(AT)


def quarantine(payload: bytes, **facts) -> QuarantinedMessage:
    uid = facts.pop("uid", "pump-1")
    given = {
        "received_at": AT,
        "topic": f"devices/{uid}/telemetry",
        "uid": uid,
        "reason": "unknown_device",
        "payload": payload,
        "payload_size": len(payload),
        "worker": "bridge-0",
    }
    return QuarantinedMessage.objects.create(**given | facts)


def readings() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.metric, (extract(epoch FROM r.time) * 1000)::float8, r.value FROM ("
            " SELECT series_id, time, value::text FROM reading"
            " UNION ALL SELECT series_id, time, value FROM text_reading) AS r"
            " JOIN telemetry_series s ON s.id = r.series_id ORDER BY 2, 1"
        )
        return cursor.fetchall()


def test_a_registered_devices_messages_are_stored_at_their_own_time_and_leave(pump) -> None:
    quarantine(b'{"t":1,"state":"on"}')
    quarantine(json.dumps({"ts": AT_MS - 5000, "values": {"t": 2}}).encode())
    done = Replay(Selection()).run()
    assert (done.replayed, done.stored, done.still_bad, done.readings) == (2, 2, 0, 3)
    assert readings() == [
        ("t", AT_MS - 5000, "2"),
        ("state", AT_MS, "on"),
        ("t", AT_MS, "1"),
    ]
    assert not QuarantinedMessage.objects.exists()
    assert Presence.objects.get(device=pump).last_seen_at == AT


def test_what_is_still_bad_stays_with_the_reason_it_has_now(pump) -> None:
    good = quarantine(b'{"t":1}')
    stranger = quarantine(b'{"t":1}', uid="stranger")
    broken = quarantine(b"{nope")
    done = Replay(Selection()).run()
    assert (done.replayed, done.stored, done.still_bad) == (3, 1, 2)
    left = {each.pk: each.reason for each in QuarantinedMessage.objects.all()}
    assert left == {stranger.pk: "unknown_device", broken.pk: "malformed_json"}
    assert good.pk not in left


def test_a_partly_good_message_is_stored_once_however_often_it_is_replayed(pump) -> None:
    quarantine(b'{"t":1,"u":NaN}')
    for new in (1, 0):
        done = Replay(Selection()).run()
        assert (done.partial, done.readings) == (1, new)
    assert readings() == [("t", AT_MS, "1")]
    kept = QuarantinedMessage.objects.get()
    problem = ("not_finite", "'u' is no finite number")
    assert (kept.partial, (kept.reason, kept.detail)) == (True, problem)


def test_messages_of_one_millisecond_keep_all_their_readings_even_one_by_one(pump) -> None:
    ids = [quarantine(b'{"t":%d}' % number).pk for number in range(4)]
    for each in ids[:2]:
        assert Replay(Selection(id=each)).run().readings == 1
    assert Replay(Selection()).run().readings == 2
    assert sorted(value for _, _, value in readings()) == ["0", "1", "2", "3"]
    assert len({at for _, at, _ in readings()}) == 4


def test_a_message_not_kept_whole_is_left_alone_and_counted(pump) -> None:
    quarantine(b'{"t":1', payload_size=100_000)
    done = Replay(Selection()).run()
    assert (done.replayed, done.cut, done.stored) == (1, 1, 0)
    assert QuarantinedMessage.objects.get().reason == "unknown_device"


def test_messages_that_came_over_http_and_status_messages_are_replayed_too(pump) -> None:
    quarantine(b'{"t":1}', topic=HTTP_TOPIC, reason="disabled_device")
    quarantine(b"online", topic="devices/pump-1/status")
    assert Replay(Selection()).run().stored == 2
    assert readings() == [("t", AT_MS, "1")]
    assert Presence.objects.get(device=pump).connection == "online"


@pytest.mark.parametrize(
    ("selection", "values"),
    [
        (Selection(uid="pump-2"), {"2"}),
        (Selection(uid=""), set()),
        (Selection(reason="disabled_device"), {"3"}),
        (Selection(since=AT + timedelta(seconds=1)), {"4"}),
        (Selection(until=AT + timedelta(seconds=1)), {"1", "2", "3"}),
    ],
)
def test_a_selection_narrows(pump, selection, values) -> None:
    Device.objects.create(uid="pump-2", name="Pump 2")
    quarantine(b'{"a":1}')
    quarantine(b'{"b":2}', uid="pump-2")
    quarantine(b'{"c":3}', reason="disabled_device")
    quarantine(b'{"d":4}', received_at=AT + timedelta(seconds=1))
    Replay(selection).run()
    assert {value for _, _, value in readings()} == values


def test_a_long_quarantine_goes_in_chunks_and_stops_at_the_limit(pump, monkeypatch) -> None:
    monkeypatch.setattr(replay, "CHUNK", 3)
    for number in range(8):
        quarantine(b'{"t":%d}' % number if number % 2 else b"{nope")
    seen: list[int] = []
    done = Replay(Selection(), most=5).run(lambda so_far: seen.append(so_far.replayed))
    assert (done.replayed, done.more, seen) == (5, True, [3, 5])
    done = Replay(Selection()).run()
    assert (done.replayed, done.stored, done.still_bad, done.more) == (6, 2, 4, False)


def test_one_message_the_database_will_not_take_does_not_hold_up_the_others(pump) -> None:
    # A time whose day has no partition cannot be stored, whatever is tried.
    bad = quarantine(b'{"ts":946684800001,"values":{"t":1}}')
    for number in range(3):
        quarantine(b'{"t":%d}' % number)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reading ADD CONSTRAINT no_old CHECK (time > '2001-01-01')")
    try:
        done = Replay(Selection()).run()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE reading DROP CONSTRAINT no_old")
    assert (done.replayed, done.stored, done.still_bad) == (4, 3, 1)
    left = QuarantinedMessage.objects.get()
    assert (left.pk, left.reason) == (bad.pk, "store_rejected")


def test_a_dry_run_tells_the_same_and_changes_nothing(pump) -> None:
    quarantine(b'{"t":1}')
    quarantine(b'{"t":2,"u":NaN}')
    told = StringIO()
    call_command("replay", "--dry-run", stdout=told)
    assert "2 of 2 messages" in told.getvalue()
    assert "It would be: 2 replayed: 1 stored, 1 partly stored" in told.getvalue()
    assert readings() == []
    assert not Series.objects.exists()
    assert QuarantinedMessage.objects.filter(reason="unknown_device", partial=False).count() == 2


def test_the_command_tells_how_far_it_is_and_how_it_ended(pump) -> None:
    quarantine(b'{"t":1}')
    quarantine(b'{"t":2}', uid="stranger")
    told = StringIO()
    call_command(
        "replay", "--reason", "unknown_device", "--since", "2026-11-22T06:00:00", stdout=told
    )
    lines = told.getvalue().splitlines()
    assert lines[0] == "2 of 2 messages"
    assert lines[-1].startswith("2 replayed: 1 stored, 0 partly stored, 1 still bad")
    with pytest.raises(CommandError):
        call_command("replay", "--reason", "no_such_reason")


def test_viewers_hear_of_the_new_series_and_load_the_history_of_these_again(pump) -> None:
    async def watched() -> list[dict]:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(contract.EVENTS_GROUP, channel)
        await sync_to_async(Replay(Selection()).run)()
        heard = [await layer.receive(channel) for _ in range(2)]
        await layer.flush()
        return heard

    Series.objects.create(device=Device.objects.create(uid="fan-1", name="Fan"), metric="t")
    quarantine(b'{"t":1}')
    quarantine(b'{"t":2}', received_at=AT + timedelta(minutes=1))
    series, refill = async_to_sync(watched)()
    assert (series["event"], series["uid"]) == ("series", "pump-1")
    assert refill == contract.refill("replay", [series["series"][0]["id"]], AT_MS, AT_MS + 60_000)


def test_a_replay_that_stores_nothing_tells_nothing(pump, monkeypatch) -> None:
    told: list[dict] = []
    monkeypatch.setattr("bridge.quarantine.replay_events.announce_all", told.extend)
    quarantine(b'{"t":1}', uid="stranger")
    Replay(Selection()).run()
    assert told == []
    quarantine(b'{"t":1}')
    Replay(Selection(), reason="late_registration").run()
    assert [each.get("event", each["type"]) for each in told] == ["series", "live.refill"]
    assert told[1]["reason"] == "late_registration"
