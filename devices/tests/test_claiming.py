"""Devices that register themselves with a site's key, and others that try to."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access.audit_entry import AuditEntry
from access.roles import Role
from access.tries import Tries
from devices import clock
from devices.claiming import BY_ADDRESS, NO_KEY
from devices.credentials import TOKEN_PREFIX, token_digest
from devices.models import Device, DeviceAlias, Site
from devices.provisioning_key import ProvisioningKey
from tests.granted import may

pytestmark = pytest.mark.django_db
OWN = TOKEN_PREFIX + "a-Z_0" * 9


@pytest.fixture
def site() -> Site:
    return Site.objects.create(slug="plant", name="Plant")


@pytest.fixture
def keeper(site: Site) -> APIClient:
    client = APIClient()
    client.force_authenticate(may(User.objects.create_user("keeper"), (Role.ADMINISTRATOR, site)))
    return client


@pytest.fixture
def key(keeper: APIClient) -> dict[str, str]:
    made = keeper.post("/api/v1/sites/plant/provisioning-key/")
    assert made.status_code == 201
    facts = made.json()
    return {"provisionDeviceKey": facts["key"], "provisionDeviceSecret": facts["secret"]}


def claims(asked: Any, address: str = "/api/v1/provision") -> dict[str, Any]:
    answer = APIClient().post(address, asked)
    assert answer.status_code == 200
    Tries.objects.all().delete()  # what is counted has a test of its own
    return answer.json()


def failed(asked: Any) -> str:
    before = Device.with_removed.count()
    answer = claims(asked)
    assert answer["status"] == "FAILURE"
    assert Device.with_removed.count() == before
    return answer["errorMsg"]


def test_a_key_holds_for_its_days_and_says_when_it_was_used(keeper, site):
    address = "/api/v1/sites/plant/provisioning-key/"
    assert keeper.post(address, {"days": 0}).status_code == 400
    made = keeper.post(address, {"days": 2}).json()
    assert made["expires"] == pytest.approx(made["created"] + 2 * 86_400_000, abs=60_000)
    assert keeper.get(address).json()["used"] is None
    key = {"provisionDeviceKey": made["key"], "provisionDeviceSecret": made["secret"]}
    assert claims(key)["status"] == "SUCCESS"
    assert keeper.get(address).json()["used"] >= made["created"]
    ProvisioningKey.objects.update(expires_at=clock.now())
    assert failed(key) == NO_KEY
    assert keeper.post(address).json()["expires"] is None


def test_a_device_with_the_key_registers_itself_there(key, site):
    said = claims({"deviceName": "pump", **key})
    device = Device.objects.get(uid="pump")
    assert (device.site, device.enabled) == (site, True)
    assert said == {
        "status": "SUCCESS", "credentialsType": "ACCESS_TOKEN", "deviceName": "pump",
        "credentialsValue": said["credentialsValue"],
    }  # fmt: skip
    assert device.token_digest == token_digest(said["credentialsValue"])
    unnamed = claims(key, "/api/v1/provision/")
    assert re.fullmatch(r"device-[0-9a-f]{16}", unnamed["deviceName"])
    own = claims({"deviceName": "own", "credentialsType": "ACCESS_TOKEN", "token": OWN, **key})
    assert own["credentialsValue"] == OWN
    assert Device.objects.get(uid="own").token_digest == token_digest(OWN)
    assert claims({"deviceName": "own", "token": OWN, **key}) == own  # it has not heard the answer
    entry = AuditEntry.objects.get(action="device.registered", object_id="pump")
    assert (entry.by, entry.site_id) == ("nobody", site.pk)
    assert entry.after == {"claimed_with": key["provisionDeviceKey"]}
    every = str(list(AuditEntry.objects.values()))
    assert key["provisionDeviceSecret"] not in every
    assert OWN not in every


def test_nobody_else_registers_anything_nor_takes_over_what_is_there(key, site, keeper):
    other = ProvisioningKey.objects.get().site
    far = Site.objects.create(slug="far", name="Far")
    pump = Device.objects.create(uid="pump", name="pump", site=far)
    Device.objects.create(uid="gone", name="gone", site=far, removed_at="2026-01-01T00:00Z")
    DeviceAlias.objects.create(alias="was", device=pump)
    known = Device(uid="known", name="known", site=other)
    known.issue_token(given=OWN)
    known.save()
    secret = {"provisionDeviceSecret": key["provisionDeviceSecret"]}
    for wrong in (
        {}, [], {**key, "provisionDeviceSecret": ""}, {**key, "provisionDeviceSecret": None},
        {**key, "provisionDeviceKey": "\0"}, secret, {**key, "provisionDeviceSecret": ["x"]},
        {**secret, "provisionDeviceKey": ProvisioningKey.objects.get().digest},
    ):  # fmt: skip
        assert failed(wrong) == NO_KEY
    for uid in ("pump", "gone", "was"):
        assert failed({"deviceName": uid, **key}) == "A device of this name is there already."
    for uid in ("a/b", "+", "pump.2", "x" * 65, 5, ["a"], {"a": 1}):
        assert failed({"deviceName": uid, **key}).startswith("deviceName: ")
    for token in ("short", "a" * 60, TOKEN_PREFIX + "é" * 43, 5, OWN + "\n"):
        assert failed({"deviceName": "new", "token": token, **key}).startswith("token: pd_")
    assert failed({"deviceName": "new", "token": OWN, **key}) == "token: another device has it."
    assert "ACCESS_TOKEN" in failed({"credentialsType": "X509_CERTIFICATE", **key})
    assert keeper.delete("/api/v1/sites/plant/provisioning-key/").status_code == 204
    assert failed({"deviceName": "new", **key}) == NO_KEY


def test_a_key_is_made_by_who_administers_the_site_and_replaced_at_once(key, keeper, site):
    address = "/api/v1/sites/plant/provisioning-key/"
    assert keeper.get(address).json().keys() == {"key", "created", "expires", "used"}
    again = keeper.post(address).json()
    assert failed({"deviceName": "new", **key}) == NO_KEY
    now = {"provisionDeviceKey": again["key"], "provisionDeviceSecret": again["secret"]}
    assert claims({"deviceName": "new", **now})["status"] == "SUCCESS"
    assert again["secret"] not in str(list(ProvisioningKey.objects.values()))
    far = Site.objects.create(slug="far", name="Far")
    for role, where, status in (
        (Role.OPERATOR, site, 403), (Role.VIEWER, site, 403), (Role.ADMINISTRATOR, far, 404),
    ):  # fmt: skip
        client = APIClient()
        name = f"{role.name}-{where.slug}"
        client.force_authenticate(may(User.objects.create_user(name), (role, where)))
        assert client.post(address).status_code == status
        assert client.delete(address).status_code == status
    assert APIClient().post(address).status_code == 401
    assert ProvisioningKey.objects.get().key == again["key"]


def test_who_guesses_is_told_to_wait(key):
    wrong = {**key, "provisionDeviceSecret": "guess"}
    statuses = [
        APIClient().post("/api/v1/provision", wrong).status_code for _ in range(BY_ADDRESS.at_once)
    ]
    assert set(statuses) == {200}
    answer = APIClient().post("/api/v1/provision", {"deviceName": "new", **key})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert not Device.objects.exists()


def test_half_a_surrogate_pair_is_no_key():
    for name in ("provisionDeviceKey", "provisionDeviceSecret"):
        asked = {"provisionDeviceKey": "k", "provisionDeviceSecret": "s", name: "\ud800"}
        body = json.dumps(asked)  # which escapes what the client could not encode
        answer = APIClient().generic("POST", "/api/v1/provision", body, "application/json")
        assert answer.json() == {"status": "FAILURE", "errorMsg": NO_KEY}
