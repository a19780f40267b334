"""Telemetry over HTTP: stored as MQTT's is, answered after the commit."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from unittest.mock import ANY

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter
from django.db import connection

from bridge.decode.items import Reason
from bridge.http import app, committer, process
from bridge.http.routing import http_urlpatterns
from bridge.intake import instants
from bridge.message import HTTP_ATTRIBUTES, HTTP_TELEMETRY, MAX_PAYLOAD
from devices import clock, quick_redis
from devices.models import Device, Presence
from telemetry.api.pipeline import balance
from telemetry.live import message_log
from telemetry.models import QuarantinedMessage, Series
from telemetry.tests.locked import readings_locked
from telemetry.worker_counts import IngestWorker
from telemetry.workers.rate import RateLimit
from tests.waiting import eventually

ADDRESS = "/api/v1/telemetry/"

application = URLRouter(http_urlpatterns)


class Answered(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


def scope_of(path: str) -> dict[str, Any]:
    return {"type": "http", "method": "POST", "path": path, "headers": []}


@async_to_sync
async def request(
    path: str, body: bytes | list[bytes] = b"", headers: dict[str, str] | None = None, method="POST"
) -> Answered:
    """Ask the application, with the body in the pieces given."""
    given = [(name.lower().encode(), v.encode("latin-1")) for name, v in (headers or {}).items()]
    talk = ApplicationCommunicator(
        application, scope_of(path) | {"method": method, "headers": given}
    )
    *earlier, last = body if isinstance(body, list) else [body]
    for piece in earlier:
        await talk.send_input({"type": "http.request", "body": piece, "more_body": True})
    await talk.send_input({"type": "http.request", "body": last, "more_body": False})
    start = await talk.receive_output(timeout=30)
    content = (await talk.receive_output(timeout=30))["body"]
    await talk.wait(timeout=30)
    said = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    assert int(said["content-length"]) == len(content)
    return Answered(start["status"], json.loads(content or b"null"), said)


@pytest.fixture(autouse=True)
def own_ingest(database) -> Iterator[None]:
    """No test finds the one of the test before it."""
    yield
    process.stop()


@pytest.fixture
def send(freezer: Device):
    def post(body: object, token: str = freezer.token) -> Answered:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        return request(ADDRESS, payload, {"Authorization": f"Bearer {token}"})

    return post


def stored(database) -> set[tuple]:
    return set(
        database(
            "SELECT s.metric, (extract(epoch FROM r.time) * 1000)::bigint, r.value FROM reading r"
            " JOIN telemetry_series s ON s.id = r.series_id"
        )
    )


def test_two_web_processes_store_every_message_of_a_device_that_sends_no_time(
    freezer: Device, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 200 posts were answered 200, and 460 readings stored."""
    monkeypatch.setattr(committer, "RATE", 1e6)
    monkeypatch.setattr(committer, "BURST", 1e6)
    both = [committer.Ingest(process.new_name()) for _ in range(2)]
    for each in both:
        each.start()
    try:
        answers = [
            both[number % 2].take(freezer.token, b'{"n":%d}' % number) for number in range(600)
        ]
        assert all(answer.result(60).readings == 1 for answer in answers)
    finally:
        for each in both:
            each.stop()
    values = sorted(int(n) for (n,) in database("SELECT value FROM reading"))
    assert values == list(range(600))


def test_a_device_faster_than_there_are_instants_is_asked_to_wait(
    send, database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(instants, "MAX_LANES", 1)
    monkeypatch.setattr(instants, "SPARE_LANES", 1)
    body = [{"n": number} for number in range(9_000)]
    answers = [send(body) for _ in range(3)]
    assert answers[0].status == 200
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    kept = database("SELECT count(*) FROM reading")
    assert kept == [(9_000 * (3 - len(refused)),)]


def test_all_four_forms_are_stored_when_200_is_said(send, database) -> None:
    now = time.time_ns() // 1_000_000
    assert send({"t": 1.5, "on": True, "state": "007"}).body == {}
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
        assert (answer.status, answer.body) == (200, {})
    assert stored(database) >= {
        ("t", now - 1000, 2.0),
        ("motor.x.rms", now - 5000, 0.25),
        *(("level", now - 3000 + i, i / 8) for i in range(3)),
    }


def test_the_token_may_stand_in_the_address_instead(freezer, database) -> None:
    answer = request(f"/api/v1/{freezer.token}/telemetry", b'{"t":7}')
    assert (answer.status, answer.body) == (200, {})
    assert [value for _, _, value in stored(database)] == [7.0]


def test_thingsboards_libraries_connect_send_and_say_what_they_are(freezer, database) -> None:
    """tb_device_http.py (tb-mqtt-client 1.13): `connect` sends an empty object, `send_telemetry` a
    time and values, `send_attributes` an object; each must be answered 200."""
    base = f"/api/v1/{freezer.token}"
    assert request(f"{base}/telemetry", b"{}").status == 200
    telemetry = {"ts": 1_795_000_000_000, "values": {"t": 1.5}}
    assert request(f"{base}/telemetry", json.dumps(telemetry).encode()).status == 200
    attributes = {"current_fw_version": "1.0.2", "model": "F1", "battery": 87}
    assert request(f"{base}/attributes", json.dumps(attributes).encode()).status == 200
    freezer.refresh_from_db()
    assert freezer.metadata["described"] == {"firmware": "1.0.2", "model": "F1"}
    assert {(metric, value) for metric, _, value in stored(database)} == {
        ("t", 1.5),
        ("battery", 87),
    }
    assert QuarantinedMessage.objects.count() == 0
    assert balance(process.running().snapshot()) == 0


@pytest.mark.parametrize("rest", ["rpc", "attributes/updates", "firmware", "telemetri", "", "a/b"])
def test_whatever_else_is_asked_under_a_token_never_gets_to_django(freezer, rest: str) -> None:
    answer = request(f"/api/v1/{freezer.token}/{rest}", method="GET")
    assert (answer.status, answer.body["reason"]) == (404, "not_offered")


def test_attributes_are_sent_by_post_with_a_token_that_is_right(freezer) -> None:
    assert request(f"/api/v1/{freezer.token}/attributes", method="GET").status == 405
    assert request("/api/v1/pd_wrong/attributes", b'{"a":1}').status == 401
    assert request("/api/v1/pd_wrong/telemetry", b"{}").status == 401
    refused = request(f"/api/v1/{freezer.token}/attributes", b"[1")
    assert (refused.status, refused.body["reason"]) == (400, "malformed_json")
    assert QuarantinedMessage.objects.get().topic == HTTP_ATTRIBUTES


def test_a_message_sent_again_is_a_duplicate(send, database) -> None:
    body = {"ts": 1_795_000_000_000, "values": {"t": 1}}
    assert [send(body).status for _ in range(2)] == [200, 200]
    assert len(stored(database)) == 1
    books = process.running().snapshot()
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
    assert (answer.status, answer.body["reason"]) == (status, reason.value)
    assert answer.body["message"]
    kept = QuarantinedMessage.objects.get()
    assert (kept.topic, kept.uid, kept.reason) == (HTTP_TELEMETRY, "freezer-1", reason.value)
    assert kept.worker == process.running().worker
    assert bytes(kept.payload) == payload[:MAX_PAYLOAD]


def test_the_first_bad_element_is_named(send) -> None:
    message = send(b'[{"ts":1795000000000,"values":{"a":NaN}},{"b":Infinity}]').body["message"]
    assert message == "'a' is no finite number"


def test_what_is_partly_good_is_stored_and_the_rest_is_listed(send, database) -> None:
    answer = send(b'{"t":1,"u":NaN,"v":[]}')
    assert answer.status == 200
    assert answer.body == {
        "stored": 1,
        "problems": [
            {"reason": "not_finite", "message": "'u' is no finite number"},
            {"reason": "unsupported_value", "message": "'v' is an array"},
        ],
    }
    assert [metric for metric, _, _ in stored(database)] == ["t"]
    assert QuarantinedMessage.objects.get().partial


def test_another_value_for_a_time_that_has_one_is_told_and_the_first_stays(send, database) -> None:
    assert send({"ts": 1_795_000_000_000, "values": {"t": 1, "state": "on"}}).body == {}
    assert send({"ts": 1_795_000_000_000, "values": {"t": 1, "state": "on"}}).body == {}
    refused = send({"ts": 1_795_000_000_000, "values": {"t": 2}})
    assert (refused.status, refused.body["reason"]) == (400, "conflicting_values")
    assert "'t'" in refused.body["message"]
    partly = send({"ts": 1_795_000_000_000, "values": {"t": 1, "state": "off", "u": 3}})
    assert (partly.status, partly.body["stored"]) == (200, 2)
    assert [each["reason"] for each in partly.body["problems"]] == ["conflicting_values"]
    assert {(metric, value) for metric, _, value in stored(database)} == {("t", 1.0), ("u", 3.0)}
    assert database("SELECT value FROM text_reading") == [("on",)]


def test_a_device_that_invents_metrics_without_end_is_told(send, monkeypatch) -> None:
    monkeypatch.setattr("telemetry.series.registry.MAX_SERIES_PER_DEVICE", 3)
    answer = send({f"m{i}": i for i in range(5)})
    assert answer.body["stored"] == 3
    told = "no room for the metric 'm3', nor for 1 more"
    assert answer.body["problems"] == [{"reason": "too_many_series", "message": told}]
    answer = send({"one-more": 1})
    assert (answer.status, answer.body["reason"]) == (400, "too_many_series")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer pd_wrong", "Token pd_x", "Bearer \xe9"])
def test_without_a_devices_token_it_is_401(freezer, header) -> None:
    headers = {"Authorization": header} if header else {}
    answer = request(ADDRESS, b'{"t":1}', headers)
    assert (answer.status, answer.body["reason"]) == (401, "bad_token")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert not QuarantinedMessage.objects.exists()


@pytest.mark.parametrize("token", ["pd_unknown", "x"])
def test_an_unknown_token_in_the_address_is_401(freezer, token) -> None:
    answer = request(f"/api/v1/{token}/telemetry", b'{"t":1}')
    assert (answer.status, answer.body["reason"]) == (401, "bad_token")


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_only_post_is_answered(database, method) -> None:
    answer = request(ADDRESS, method=method)
    assert (answer.status, answer.body["reason"]) == (405, "only_post")
    assert answer.headers["allow"] == "POST"


def test_a_body_may_come_in_pieces_and_is_read_up_to_its_limit(send, freezer, settings) -> None:
    bearer = {"Authorization": f"Bearer {freezer.token}"}
    assert request(ADDRESS, [b'{"t"', b":", b"1}"], bearer).status == 200
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_PAYLOAD + 10
    answer = request(ADDRESS, [b"x" * MAX_PAYLOAD, b"x" * 100, b"x" * 100], bearer)
    assert answer.body == {
        "reason": "too_large",
        "message": f"{MAX_PAYLOAD + 10} bytes, over {MAX_PAYLOAD}",
    }


def test_of_a_sender_that_leaves_before_its_end_nothing_is_taken(freezer) -> None:
    @async_to_sync
    async def leave() -> bool:
        talk = ApplicationCommunicator(application, scope_of(ADDRESS))
        await talk.send_input({"type": "http.request", "body": b'{"t"', "more_body": True})
        await talk.send_input({"type": "http.disconnect"})
        await talk.wait(timeout=30)
        return talk.output_queue.empty()

    assert leave()


def test_a_rotated_token_stops_at_once(send, freezer) -> None:
    assert send({"t": 1}).status == 200
    Device.objects.get(uid="freezer-1")
    old = freezer.token
    freezer.issue_token()
    freezer.save()
    assert send({"t": 2}, old).status == 401
    assert send({"t": 2}, freezer.token).status == 200


def test_a_token_that_is_kept_beside_the_new_one_still_sends(send, freezer) -> None:
    old = freezer.token
    freezer.issue_token(timedelta(hours=1))
    freezer.save()
    assert [send({"t": 1}, token).status for token in (old, freezer.token)] == [200, 200]
    Device.objects.update(former_until=clock.now())
    assert [send({"t": 2}, token).status for token in (old, freezer.token)] == [401, 200]


def test_a_disabled_device_gets_403_and_its_message_is_kept(send, freezer) -> None:
    freezer.enabled = False
    freezer.save()
    answer = send({"t": 1})
    assert (answer.status, answer.body["reason"]) == (403, "disabled_device")
    assert QuarantinedMessage.objects.get().reason == "disabled_device"


def test_who_is_too_fast_waits_and_nothing_of_it_is_counted(send, monkeypatch) -> None:
    monkeypatch.setattr(committer, "RateLimit", lambda *_: RateLimit(rate=0.01, burst=2))
    assert [send({"t": i}).status for i in range(3)] == [200, 200, 429]
    answer = send({"t": 4})
    assert answer.body["reason"] == "too_fast"
    assert 1 <= int(answer.headers["retry-after"]) <= 100
    assert process.running().snapshot()["received"] == 2


def test_while_the_database_cannot_take_it_nothing_is_acknowledged(
    send, database, monkeypatch
) -> None:
    assert send({"t": 1}).status == 200
    rename("reading", "reading_away")
    try:
        answer = send({"t": 2})
        assert (answer.status, answer.body["reason"]) == (503, "unavailable")
        assert int(answer.headers["retry-after"]) == app.RETRY_AFTER
    finally:
        rename("reading_away", "reading")
    assert send({"t": 3}).status == 200
    assert [value for _, _, value in sorted(stored(database), key=lambda row: row[1])] == [1.0, 3.0]
    books = process.running().snapshot()
    assert (books["received"], balance(books)) == (2, 0)


@pytest.fixture
def patient_log(monkeypatch, settings) -> Iterator[None]:
    """Redis answers, if late on a busy machine; without this the log would do without it."""

    def forget_client() -> None:
        quick_redis.client(settings.REDIS_URL).close()
        quick_redis.client.cache_clear()
        message_log._add.cache_clear()

    monkeypatch.setattr(quick_redis, "TIMEOUT", 60.0)
    forget_client()
    yield
    forget_client()


def test_a_device_does_not_wait_for_ever_and_what_it_sent_may_be_stored_yet(
    send, database, monkeypatch
) -> None:
    assert send({"t": 1}).status == 200
    with readings_locked():
        monkeypatch.setattr(app, "ANSWER_WITHIN", 1.0)
        answer = send({"t": 2})
        assert (answer.status, answer.body["reason"]) == (503, "unavailable")
        assert "may be stored yet" in answer.body["message"]
        assert int(answer.headers["retry-after"]) == app.RETRY_AFTER
    wanted = {1.0, 2.0}
    assert eventually(lambda: {value for _, _, value in stored(database)} == wanted)


def test_the_books_balance_and_the_device_was_heard(patient_log, send, freezer) -> None:
    before = time.time_ns() // 1_000_000
    for body in ({"t": 1}, b"{nope", b'{"t":2,"u":NaN}'):
        send(body)
    name = process.running().worker

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
    process.stop()
    # It waits for the thread that keeps the books, but not for ever.
    eventually(lambda: not IngestWorker.objects.filter(name=name).exists())


def test_the_books_of_a_killed_process_go_and_those_of_a_living_one_stay(send, freezer) -> None:
    stale = datetime.now(UTC) - timedelta(seconds=committer.STALE_AFTER + 1)
    fresh = datetime.now(UTC) - timedelta(seconds=committer.STALE_AFTER / 2)
    for name, at in (("http-1", stale), ("http-2", fresh), ("bridge-9", stale)):
        IngestWorker.objects.create(name=name, started_at=at, updated_at=at)
    assert send({"t": 1}).status == 200
    kept = {process.running().worker, "http-2", "bridge-9"}
    assert eventually(lambda: set(IngestWorker.objects.values_list("name", flat=True)) == kept)


def rename(table: str, to: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {to}")


def _three(uid: str, since: int) -> list[dict]:
    """The log is in Redis, where that of the other tests' device of this name still is."""
    messages = [each for each in message_log.recent(uid) if each["at"] >= since]
    return messages if len(messages) == 3 else []


def test_a_series_deleted_between_two_messages_comes_back(send, monkeypatch, database) -> None:
    monkeypatch.setattr("telemetry.series.registry.REFRESH_EVERY", 0.0)
    send({"t": 1})
    old = Series.objects.get()
    old.delete()
    send({"t": 2})
    new = Series.objects.get()
    assert new.pk != old.pk
    assert database(f"SELECT value FROM reading WHERE series_id = {new.pk}") == [(2.0,)]


def test_two_web_processes_with_one_process_id_have_two_names() -> None:
    assert len({process.new_name() for _ in range(100)}) == 100
    assert max(map(len, {process.new_name()})) <= 64


def test_who_sends_too_many_readings_waits_too(send, settings) -> None:
    settings.DEVICE_READINGS = 100  # 500 at once
    now = time.time_ns() // 1_000_000
    many = [{"ts": now - n, "values": {"t": n}} for n in range(1_000)]
    assert send(many).status == 200
    answer = send({"t": 1})
    assert (answer.status, answer.body["reason"]) == (429, "too_fast")
    assert answer.body["message"].startswith("more than 100 readings a second")
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("pattern", http_urlpatterns, ids=lambda each: str(each.pattern))
def test_every_address_is_for_the_names_of_this_server(pattern: Any, settings) -> None:
    settings.ALLOWED_HOSTS = ["pulse.example"]
    path = "/" + re.sub(r"<[^>]+>", "pbd_x", str(pattern.pattern)).strip("^").partition("/?$")[0]
    path = path.replace("[^/]*(?:/.*)?$", "x/rpc")
    refused = {"reason": "bad_host", "message": ANY}
    for host in ("evil.example", "pulse.example.evil.example", "", "pulse.example@evil.example"):
        assert request(path, headers={"Host": host})[:2] == (400, refused), (path, host)
    for named in ({}, {"Host": "pulse.example:8000"}, {"Host": "PULSE.example"}):
        answered = request(path, headers=named)
        assert (answered.body or {}).get("reason") != "bad_host", (path, named)
