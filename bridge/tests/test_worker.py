"""A real worker between a real broker and a real database."""

from __future__ import annotations

import json
import time
from datetime import timedelta

from django.utils import timezone
from paho.mqtt import client as mqtt

from bridge.decode.items import Reason
from bridge.quarantine.replay import Replay
from bridge.quarantine.selection import Selection
from bridge.tests.conftest import counters, wait_settled
from devices.models import Device, Presence
from telemetry.models import KEPT_PAYLOAD, QuarantinedMessage, Series
from telemetry.tests.locked import readings_locked
from tests.waiting import eventually


def test_all_four_forms_are_stored_exactly(bridge, publisher, pump, database) -> None:
    bridge.start()
    bridge.wait_connected()
    now = time.time_ns() // 1_000_000
    topic = "devices/pump-1/telemetry"
    publisher.send(topic, json.dumps({"temperature": 21.5, "on": True, "state": "007"}))
    publisher.send(topic, json.dumps({"ts": now - 1000, "values": {"temperature": 22}}))
    publisher.send(
        topic, json.dumps([{"ts": now - 3000 + i, "values": {"level": i / 8}} for i in range(3)])
    )
    publisher.send(topic, json.dumps({"ts": now, "values": {"motor": {"x": {"rms": 0.25}}}}))
    books = wait_settled(4)

    rows = database(
        "SELECT s.metric, s.kind, (extract(epoch FROM r.time) * 1000)::bigint, r.value"
        " FROM reading r JOIN telemetry_series s ON s.id = r.series_id"
    )
    stamped = {(metric, kind, at, value) for metric, kind, at, value in rows if at < now - 500}
    assert stamped == {("temperature", "gauge", now - 1000, 22.0)} | {
        ("level", "gauge", now - 3000 + i, i / 8) for i in range(3)
    }
    assert ("motor.x.rms", "gauge", now, 0.25) in rows
    assert {(m, k, v) for m, k, _, v in rows} >= {
        ("temperature", "gauge", 21.5),
        ("on", "boolean", 1.0),
    }
    assert database("SELECT value FROM text_reading") == [("007",)]
    assert Series.objects.get(metric="state").kind == "text"
    assert books["stored"] == 4
    assert books["readings_stored"] == len(rows) + 1


def test_a_redelivered_reading_is_a_duplicate_and_not_a_second_row(
    bridge, publisher, pump, database
) -> None:
    bridge.start()
    bridge.wait_connected()
    now = time.time_ns() // 1_000_000
    payload = json.dumps({"ts": now, "values": {"t": 1, "s": "a"}})
    for _ in range(3):
        publisher.send("devices/pump-1/telemetry", payload)
    publisher.send(
        "devices/pump-1/telemetry", json.dumps({"ts": now, "values": {"t": 9, "new": 1}})
    )
    books = wait_settled(4)
    assert database("SELECT count(*) FROM reading") == [(2,)]
    assert database("SELECT count(*) FROM text_reading") == [(1,)]
    assert (books["stored"], books["duplicate"], books["rejected"]) == (2, 2, 0)
    assert books["readings_stored"] == 3


def test_a_batch_that_takes_too_long_is_kept_and_yet_counted_and_quarantined_once(
    bridge, publisher, pump, database
) -> None:
    bridge.start()
    bridge.wait_connected()
    publisher.send("devices/pump-1/telemetry", b'{"t":0}')
    wait_settled(1)
    with readings_locked():
        for payload in (b'{"t":1,"u":NaN}', b"{nope", b'{"t":2}'):
            publisher.send("devices/pump-1/telemetry", payload)
        # Acknowledged all the same: the writer has given the batch up, and kept it.
        eventually(lambda: bridge.said("messages go to"), 60, what="the spool takes over")
        publisher.send("devices/pump-1/telemetry", b'{"t":3}')
    books = wait_settled(5)
    assert (books["stored"], books["duplicate"], books["rejected"]) == (4, 0, 1)
    assert QuarantinedMessage.objects.count() == 2
    assert database("SELECT value FROM reading ORDER BY value") == [(0.0,), (1.0,), (2.0,), (3.0,)]


def test_every_kind_of_bad_message_is_kept_with_its_reason_and_ingest_goes_on(
    bridge, publisher, pump, database
) -> None:
    Device.objects.create(uid="off-1", name="Off", enabled=False)
    bridge.start()
    bridge.wait_connected()
    bad = [
        ("devices/pump-1/telemetry", b"{nope", Reason.MALFORMED_JSON),
        ("devices/pump-1/telemetry", b'"text"', Reason.WRONG_TYPE),
        ("devices/pump-1/telemetry", b'{"t":NaN}', Reason.NOT_FINITE),
        ("devices/pump-1/telemetry", b"x" * 2_000_000, Reason.TOO_LARGE),
        ("devices/pump-1/telemetry", b"", Reason.EMPTY_PAYLOAD),
        ("devices/pump-1/telemetry", b"[" * 50_000, Reason.TOO_DEEP),
        ("devices/pump-1/telemetry", b'{"t":"\\u0000"}', Reason.BAD_TEXT),
        ("devices/stranger/telemetry", b'{"t":1}', Reason.UNKNOWN_DEVICE),
        ("devices/off-1/telemetry", b'{"t":1}', Reason.DISABLED_DEVICE),
        ("devices/a b/telemetry", b'{"t":1}', Reason.BAD_UID),
        ("devices/pump-1/status", b"dancing", Reason.BAD_STATUS),
    ]
    for topic, payload, _ in bad:
        publisher.send(topic, payload)
    publisher.send("devices/pump-1/telemetry", b'{"t":1,"u":NaN}')
    publisher.send("devices/pump-1/telemetry", b'{"ts":0,"values":{"t":2}}')
    books = wait_settled(len(bad) + 2)

    kept = QuarantinedMessage.objects.filter(partial=False).order_by("id")
    assert [(m.topic, m.reason) for m in kept] == [(topic, reason) for topic, _, reason in bad]
    assert [m.payload_size for m in kept] == [len(payload) for _, payload, _ in bad]
    assert bytes(kept[0].payload) == b"{nope"
    assert len(bytes(kept[3].payload)) == KEPT_PAYLOAD
    partial = QuarantinedMessage.objects.filter(partial=True).order_by("id")
    assert [m.reason for m in partial] == [Reason.NOT_FINITE, Reason.IMPLAUSIBLE_TIMESTAMP]
    assert (books["stored"], books["rejected"], books["partial"]) == (2, len(bad), 2)
    assert books["clock_replaced"] == 1
    assert database("SELECT value FROM reading ORDER BY time") == [(1.0,), (2.0,)]
    # Written once a second, apart from the batches.
    eventually(lambda: Presence.objects.filter(device=pump, clock_replaced_at__isnull=False))


def test_the_device_is_told_why_on_its_errors_topic(bridge, publisher, pump, mosquitto) -> None:
    heard: list[dict] = []
    listener = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    listener.on_message = lambda _c, _u, message: heard.append(json.loads(message.payload))
    listener.connect("127.0.0.1", mosquitto.port)
    listener.subscribe("devices/pump-1/errors")
    listener.loop_start()
    try:
        bridge.start()
        bridge.wait_connected()
        publisher.send("devices/pump-1/telemetry", b"{nope")
        notice = eventually(lambda: heard and heard[0])
    finally:
        listener.disconnect()
        listener.loop_stop()
    assert notice["reason"] == "malformed_json"
    assert notice["message"]
    assert notice["received_at"].endswith("+00:00")


def test_presence_follows_the_status_topic_and_keeps_since(bridge, publisher, pump) -> None:
    bridge.start()
    bridge.wait_connected()
    publisher.send("devices/pump-1/status", b"online", retain=True)
    first = eventually(lambda: Presence.objects.filter(device=pump, connection="online").first())
    publisher.send("devices/pump-1/status", b"online", retain=True)
    wait_settled(2)
    assert Presence.objects.get(device=pump).connection_since == first.connection_since
    publisher.send("devices/pump-1/status", b"offline", retain=True)
    eventually(lambda: Presence.objects.filter(device=pump, connection="offline").exists())


def test_a_device_registered_while_the_worker_runs_is_known_at_once(
    bridge, publisher, database
) -> None:
    bridge.start()
    bridge.wait_connected()
    Device.objects.create(uid="late-1", name="Late")
    publisher.send("devices/late-1/telemetry", b'{"t":1}')
    assert wait_settled(1)["stored"] == 1


def test_a_retained_status_from_long_before_its_device_was_registered_counts(
    bridge, publisher, database
) -> None:
    publisher.send("devices/late-1/status", b"online", retain=True)
    bridge.start()
    eventually(lambda: database("SELECT count(*) FROM telemetry_quarantinedmessage") == [(1,)])
    QuarantinedMessage.objects.update(received_at=timezone.now() - timedelta(days=3))
    device = Device.objects.create(uid="late-1", name="Late")
    eventually(lambda: Presence.objects.filter(device=device, connection="online").exists())
    assert not QuarantinedMessage.objects.exists()


def test_sigterm_settles_what_was_received_and_exits_cleanly(
    bridge, publisher, pump, database
) -> None:
    bridge.start()
    bridge.wait_connected()
    for number in range(2_000):
        publisher.send(
            "devices/pump-1/telemetry", b'{"ts":%d,"values":{"n":1}}' % (1.7e12 + number)
        )
    publisher.wait_acked()
    assert bridge.stop() == 0
    now = counters()
    assert now["in_flight"] == 0
    assert now["received"] == now["stored"]
    # What it had not read yet is still the broker's, and the next start takes it.
    bridge.start()
    eventually(lambda: database("SELECT count(*) FROM reading") == [(2_000,)])


def test_a_whole_fleet_registered_a_moment_ago_is_known_at_its_first_messages(
    bridge, publisher, database
) -> None:
    bridge.start()
    bridge.wait_connected()
    Device.objects.bulk_create(Device(uid=f"new-{n}", name=f"New {n}") for n in range(300))
    for number in range(300):
        publisher.send(f"devices/new-{number}/telemetry", b'{"t":1}')
    books = wait_settled(300)
    assert (books["stored"], books["rejected"]) == (300, 0)


def test_a_retained_reading_is_stored_once_however_often_the_worker_starts(
    bridge, publisher, pump, database
) -> None:
    bridge.start()
    bridge.wait_connected()
    publisher.send("devices/pump-1/telemetry", b'{"t":1}', retain=True)
    wait_settled(1)
    for times in (2, 3):
        bridge.stop()
        bridge.start()
        bridge.wait_connected(times)
    publisher.send("devices/pump-1/telemetry", b'{"t":2}')
    eventually(lambda: database("SELECT value FROM reading ORDER BY time") == [(1.0,), (2.0,)])


def test_a_noisy_device_is_told_of_its_limit_delays_nobody_and_can_be_replayed(
    bridge, publisher, pump, database, mosquitto
) -> None:
    Device.objects.create(uid="quiet-1", name="Quiet")
    bridge.environment["PULSEBOARD_DEVICE_READINGS"] = "100"  # 500 at once
    heard: list[dict] = []
    listener = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    listener.on_message = lambda _c, _u, message: heard.append(json.loads(message.payload))
    listener.connect("127.0.0.1", mosquitto.port)
    listener.subscribe("devices/pump-1/errors")
    listener.loop_start()
    now = time.time_ns() // 1_000_000
    try:
        bridge.start()
        bridge.wait_connected()
        values = {f"m{number}": number for number in range(400)}
        for number in range(6):
            timed = {"ts": now - number, "values": values}
            publisher.send("devices/pump-1/telemetry", json.dumps(timed))
            publisher.send("devices/quiet-1/telemetry", b'{"t":1}')
            publisher.wait_acked()
            wait_settled(2 * number + 2)
        books = wait_settled(12)
        notice = eventually(lambda: heard and heard[0])
    finally:
        listener.disconnect()
        listener.loop_stop()
    assert books["over_limit"] == books["rejected"] > 0
    assert books["stored"] == 12 - books["rejected"]
    assert notice["reason"] == "over_limit"
    assert notice["message"].startswith("more than 100 readings a second")
    quiet = Series.objects.get(device__uid="quiet-1")
    assert database(f"SELECT count(*) FROM reading WHERE series_id = {quiet.pk}") == [(6,)]
    kept = QuarantinedMessage.objects.filter(reason=Reason.OVER_LIMIT, uid="pump-1", partial=False)
    assert kept.count() == books["rejected"], "each is kept whole"
    Replay(Selection(uid="pump-1")).run()
    assert not QuarantinedMessage.objects.exists()
    assert database("SELECT count(*) FROM reading") == [(6 * 400 + 6,)]
