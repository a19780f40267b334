"""REST: replay, discard, and register who is not registered."""

from __future__ import annotations

import json

import pytest
from django.db import OperationalError, connection
from rest_framework.test import APIClient

from bridge.tests.test_replay import AT, AT_MS, partitions_of_then, quarantine, readings
from devices.credentials import token_digest
from devices.models import Device, Site
from telemetry.models import QuarantinedMessage

__all__ = ["partitions_of_then"]
pytestmark = pytest.mark.usefixtures("database")

NOTHING = {
    "replayed": 0,
    "stored": 0,
    "partial": 0,
    "still_bad": 0,
    "cut": 0,
    "readings": 0,
    "more": False,
}


@pytest.fixture
def api(database, django_user_model) -> APIClient:
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_user("operator"))
    return client


def test_one_message_is_replayed(api, pump) -> None:
    kept = quarantine(b'{"t":1}')
    quarantine(b'{"t":2}')
    answer = api.post(f"/api/v1/quarantine/{kept.pk}/replay/")
    assert answer.json() == NOTHING | {"replayed": 1, "stored": 1, "readings": 1}
    assert QuarantinedMessage.objects.count() == 1
    assert api.post(f"/api/v1/quarantine/{kept.pk}/replay/").status_code == 404


def test_messages_are_replayed_by_filter_up_to_a_limit(api, pump, monkeypatch) -> None:
    monkeypatch.setattr("bridge.quarantine.api.MAX_REPLAY", 2)
    for number in range(3):
        quarantine(b'{"t":%d}' % number)
    quarantine(b'{"t":9}', uid="stranger")
    wanted = {"uid": "pump-1", "reason": "unknown_device", "from": AT_MS, "to": "2026-11-23"}
    answer = api.post("/api/v1/quarantine/replay/", wanted, format="json")
    assert answer.json() == NOTHING | {"replayed": 2, "stored": 2, "readings": 2, "more": True}
    answer = api.post("/api/v1/quarantine/replay/", wanted, format="json")
    assert answer.json() == NOTHING | {"replayed": 1, "stored": 1, "readings": 1}
    later = {"from": AT_MS + 1}
    assert api.post("/api/v1/quarantine/replay/", later, format="json").json() == NOTHING


@pytest.mark.parametrize(
    "body",
    [{"udi": "x"}, {"reason": "no_such"}, {"from": "yesterday"}, {"to": -1}, {"from": True}, []],
)
def test_a_filter_it_does_not_know_is_refused_and_nothing_replayed(api, pump, body) -> None:
    quarantine(b'{"t":1}')
    assert api.post("/api/v1/quarantine/replay/", body, format="json").status_code == 400
    assert QuarantinedMessage.objects.count() == 1


def test_one_message_is_discarded(api) -> None:
    kept = quarantine(b"{nope")
    assert api.delete(f"/api/v1/quarantine/{kept.pk}/").status_code == 204
    assert not QuarantinedMessage.objects.exists()
    assert api.delete(f"/api/v1/quarantine/{kept.pk}/").status_code == 404


def test_who_is_not_registered_is_listed_with_what_it_sent(api, pump) -> None:
    quarantine(b'{"t":0}')
    quarantine(b"{nope", uid="new-1", reason="malformed_json")
    quarantine(b'{"ts":1795000000000,"values":{"t":1,"motor":{"rms":2}}}', uid="new-1")
    quarantine(b"online", uid="new-1", topic="devices/new-1/status")
    quarantine(b"online", uid="quiet", topic="devices/quiet/status", received_at=AT.replace(hour=5))
    quarantine(b"{}", uid="", topic="what/is/this", reason="unknown_topic")
    quarantine(b"{}", uid="L13", topic="DEVICES/L13/TELEMETRY", reason="unknown_topic")
    answer = api.get("/api/v1/unregistered/").json()
    assert answer.pop("now") > AT_MS - 86_400_000
    assert answer == {
        "total": 2,
        "next": None,
        "unregistered": [
            {
                "uid": "new-1",
                "messages": 3,
                "first_seen": AT_MS,
                "last_seen": AT_MS,
                "reasons": {"malformed_json": 1, "unknown_device": 2},
                "metrics": ["t", "motor.rms"],
                "sample": '{"ts":1795000000000,"values":{"t":1,"motor":{"rms":2}}}',
            },
            {
                "uid": "quiet",
                "messages": 1,
                "first_seen": AT_MS - 3_600_000,
                "last_seen": AT_MS - 3_600_000,
                "reasons": {"unknown_device": 1},
                "metrics": [],
                "sample": "online",
            },
        ],
    }
    assert api.get("/api/v1/unregistered/?sort=uid").status_code == 400


def test_one_click_registers_a_sender_and_stores_what_it_sent(api) -> None:
    Site.objects.create(slug="roof", name="Roof")
    quarantine(b'{"t":1}', uid="new-1")
    quarantine(b"{nope", uid="new-1", reason="malformed_json")
    answer = api.post(
        "/api/v1/unregistered/new-1/register/", {"name": "New", "site": "roof"}, format="json"
    )
    assert answer.status_code == 201
    body = answer.json()
    assert (body["device"]["uid"], body["device"]["name"]) == ("new-1", "New")
    assert body["device"]["site"] == "roof"
    assert "token" not in body["device"]
    assert Device.objects.get(uid="new-1").token_digest == token_digest(body["token"])
    assert body["replay"] == NOTHING | {"replayed": 2, "stored": 1, "still_bad": 1, "readings": 1}
    assert readings() == [("t", AT_MS, "1")]
    assert api.get("/api/v1/unregistered/").json()["unregistered"] == []


def test_a_device_that_is_registered_or_has_no_possible_uid_is_refused(api, pump) -> None:
    for uid in ("pump-1", "a b"):
        answer = api.post(f"/api/v1/unregistered/{uid}/register/", {}, format="json")
        assert answer.status_code == 400
        assert "uid" in json.loads(answer.content)
    assert Device.objects.count() == 1


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("post", "quarantine/1/replay/"),
        ("post", "quarantine/replay/"),
        ("delete", "quarantine/1/"),
        ("get", "unregistered/"),
        ("post", "unregistered/new-1/register/"),
    ],
)
def test_all_of_it_needs_a_login(database, method, address) -> None:
    assert getattr(APIClient(), method)(f"/api/v1/{address}").status_code == 401


def test_who_is_registered_has_the_token_though_the_replay_fails(api) -> None:
    quarantine(b'{"t":1}', uid="pump-1")

    def fail(execute, sql, params, many, context):
        if "SKIP LOCKED" in sql:
            raise OperationalError("the database goes down")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        answer = api.post("/api/v1/unregistered/pump-1/register/", {}, format="json")
    assert answer.status_code == 201
    assert answer.json()["replay"] == NOTHING | {"more": True}
    token = answer.json()["token"]
    assert Device.objects.get(uid="pump-1").token_digest == token_digest(token)
