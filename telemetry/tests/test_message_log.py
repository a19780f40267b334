"""The log of recent messages in a real Redis, and without one."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from devices import quick_redis
from devices.models import Device
from telemetry.live import message_log


@pytest.fixture(autouse=True)
def own_prefix(settings, monkeypatch: pytest.MonkeyPatch):
    settings.PULSEBOARD_PREFIX = f"test-{uuid4().hex}"
    monkeypatch.setattr(message_log, "_failures", 0)
    # Redis is there, if only after a moment on a busy machine.
    monkeypatch.setattr(quick_redis, "TIMEOUT", 60.0)
    url = settings.REDIS_URL
    forget_client(url)
    yield
    client = quick_redis.client(url)
    for key in client.scan_iter(f"{settings.PULSEBOARD_PREFIX}:*"):
        client.delete(key)
    forget_client(url)


def forget_client(url: str) -> None:
    quick_redis.client(url).close()
    quick_redis.client.cache_clear()
    message_log._add.cache_clear()


@pytest.fixture
def no_redis(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nothing listens on port 1


def entry(n: int, uid: str = "boiler", **facts) -> dict:
    known = {"verdict": "stored", "reason": "", "detail": "", "values": 1, "payload": "{}"}
    return {"uid": uid, "at": n, "topic": f"devices/{uid}/telemetry", "size": 2, **known, **facts}


def test_the_newest_messages_of_each_device_are_kept() -> None:
    assert message_log.record([entry(n) for n in range(40)])
    assert message_log.record([entry(n) for n in range(40, 70)] + [entry(1, uid="other")])
    assert [found["at"] for found in message_log.recent("boiler")] == list(range(69, 19, -1))
    assert len(message_log.recent("other")) == 1
    assert message_log.recent("nobody") == []


def test_an_entry_comes_back_with_its_texts_cut() -> None:
    message_log.record([entry(5, verdict="partial", reason="not_finite", payload="é" * 9000)])
    (found,) = message_log.recent("boiler")
    assert found["payload"] == "é" * message_log.MAX_PAYLOAD
    assert (found["verdict"], found["reason"], found["values"]) == ("partial", "not_finite", 1)
    assert set(found) == {
        "at", "topic", "size", "payload", "verdict", "reason", "detail", "values",
    }  # fmt: skip


def test_a_log_expires_with_its_device(settings) -> None:
    message_log.record([entry(1)])
    ttl = quick_redis.client(settings.REDIS_URL).ttl(message_log._key("boiler"))
    assert 0 < ttl <= message_log.EXPIRES


@pytest.mark.usefixtures("no_redis")
def test_a_redis_that_is_away_costs_the_entries_and_is_said_once(caplog) -> None:
    assert not message_log.record([entry(1)])
    assert not message_log.record([entry(2)])
    assert message_log.failures() >= 2
    assert len([r for r in caplog.records if r.levelname == "WARNING"]) == 1
    with pytest.raises(message_log.LogUnavailable):
        message_log.recent("boiler")


@pytest.mark.django_db
def test_messages_of_a_device_over_http(settings) -> None:
    api = APIClient()
    path = "/api/v1/devices/boiler/messages/"
    assert api.get(path).status_code in (401, 403)
    api.force_authenticate(User(username="ana", is_superuser=True))
    assert api.get(path).status_code == 404
    Device.objects.create(uid="boiler", name="Boiler")
    message_log.record([entry(1), entry(2)])
    assert [message["at"] for message in api.get(path).json()["messages"]] == [2, 1]
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = api.get(path)
    assert answer.status_code == 503
    assert "Redis" in answer.json()["detail"]
