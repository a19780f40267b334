"""The inbox over REST: adopt, ignore, merge, rename; history goes on."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from bridge.adoption.tests.conftest import NOW_US, say
from bridge.models import Candidate
from bridge.tests.test_transaction import Transaction, stored_values
from devices.models import Device, DeviceAlias, Presence, Site
from devices.registry import Registry
from telemetry.models import QuarantinedMessage, Series


@pytest.fixture
def api(admin_user) -> APIClient:
    client = APIClient()
    client.force_authenticate(admin_user)
    return client


def post(api: APIClient, path: str, body: dict, status: int = 200) -> dict:
    answer = api.post(f"/api/v1/{path}", body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json()


def test_what_waits_is_listed_with_what_it_is(hall: Transaction, api: APIClient) -> None:
    say(hall, ("lamp", {"temperature": 21.5, "humidity": 40}), ("b", {"x": 1}))
    answer = api.get("/api/v1/inbox/?convention=hall&search=LAM").json()
    assert (answer["total"], answer["conventions"]) == (1, {"hall": 2})
    (shown,) = answer["devices"]
    assert (shown["uid"], shown["kind"], shown["messages"]) == ("lamp", "climate-sensor", 1)
    assert [each["quantity"] for each in shown["metrics"]] == ["humidity", "temperature"]
    assert api.get("/api/v1/inbox/?ignored=1").json()["devices"] == []
    assert api.get("/api/v1/inbox/?sort=1").status_code == 400


def test_who_is_adopted_has_what_it_said_and_sent(hall: Transaction, api: APIClient) -> None:
    Site.objects.create(slug="attic", name="Attic")
    facts = {"name": "Lamp", "expires_after_s": 600}
    about = {"metric": "t", "unit": "°C", "label": "Air", "precision": 1, "kind": "counter"}
    say(hall, ("lamp", {"described": [facts, about]}), ("lamp", "online"))
    say(hall, ("lamp", {"t": 21.5, "at": NOW_US}), ("lamp", {"t": 22.5, "at": NOW_US + 1}))
    answer = post(api, "inbox/adopt/", {"uids": ["lamp"], "site": "attic"})
    assert (answer["adopted"], answer["refused"], answer["replay"]["stored"]) == (["lamp"], [], 2)
    device = Device.objects.get(uid="lamp")
    assert (device.name, device.site.slug, device.convention) == ("Lamp", "attic", "hall")
    assert device.expected_interval == 120
    series = device.series.get()
    assert (series.unit, series.label, series.precision, series.kind) == ("°C", "Air", 1, "counter")
    assert series.chosen == []
    assert device.presence.connection == Presence.Connection.ONLINE
    assert stored_values() == {21.5, 22.5}
    assert not Candidate.objects.exists()
    assert not QuarantinedMessage.objects.exists()


def test_all_of_a_kind_are_adopted(hall: Transaction, api: APIClient) -> None:
    say(hall, *((f"t-{n}", {"temperature": 1}) for n in range(3)), ("x", {"y": 1}))
    with CaptureQueriesContext(connection) as asked:
        answer = post(api, "inbox/adopt/", {"convention": "hall", "kind": "thermometer"})
    assert sorted(answer["adopted"]) == ["t-0", "t-1", "t-2"]
    assert answer["replay"]["stored"] == 3
    # What conventions remember, which may be much, is read once for all of them.
    assert sum('FROM "bridge_conventionstate"' in each["sql"] for each in asked) == 1
    assert list(Candidate.objects.values_list("uid", flat=True)) == ["x"]
    post(api, "inbox/adopt/", {"convention": "hall", "uids": ["x"]}, 400)
    post(api, "inbox/adopt/", {"uids": ["x"], "site": "nowhere"}, 400)


def test_a_uid_that_is_registered_meanwhile_is_told(hall: Transaction, api: APIClient) -> None:
    say(hall, ("lamp", {"t": 1}))
    Device.objects.create(uid="lamp", name="Lamp")
    answer = post(api, "inbox/adopt/", {"uids": ["lamp"]})
    assert [each["uid"] for each in answer["refused"]] == ["lamp"]


def test_who_is_registered_in_another_way_waits_no_more(hall: Transaction, api: APIClient) -> None:
    say(hall, ("lamp", {"t": 1}), ("fan", {"t": 1}))
    post(api, "devices/", {"uid": "lamp", "name": "Lamp"}, 201)
    answer = api.get("/api/v1/inbox/").json()
    assert (answer["total"], answer["conventions"]) == (1, {"hall": 1})
    assert [each["uid"] for each in answer["devices"]] == ["fan"]
    post(api, "devices/pump-1/merge/", {"other": "lamp"})
    assert [each["uid"] for each in api.get("/api/v1/inbox/").json()["devices"]] == ["fan"]
    adopted = post(api, "inbox/adopt/", {"convention": "hall"})
    assert (adopted["adopted"], adopted["refused"]) == (["fan"], [])


def test_who_is_ignored_is_out_of_the_way_until_taken_back(
    hall: Transaction, api: APIClient
) -> None:
    say(hall, ("lamp", {"t": 1}))
    assert post(api, "inbox/ignore/", {"convention": "hall"})["uids"] == ["lamp"]
    assert api.get("/api/v1/inbox/").json()["devices"] == []
    assert len(api.get("/api/v1/inbox/?ignored=1").json()["devices"]) == 1
    post(api, "inbox/ignore/", {"uids": ["lamp"], "ignored": False})
    assert len(api.get("/api/v1/inbox/").json()["devices"]) == 1


def test_who_waits_may_be_a_device_there_is(hall: Transaction, api: APIClient) -> None:
    say(hall, ("lamp", {"t": 1, "at": NOW_US}))
    answer = post(api, "inbox/lamp/merge/", {"device": "pump-1"})
    assert (answer["device"], answer["replay"]["stored"]) == ("pump-1", 1)
    assert stored_values() == {1}
    assert Series.objects.get().device.uid == "pump-1"
    assert api.get("/api/v1/devices/pump-1/aliases/").json()["aliases"] == ["lamp"]
    post(api, "inbox/nobody/merge/", {"device": "pump-1"}, 404)


def test_two_devices_become_one_with_the_history_of_both(hall: Transaction, api: APIClient) -> None:
    say(hall, ("lamp", {"t": 1, "at": NOW_US}))
    post(api, "inbox/adopt/", {"uids": ["lamp"]})
    moved = Series.objects.get(metric="t").pk
    answer = post(api, "devices/pump-1/merge/", {"other": "lamp"})
    assert answer == {"device": "pump-1", "moved": ["t"], "aliases": ["lamp"]}
    assert Series.objects.get(device__uid="pump-1").pk == moved
    assert not Device.objects.filter(uid="lamp").exists()
    registry = Registry()
    registry.refresh(1.0)
    assert registry.known("lamp") == registry.known("pump-1")
    assert api.delete("/api/v1/devices/pump-1/aliases/lamp/").status_code == 204
    registry.refresh(100.0)
    assert registry.known("lamp") is None


def test_devices_that_share_a_metric_are_not_merged(hall: Transaction, api: APIClient) -> None:
    other = Device.objects.create(uid="other", name="Other")
    for device in (other, Device.objects.get(uid="pump-1")):
        Series.objects.create(device=device, metric="t")
    Series.objects.create(device=other, metric="u")
    answer = post(api, "devices/pump-1/merge/", {"other": "other"}, 409)
    assert answer["metrics"] == ["t"]
    assert other.series.count() == 2
    post(api, "devices/pump-1/merge/", {"other": "pump-1"}, 400)


def test_a_device_keeps_its_history_under_another_uid(hall: Transaction, api: APIClient) -> None:
    device = Device.objects.get(uid="pump-1")
    registry = Registry()
    registry.refresh(1.0)
    answer = post(api, "devices/pump-1/rename/", {"uid": "pump-2"})
    assert answer == {"device": "pump-2", "aliases": ["pump-1"]}
    registry.refresh(100.0)
    assert registry.known("pump-1") == registry.known("pump-2")
    assert registry.uid_of(device.pk) == "pump-2"
    Device.objects.create(uid="taken", name="Taken")
    post(api, "devices/pump-2/rename/", {"uid": "taken"}, 409)
    # Back again.
    assert post(api, "devices/pump-2/rename/", {"uid": "pump-1"})["aliases"] == ["pump-2"]
    assert DeviceAlias.objects.count() == 1


def test_what_is_listened_to_is_shown_and_changed(hall: Transaction, api: APIClient) -> None:
    made = post(api, "listening/filters/", {"filter": "attic/+/x"}, 201)
    shown = api.get("/api/v1/listening/").json()
    assert shown["filters"] == [made]
    assert "attic/+/x" in shown["subscribed"]
    assert next(each for each in shown["conventions"] if each["name"] == "pulseboard")["on"]
    post(api, "listening/filters/", {"filter": "attic/+/x"}, 409)
    post(api, "listening/filters/", {"filter": "a/#/b"}, 400)
    assert api.delete(f"/api/v1/listening/filters/{made['id']}/").status_code == 204
    assert api.get("/api/v1/listening/").json()["filters"] == []
