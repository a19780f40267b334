"""A device that was deleted is gone everywhere, and all of it comes back."""

from datetime import timedelta

import pytest
from django.db import connection

from devices import clock, events, removal
from devices.models import Device, DeviceAlias, Presence
from devices.registry import REFRESH_EVERY, Registry

pytestmark = pytest.mark.django_db


def make(uid, **fields):
    return Device.objects.create(uid=uid, name=uid.title(), **fields)


def measure(api, uid, **fields):
    """A new series of the device; its id."""
    answer = api.post("/api/v1/series/", {"device": uid, "metric": "t", **fields})
    return answer.json()["id"]


def count(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


def send(api, path, *uids):
    answer = api.post(f"/api/v1/{path}/", {"uids": uids})
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_removed_device_is_nowhere_and_comes_back_as_it_was(api, site):
    device = make("a", site=site, tags=["roof"], enabled=False)
    token = device.issue_token()
    device.save()
    series = measure(api, "a", unit="°C")
    DeviceAlias.objects.create(device=device, alias="old-a")
    Presence.objects.create(device=device, last_seen_at=clock.now())
    before = api.get("/api/v1/devices/a/").json()

    assert send(api, "removed-devices", "a", "x") == {"total": 1, "uids": ["a"], "missing": ["x"]}

    assert api.get("/api/v1/devices/a/").status_code == 404
    assert api.get("/api/v1/devices/").json()["count"] == 0
    assert api.get("/api/v1/fleet/").json()["devices"] == []
    assert api.get("/api/v1/series/").json()["count"] == 0
    assert api.get(f"/api/v1/readings/?series={series}").status_code in (400, 404)
    assert api.get("/api/v1/sites/roof/").json()["device_count"] == 0
    (listed,) = api.get("/api/v1/removed-devices/").json()["results"]
    assert (listed["uid"], listed["by"], listed["site"]) == ("a", "operator", "roof")
    assert listed["gone"] - listed["removed"] == removal.KEPT.total_seconds() * 1000

    assert send(api, "restored-devices", "a") == {"total": 1, "uids": ["a"], "missing": []}

    after = api.get("/api/v1/devices/a/").json()
    assert after.pop("updated_at") > before.pop("updated_at")
    assert after == before
    assert Device.objects.get(uid="a").token_digest == device.token_digest
    assert token.startswith(after["token_prefix"])
    (listed,) = api.get("/api/v1/series/").json()["results"]
    assert (listed["id"], listed["unit"]) == (series, "°C")
    assert api.get("/api/v1/removed-devices/").json()["count"] == 0


def test_its_uid_stays_taken_until_it_is_deleted_for_good(api):
    make("a")
    send(api, "removed-devices", "a")
    refused = api.post("/api/v1/devices/", {"uid": "a"})
    assert refused.status_code == 400
    assert "was deleted" in refused.json()["uid"][0]
    assert api.delete("/api/v1/devices/a/").status_code == 204
    assert api.post("/api/v1/devices/", {"uid": "a"}).status_code == 201
    assert send(api, "restored-devices", "a")["total"] == 1  # it is there: as one wants it


def test_doing_it_twice_changes_nothing(api, django_user_model):
    make("a")
    send(api, "removed-devices", "a")
    first = Device.with_removed.get(uid="a")
    other = django_user_model.objects.create_user("other")
    removal.remove(Device.with_removed.get_queryset(), ["a", "a"], other)
    again = Device.with_removed.get(uid="a")
    assert (again.removed_at, again.removed_by) == (first.removed_at, first.removed_by)
    send(api, "restored-devices", "a", "a")
    restored = Device.objects.get(uid="a").updated_at
    send(api, "restored-devices", "a")
    assert Device.objects.get(uid="a").updated_at == restored


def test_in_the_end_it_is_deleted_with_all_it_had(api):
    for uid in ("long", "new", "kept"):
        make(uid)
        measure(api, uid)
    send(api, "removed-devices", "long", "new")
    now = clock.now()
    Device.with_removed.filter(uid="long").update(removed_at=now - removal.KEPT)
    assert removal.delete_overdue(now + timedelta(seconds=1)) == 1
    assert set(Device.with_removed.values_list("uid", flat=True)) == {"new", "kept"}
    assert (count("telemetry_series"), count("deleted_series")) == (2, 1)
    assert send(api, "restored-devices", "long", "new")["missing"] == ["long"]


def test_the_bridge_stores_nothing_of_it_and_hears_when_it_is_back(api):
    make("a")
    registry = Registry()
    registry.refresh(now := 1e9)
    send(api, "removed-devices", "a")
    registry.refresh(now := now + REFRESH_EVERY)
    ref = registry.known("a")
    assert (ref.enabled, ref.is_removed) == (False, True)
    send(api, "restored-devices", "a")
    registry.refresh(now + REFRESH_EVERY)
    ref = registry.known("a")
    assert (ref.enabled, ref.is_removed) == (True, False)
    assert registry.appeared == {"a"}


@pytest.mark.django_db(transaction=True)
def test_open_pages_hear_of_it(api, monkeypatch):
    announced = []

    def heard():
        return [each for each in announced if each["event"] != "audit"]

    monkeypatch.setattr(events, "announce_all", announced.extend)
    make("a")
    series = measure(api, "a")
    announced.clear()
    send(api, "removed-devices", "a")
    told = [(each["event"], each.get("change"), each.get("deleted")) for each in heard()]
    assert told == [("device", "deleted", None), ("series", None, [series])]
    assert heard()[0]["device"]["kept"] is True
    announced.clear()
    send(api, "restored-devices", "a")
    told = [(each["event"], each.get("change")) for each in heard()]
    assert told == [("device", "created"), ("series", None)]
    assert [each["id"] for each in heard()[1]["series"]] == [series]
    announced.clear()
    assert api.delete("/api/v1/devices/a/").status_code == 204
    assert [each["device"]["kept"] for each in heard() if each["event"] == "device"] == [False]
