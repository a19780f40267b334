"""Telemetry over HTTP: stored as MQTT's is, answered after the commit."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from bridge import http, ingest
from bridge.decode.items import Reason
from bridge.message import MAX_PAYLOAD
from bridge.rate import RateLimit
from devices.models import Device, Presence
from telemetry import message_log
from telemetry.api.pipeline import balance
from telemetry.models import IngestWorker, QuarantinedMessage, Series
from tests.waiting import eventually

ADDRESS = "/api/v1/telemetry/"


@pytest.fixture
def freezer(database, monkeypatch):
    """A device with its token, and an ingest of the test's own."""
    monkeypatch.setattr(http, "limit", RateLimit())
    device = Device(uid="freezer-1", name="Freezer 1")
    device.issue_token()
    device.save()
    yield device
    ingest.stop()


@pytest.fixture
def send(client: Client, freezer: Device):
    def post(body: object, token: str = freezer.token):
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return client.generic(
            "POST", ADDRESS, payload, "text/plain", headers={"Authorization": f"Bearer {token}"}
        )

    return post


def stored(database) -> set[tuple]:
    return set(
        database(
            "SELECT s.metric, (extract(epoch FROM r.time) * 1000)::bigint, r.value FROM reading r"
            " JOIN telemetry_series s ON s.id = r.series_id"
        )
    )


def test_all_four_forms_are_stored_when_200_is_said(send, database) -> None:
    now = time.time_ns() // 1_000_000
    assert send({"t": 1.5, "on": True, "state": "007"}).json() == {}
    after = time.time_ns() // 1_000_000
    (stamp,) = {at for _, at, _ in stored(database)}
    assert now <= stamp <= after
    assert {(metric, value) for metric, _, value in stored(database)} == {("t", 1.5), ("on", 1.0)}
    assert database("SELECT value FROM text_reading") == [("007",)]
    for body in (
        {"ts": now - 1000, "values": {"t": 2}},
        [{"ts": now - 3000 + i, "values": {"level": i / 8}} for i in range(3)],
        {"ts": now - 5000, "values": {"motor": {"x": {"rms": 0.25}}}},
    ):
        answer = send(body)
        assert (answer.status_code, answer.json()) == (200, {})
    assert stored(database) >= {
        ("t", now - 1000, 2.0),
        ("motor.x.rms", now - 5000, 0.25),
        *(("level", now - 3000 + i, i / 8) for i in range(3)),
    }


def test_the_token_may_stand_in_the_address_instead(client, freezer, database) -> None:
    answer = client.post(
        f"/api/v1/{freezer.token}/telemetry", {"t": 7}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()) == (200, {})
    assert [value for _, _, value in stored(database)] == [7.0]


def test_a_message_sent_again_is_a_duplicate(send, database) -> None:
    body = {"ts": 1_795_000_000_000, "values": {"t": 1}}
    assert [send(body).status_code for _ in range(2)] == [200, 200]
    assert len(stored(database)) == 1
    books = ingest.running().snapshot()
    assert (books["stored"], books["duplicate"]) == (1, 1)


@pytest.mark.parametrize(
    ("payload", "status", "reason"),
    [
        (b"{nope", 400, Reason.MALFORMED_JSON),
        (b"", 400, Reason.EMPTY_PAYLOAD),
        (b'"text"', 400, Reason.WRONG_TYPE),
        (b"[1]", 400, Reason.WRONG_TYPE),
        (b"{}", 400, Reason.NO_VALUES),
        (b"\xff\xfe", 400, Reason.NOT_UTF8),
        (b"[" * 50_000, 400, Reason.TOO_DEEP),
        (b'{"t":NaN}', 400, Reason.NOT_FINITE),
        (b'{"t":[1]}', 400, Reason.UNSUPPORTED_VALUE),
        (b'{"t":"\\u0000"}', 400, Reason.BAD_TEXT),
        (b'{"":1}', 400, Reason.BAD_METRIC),
        (b" " * (MAX_PAYLOAD + 1), 413, Reason.TOO_LARGE),
        (b"x" * 5_000_000, 413, Reason.TOO_LARGE),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_reason_and_kept(
    send, payload, status, reason
) -> None:
    answer = send(payload)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason.value)
    assert answer.json()["message"]
    kept = QuarantinedMessage.objects.get()
    assert (kept.topic, kept.uid, kept.reason) == (ingest.TOPIC, "freezer-1", reason.value)
    assert kept.worker == ingest.running().name
    assert bytes(kept.payload) == payload[:MAX_PAYLOAD]


def test_the_first_bad_element_is_named(send) -> None:
    message = send(b'[{"ts":1795000000000,"values":{"a":NaN}},{"b":Infinity}]').json()["message"]
    assert message == "'a' is nan"


def test_what_is_partly_good_is_stored_and_the_rest_is_listed(send, database) -> None:
    answer = send(b'{"t":1,"u":NaN,"v":[]}')
    assert answer.status_code == 200
    assert answer.json() == {
        "stored": 1,
        "problems": [
            {"reason": "not_finite", "message": "'u' is nan"},
            {"reason": "unsupported_value", "message": "'v' is an array"},
        ],
    }
    assert [metric for metric, _, _ in stored(database)] == ["t"]
    assert QuarantinedMessage.objects.get().partial


def test_a_device_that_invents_metrics_without_end_is_told(send, monkeypatch) -> None:
    monkeypatch.setattr("telemetry.series_registry.MAX_SERIES_PER_DEVICE", 3)
    answer = send({f"m{i}": i for i in range(5)})
    assert answer.json()["stored"] == 3
    assert [each["reason"] for each in answer.json()["problems"]] == ["too_many_series"]
    answer = send({"one-more": 1})
    assert (answer.status_code, answer.json()["reason"]) == (400, "too_many_series")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer pd_wrong", "Token pd_x", "Bearer \xe9"])
def test_without_a_devices_token_it_is_401(client, freezer, header) -> None:
    headers = {"Authorization": header} if header else {}
    answer = client.post(ADDRESS, {"t": 1}, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (401, "bad_token")
    assert answer["WWW-Authenticate"] == "Bearer"
    assert not QuarantinedMessage.objects.exists()


def test_a_session_opens_nothing_here_and_an_unknown_path_token_is_401(
    client, freezer, django_user_model
) -> None:
    client.force_login(django_user_model.objects.create_user("operator"))
    for address in (ADDRESS, "/api/v1/pd_unknown/telemetry", "/api/v1/x/telemetry"):
        answer = client.post(address, {"t": 1}, content_type="application/json")
        assert (answer.status_code, answer.json()["reason"]) == (401, "bad_token"), address


def test_no_other_address_is_shadowed(client, django_user_model, freezer) -> None:
    client.force_login(django_user_model.objects.create_user("operator"))
    Device.objects.create(uid="telemetry", name="Telemetry")
    assert client.get("/api/v1/devices/telemetry/").json()["uid"] == "telemetry"
    assert client.get("/api/v1/devices/telemetry")["Location"] == "/api/v1/devices/telemetry/"


def test_a_rotated_token_stops_at_once(send, freezer) -> None:
    assert send({"t": 1}).status_code == 200
    Device.objects.get(uid="freezer-1")
    old = freezer.token
    freezer.issue_token()
    freezer.save()
    assert send({"t": 2}, old).status_code == 401
    assert send({"t": 2}, freezer.token).status_code == 200


def test_a_disabled_device_gets_403_and_its_message_is_kept(send, freezer) -> None:
    freezer.enabled = False
    freezer.save()
    answer = send({"t": 1})
    assert (answer.status_code, answer.json()["reason"]) == (403, "disabled_device")
    assert QuarantinedMessage.objects.get().reason == "disabled_device"


def test_who_is_too_fast_waits_and_nothing_of_it_is_counted(send, monkeypatch) -> None:
    monkeypatch.setattr(http, "limit", RateLimit(rate=0.01, burst=2))
    assert [send({"t": i}).status_code for i in range(3)] == [200, 200, 429]
    answer = send({"t": 4})
    assert answer.json()["reason"] == "too_fast"
    assert 1 <= int(answer["Retry-After"]) <= 100
    assert ingest.running().snapshot()["received"] == 2


def test_while_the_database_cannot_take_it_nothing_is_acknowledged(
    send, database, monkeypatch
) -> None:
    assert send({"t": 1}).status_code == 200
    rename("reading", "reading_away")
    try:
        answer = send({"t": 2})
        assert (answer.status_code, answer.json()["reason"]) == (503, "unavailable")
        assert int(answer["Retry-After"]) == http.RETRY_AFTER
    finally:
        rename("reading_away", "reading")
    assert send({"t": 3}).status_code == 200
    assert [value for _, _, value in sorted(stored(database), key=lambda row: row[1])] == [1.0, 3.0]
    books = ingest.running().snapshot()
    assert (books["received"], balance(books)) == (2, 0)


@pytest.fixture
def patient_log(monkeypatch) -> Iterator[None]:
    """Redis answers, if late on a busy machine; without this the log would do without it."""
    monkeypatch.setattr(message_log, "TIMEOUT", 60.0)
    for cached in (message_log._add, message_log._client):
        cached.cache_clear()
    yield
    for cached in (message_log._add, message_log._client):
        cached.cache_clear()


def test_the_books_balance_and_the_device_was_heard(patient_log, send, freezer) -> None:
    before = time.time_ns() // 1_000_000
    for body in ({"t": 1}, b"{nope", b'{"t":2,"u":NaN}'):
        send(body)
    name = ingest.running().name

    def counters() -> dict:
        row = IngestWorker.objects.filter(name=name).first()
        found = row.counters if row else {"received": 0}
        return found if found["received"] == 3 and found["in_flight"] == 0 else {}

    books = eventually(counters)
    assert balance(books) == 0
    facts = ("stored", "rejected", "partial", "readings_stored", "in_flight")
    assert [books[fact] for fact in facts] == [2, 1, 1, 2, 0]
    presence = eventually(lambda: Presence.objects.filter(device=freezer).first())
    assert presence.last_seen_at.timestamp() * 1000 >= before
    messages = eventually(lambda: _three(freezer.uid, before))
    assert [each["verdict"] for each in messages] == ["partial", "rejected", "stored"]
    ingest.stop()
    # It waits for the thread that keeps the books, but not for ever.
    eventually(lambda: not IngestWorker.objects.filter(name=name).exists())


def test_the_books_of_a_killed_process_go_and_those_of_a_living_one_stay(send, freezer) -> None:
    stale = datetime.now(UTC) - timedelta(seconds=ingest.STALE_AFTER + 1)
    fresh = datetime.now(UTC) - timedelta(seconds=ingest.STALE_AFTER / 2)
    for name, at in (("http-1", stale), ("http-2", fresh), ("bridge-9", stale)):
        IngestWorker.objects.create(name=name, started_at=at, updated_at=at)
    assert send({"t": 1}).status_code == 200
    kept = {ingest.running().name, "http-2", "bridge-9"}
    assert eventually(lambda: set(IngestWorker.objects.values_list("name", flat=True)) == kept)


def rename(table: str, to: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {to}")


def _three(uid: str, since: int) -> list[dict]:
    """The log is in Redis, where that of the other tests' device of this name still is."""
    messages = [each for each in message_log.recent(uid) if each["at"] >= since]
    return messages if len(messages) == 3 else []


def test_a_series_deleted_between_two_messages_comes_back(send, monkeypatch, database) -> None:
    monkeypatch.setattr("telemetry.series_registry.REFRESH_EVERY", 0.0)
    send({"t": 1})
    old = Series.objects.get()
    old.delete()
    send({"t": 2})
    new = Series.objects.get()
    assert new.pk != old.pk
    assert database(f"SELECT value FROM reading WHERE series_id = {new.pk}") == [(2.0,)]
