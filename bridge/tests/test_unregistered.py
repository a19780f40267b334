"""A device that speaks before it is registered loses nothing: broker to bridge to REST."""

from __future__ import annotations

import json
import time

import pytest
from rest_framework.test import APIClient

from bridge.tests.conftest import wait_settled
from devices.models import Device
from telemetry.models import QuarantinedMessage
from tests.waiting import eventually


@pytest.fixture
def api(database, django_user_model) -> APIClient:
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_user("operator"))
    return client


def test_a_stranger_is_listed_registered_and_all_it_ever_sent_is_stored(
    bridge,
    publisher,
    api,
    database,
) -> None:
    bridge.start()
    bridge.wait_connected()
    # Measured a minute ago: the one reading without a time of its own gets that of its arrival,
    # and a series holds one reading per millisecond.
    began = time.time_ns() // 1_000_000
    measured = began - 60_000
    topic = "devices/stranger-1/telemetry"
    for number in range(3):
        publisher.send(topic, json.dumps({"ts": measured + number, "values": {"t": number}}))
    publisher.send(topic, b'{"t":99}')
    publisher.send("devices/stranger-1/status", b"online")
    wait_settled(5)

    (listed,) = api.get("/api/v1/unregistered/").json()["unregistered"]
    assert (listed["uid"], listed["messages"], listed["metrics"]) == ("stranger-1", 5, ["t"])
    assert listed["reasons"] == {"unknown_device": 5}

    answer = api.post("/api/v1/unregistered/stranger-1/register/", {"name": "Known"}, format="json")
    assert answer.status_code == 201, answer.content
    replayed = answer.json()["replay"]
    assert (replayed["replayed"], replayed["stored"], replayed["readings"]) == (5, 5, 4)
    assert not QuarantinedMessage.objects.exists()
    stored = database("SELECT value, (extract(epoch FROM time) * 1000)::bigint FROM reading")
    assert {(float(number), measured + number) for number in range(3)} <= set(stored)
    assert 99.0 in {value for value, _ in stored}
    device = api.get("/api/v1/devices/stranger-1/").json()
    assert device["presence"]["connection"] == "online"
    assert device["presence"]["last_seen"] >= began

    # What it sends before the worker has heard of it is stored as well, without being asked for.
    for number in range(20):
        publisher.send(topic, json.dumps({"ts": began + 1000 + number, "values": {"u": number}}))
    expected = [(float(number),) for number in range(20)]
    wanted = "SELECT value FROM reading r JOIN telemetry_series s ON s.id = r.series_id"
    eventually(
        lambda: database(f"{wanted} WHERE s.metric = 'u' ORDER BY r.time") == expected,
        what="all of it stored",
    )
    assert not QuarantinedMessage.objects.exists()

    # What it sends while it is removed is kept, and stored once it is restored.
    def send(number: int) -> None:
        publisher.send(topic, json.dumps({"ts": began + 2000 + number, "values": {"v": number}}))

    uids = {"uids": ["stranger-1"]}
    assert api.post("/api/v1/removed-devices/", uids, format="json").json()["total"] == 1
    sent = []

    def refused() -> bool:
        sent.append(float(len(sent)))
        send(len(sent) - 1)
        return QuarantinedMessage.objects.filter(reason="removed_device").exists()

    eventually(refused, what="the bridge knows that it is removed")
    assert api.get("/api/v1/inbox/").json()["devices"] == []
    assert api.post("/api/v1/restored-devices/", uids, format="json").json()["total"] == 1
    eventually(
        lambda: (
            database(f"{wanted} WHERE s.metric = 'v' ORDER BY r.time")
            == [(number,) for number in sent]
        ),
        what="all of it stored",
    )
    eventually(lambda: not QuarantinedMessage.objects.exists(), what="nothing is quarantined")


def test_a_redis_that_hangs_holds_up_no_batch_while_late_messages_are_replayed(
    bridge, publisher, pump, database, redis_server
) -> None:
    bridge.environment["REDIS_URL"] = redis_server.url
    bridge.start()
    bridge.wait_connected()
    late = [f"late-{number}" for number in range(6)]
    for uid in late:
        publisher.send(f"devices/{uid}/telemetry", b'{"t":1}')
    wait_settled(len(late))
    waiting = QuarantinedMessage.objects.filter(uid__in=late)
    redis_server.freeze()
    try:
        Device.objects.bulk_create(Device(uid=uid, name=uid) for uid in late)
        # Each replay is told of, for which a Redis that hangs takes its time.
        eventually(lambda: waiting.count() < len(late), what="the first is replayed")
        for number in range(20):
            publisher.send("devices/pump-1/telemetry", b'{"n":%d}' % number)
        stored = "SELECT count(*) FROM reading r JOIN telemetry_series s ON s.id = r.series_id"
        eventually(lambda: database(f"{stored} WHERE s.metric = 'n'") == [(20,)])
        assert waiting.exists(), "the replays still hang"
    finally:
        redis_server.thaw()
    eventually(lambda: not waiting.exists(), 90, what="all are replayed")
    assert wait_settled(len(late) + 20)["database_up"] == 1
