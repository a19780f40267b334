"""What a broker is answered that asks over HTTP: asked as one that is lied to."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from rest_framework.test import APIClient

from access.throttle import Callers
from bridge.accounts import asked
from devices import clock
from devices.models import Device, Site

SECRET = "s" * 32
DOC = (Path(configured.BASE_DIR) / "docs" / "broker-accounts.md").read_text()
ADDRESSES = re.findall(r"/api/v1/broker/[\w/]+/", DOC)


@pytest.fixture
def asks(settings, monkeypatch) -> APIClient:
    settings.BROKER_SECRET = SECRET
    monkeypatch.setattr(asked, "callers", Callers())
    return APIClient(headers={"Authorization": f"Bearer {SECRET}"})


def device(uid: str, **fields: Any) -> Device:
    made = Device(uid=uid, name=uid, **fields)
    made.issue_token()
    made.save()
    return made


def comes(asks: APIClient, username: Any, password: Any) -> bool:
    """By all forms, which must agree."""
    body = {"username": username, "password": password, "clientid": "any"}
    emqx = asks.post("/api/v1/broker/emqx/authentication/", body)
    mosquitto = asks.post("/api/v1/broker/mosquitto/user/", body)
    may = emqx.json() == {"result": "allow", "is_superuser": False}
    assert may or (emqx.status_code, emqx.json()) == (200, {"result": "deny"})
    assert (mosquitto.status_code == 200) == mosquitto.json()["ok"] == may
    more = {"peer_addr": "127.0.0.1", "peer_port": 8888, "mountpoint": "", "clean_session": False}
    for hook in ("auth_on_register", "auth_on_register_m5"):
        assert vernemq(asks, hook, {**body, **more}) == ({"result": "ok"} if may else DENIED)
    return may


DENIED = {"result": {"error": "not allowed"}}


def vernemq(asks: APIClient, hook: str, body: Any) -> Any:
    answer = asks.post("/api/v1/broker/vernemq/", body, headers={"vernemq-hook": hook})
    assert answer.status_code == 200  # with any other it takes the webhook for broken
    return answer.json()


def uses(asks: APIClient, username: str, topic: Any, action: str) -> bool:
    body = {"username": username, "topic": topic, "clientid": "any"}
    emqx = asks.post("/api/v1/broker/emqx/authorization/", {**body, "action": action})
    acc = 4 if action == "subscribe" else 2
    mosquitto = asks.post("/api/v1/broker/mosquitto/acl/", {**body, "acc": acc})
    may = emqx.json() == {"result": "allow"}
    assert (mosquitto.status_code == 200) == mosquitto.json()["ok"] == may
    of_client = {"client_id": "any", "mountpoint": "", "username": username}
    if action == "subscribe":
        hook, asked_for = "auth_on_subscribe", {"topics": [{"topic": topic, "qos": 1}]}
    else:
        sent = {"qos": 1, "payload": "aGVsbG8=", "retain": False}
        hook, asked_for = "auth_on_publish", {"topic": topic, **sent}
    said = vernemq(asks, hook, {**of_client, **asked_for})
    assert said == ({"result": "ok"} if may else DENIED)
    return may


@pytest.mark.django_db
def test_a_broker_lets_in_devices_with_the_token_of_that_user_name(asks):
    pump = device("pump")
    old = pump.token
    assert comes(asks, "pump", old)
    pump.issue_token(timedelta(hours=1))
    pump.save()
    assert comes(asks, "pump", old)
    assert comes(asks, "pump.2", pump.token)
    Device.objects.update(former_until=clock.now() - timedelta(seconds=1))
    wrong = [
        ("pump", old), ("pump", pump.token), ("pump.2", old), ("pump.2", ""), ("", pump.token),
        ("pump.2", pump.token_digest), ("other", pump.token), ("pump.2\0", pump.token),
        ("pump.2", None), (["pump.2"], [pump.token]), ({"a": 1}, 5),
    ]  # fmt: skip
    assert [each for each in wrong if comes(asks, *each)] == []
    # Escaped, as the client could not encode it.
    odd = json.dumps({"username": "pump.2\ud800", "password": "\ud800"})
    for form in ("emqx/authentication", "mosquitto/user"):
        answer = asks.generic("POST", f"/api/v1/broker/{form}/", odd, "application/json")
        assert answer.json().get("ok", answer.json().get("result")) in (False, "deny")
    for change in ({"enabled": False}, {"enabled": True, "removed_at": clock.now()}):
        Device.with_removed.update(**change)
        assert not comes(asks, "pump.2", pump.token)
        assert not uses(asks, "pump.2", "devices/pump/telemetry", "publish")
    Device.with_removed.update(removed_at=None)
    assert comes(asks, "pump.2", pump.token)


@pytest.mark.django_db
def test_a_device_uses_its_own_topics_and_a_gateway_those_of_its_children(asks):
    near, far = (Site.objects.create(slug=each, name=each) for each in ("near", "far"))
    device("gateway", site=near, mqtt_filters=["devices/child/#", "devices/far-1/#", "zig/hall/#"])
    device("child", site=near)
    device("far-1", site=far)
    mine = ("devices/gateway/telemetry", "devices/child/status", "zig/hall/lamp/set")
    for topic in mine:
        assert uses(asks, "gateway", topic, "publish"), topic
        assert uses(asks, "gateway", topic, "subscribe"), topic
    assert uses(asks, "gateway", "devices/child/#", "subscribe")
    assert uses(asks, "gateway", "zig/hall/+/set", "subscribe")
    others = ("devices/far-1/telemetry", "devices/other/telemetry", "devices", "zig/cellar/x", "",
              "$SYS/x", "/devices/gateway/x", None, 5, ["devices/gateway/x"])  # fmt: skip
    wide = ("#", "+/#", "devices/#", "devices/+/errors", "devices/+/#", "zig/#", "zig/+/a",
            "$share/g/devices/#")  # fmt: skip
    for topic in others:
        assert not uses(asks, "gateway", topic, "publish"), topic
    for topic in (*others, *wide):
        assert not uses(asks, "gateway", topic, "subscribe"), topic
    for topic in (*wide, "devices/gateway/#", "devices/gateway/+"):
        assert not uses(asks, "gateway", topic, "publish"), topic
    assert not uses(asks, "nobody", "devices/nobody/telemetry", "publish")
    odd = {"username": "gateway", "topic": "devices/gateway/x"}
    for acc in (0, 5, "x", None, [2]):
        assert asks.post("/api/v1/broker/mosquitto/acl/", {**odd, "acc": acc}).status_code == 403
    answer = asks.post("/api/v1/broker/emqx/authorization/", {**odd, "action": "all"})
    assert answer.json() == {"result": "deny"}
    topics = [{"topic": "devices/gateway/#", "qos": 2}, {"topic": "#", "qos": 1}, 5]
    both = {"username": "gateway", "topics": topics}
    assert vernemq(asks, "auth_on_subscribe_m5", both) == {
        "result": "ok",
        "topics": [
            {"topic": "devices/gateway/#", "qos": 2}, {"topic": "#", "qos": 128},
            {"topic": "", "qos": 128},
        ],
    }  # fmt: skip
    for hook, body in (
        ("auth_on_subscribe", {"username": "gateway", "topics": "devices/gateway/#"}),
        ("auth_on_subscribe", {"username": "gateway", "topics": [{"topic": "a\0"}]}),
        ("auth_on_subscribe", {"username": "gateway", "topics": topics * 40}),
        ("auth_on_subscribe", [1]),
        ("on_deliver", odd),
        ("", odd),
    ):
        assert vernemq(asks, hook, body) == DENIED


@pytest.mark.django_db
def test_only_who_knows_the_secret_is_answered_and_nobody_without_one(
    asks, settings, monkeypatch, admin_user
):
    pump = device("pump")
    person = APIClient()
    person.force_authenticate(admin_user)
    body = {"username": "pump", "password": pump.token}
    assert len(set(ADDRESSES)) == 5
    basic = base64.b64encode(f"broker:{SECRET}".encode()).decode()
    answer = APIClient(headers={"Authorization": f"Basic {basic}"}).post(
        "/api/v1/broker/mosquitto/user/", body, format="multipart"
    )
    assert answer.status_code == 415
    form = "application/x-www-form-urlencoded"
    answer = APIClient(headers={"Authorization": f"Basic {basic}"}).post(
        "/api/v1/broker/mosquitto/user/", f"username=pump&password={pump.token}", content_type=form
    )
    assert answer.status_code == 200
    for given in (
        "",
        "Bearer ",
        f"Bearer {SECRET[1:]}",
        f"Bearer {pump.token}",
        "Basic ÿÿ",
        "Basic x",
    ):
        stranger = APIClient(headers={"Authorization": given} if given else {})
        assert stranger.post(ADDRESSES[0], body).status_code == 401, given
    settings.BROKER_REQUESTS = 1
    monkeypatch.setattr(asked, "callers", Callers())
    # Ten at once and one a second: a slow machine is answered some more.
    statuses = [asks.post(ADDRESSES[0], body).status_code for _ in range(40)]
    assert statuses[:10] == [200] * 10
    assert 429 in statuses
    stranger = APIClient(headers={"Authorization": "Bearer no"})
    statuses = [stranger.post(ADDRESSES[0], body).status_code for _ in range(40)]
    assert statuses[0] == 401
    assert 429 in statuses
    settings.BROKER_SECRET = ""
    monkeypatch.setattr(asked, "callers", Callers())
    for address in ADDRESSES:
        for client in (APIClient(), person, APIClient(headers={"Authorization": "Bearer "})):
            assert client.post(address, body).status_code == 404
