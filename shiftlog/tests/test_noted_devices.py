"""What somebody does to devices and sites, by REST or the admin, is in the log with who did it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from devices import removal, signals
from devices.models import Device, Site
from shiftlog.models import Entry
from telemetry.models import Series

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    return User.objects.create_superuser("olga")


@pytest.fixture
def client(olga: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(olga)
    return client


@pytest.fixture
def near() -> Site:
    return Site.objects.create(slug="near", name="Near")


def noted() -> list[tuple[str, str, str | None, str]]:
    """Kind, text, slug of the site and author, the newest last."""
    found = Entry.objects.order_by("id")
    return list(found.values_list("kind", "text", "site__slug", "author_name"))


def make(client: APIClient, uid: str, **facts: Any) -> None:
    assert client.post("/api/v1/devices/", {"uid": uid, **facts}).status_code == 201
    Entry.objects.all().delete()


def test_registering_one_and_many(client: APIClient, near: Site) -> None:
    client.post("/api/v1/devices/", {"uid": "a", "site": "near"})
    assert noted() == [("registered", "a was registered.", "near", "olga")]
    Entry.objects.all().delete()
    rows = [{"uid": f"m-{number}", "site": "near"} for number in range(12)] + [{"uid": "lone"}]
    client.post("/api/v1/devices/", rows)
    assert sorted(noted(), key=lambda each: each[1]) == [
        ("registered", "12 devices were registered.", "near", "olga"),
        ("registered", "lone was registered.", None, "olga"),
    ]
    assert Entry.objects.get(site=near).facts == {
        "devices": 12, "uids": [f"m-{number}" for number in range(12)],
    }  # fmt: skip


def test_edits_say_what_and_by_whom(client: APIClient, near: Site) -> None:
    make(client, "a", site="near", tags=["cold"])
    client.patch("/api/v1/devices/a/", {"name": "Freezer", "notes": "n" * 500})
    assert noted() == [
        ("edited", "Freezer was changed: name a → Freezer, notes.", "near", "olga"),
    ]
    (entry,) = Entry.objects.all()
    assert len(entry.facts["changed"]["notes"][1]) == 200
    client.patch("/api/v1/devices/a/", {"name": "Freezer"})  # as it is
    assert len(noted()) == 1
    Series.objects.create(device=Device.objects.get(), metric="t")
    series = Series.objects.get()
    client.patch(f"/api/v1/series/{series.pk}/", {"unit": "°C"})
    assert noted()[1:] == [
        ("series_changed", "Freezer was changed (t): unit – → °C.", "near", "olga")
    ]
    client.post("/api/v1/devices/a/rotate-token/")
    assert noted()[2:] == [("token_rotated", "Freezer has a new token.", "near", "olga")]
    assert not any("pd_" in str(each.facts) for each in Entry.objects.all())


def test_who_sees_one_site_does_not_learn_where_a_device_went_or_came_from(
    client: APIClient, near: Site
) -> None:
    far = Site.objects.create(slug="far", name="Far")
    make(client, "a", site="near")
    client.patch("/api/v1/devices/a/", {"site": "far", "kind": "freezer"})
    client.post("/api/v1/device-changes/", {"uids": ["a"], "site": "near"})
    entries = noted()
    assert entries[:3] == [
        ("edited", "a was changed: kind – → freezer.", "far", "olga"),
        ("moved", "a came to this site.", "far", "olga"),
        ("moved", "a went to another site.", "near", "olga"),
    ]
    at_near = Entry.objects.filter(site=near).values_list("text", "facts")
    at_far = Entry.objects.filter(site=far).values_list("text", "facts")
    assert "far" not in str(list(at_near)).lower()
    assert "near" not in str(list(at_far)).lower()


def test_deleting_restoring_and_deleting_for_good(client: APIClient, olga: User) -> None:
    make(client, "a")
    visible = Device.with_removed.all()
    removal.remove(visible, ["a"], olga)
    removal.restore(visible, ["a"], olga)
    client.delete("/api/v1/devices/a/")
    assert [(kind, text) for kind, text, _, _ in noted()] == [
        ("removed", "a was deleted; it can be restored."),
        ("restored", "a was restored."),
        ("deleted", "a was deleted for good."),
    ]
    # The device is gone, and the log still says which it was.
    assert set(Entry.objects.values_list("device", "uid")) == {(None, "a")}


def test_what_is_rolled_back_is_not_in_the_log(olga: User, near: Site) -> None:
    device = Device.objects.create(uid="a", name="a", site=near)
    with transaction.atomic():
        signals.tell("edited", [device], olga, changed={"name": ["a", "b"]})
        transaction.set_rollback(True)
    assert noted() == []


def test_sites(client: APIClient) -> None:
    client.post("/api/v1/sites/", {"slug": "hall", "name": "Hall"})
    client.patch("/api/v1/sites/hall/", {"name": "Big hall"})
    client.delete("/api/v1/sites/hall/")
    assert [(kind, text) for kind, text, _, _ in noted()] == [
        ("site_changed", "The site Hall was created."),
        ("site_changed", "The site Big hall was changed: name Hall → Big hall."),
        ("site_changed", "The site Big hall was deleted."),
    ]


def test_the_admin_is_no_way_around_the_log(olga: User, near: Site) -> None:
    client = Client()
    client.force_login(olga)
    base = "/admin/devices/device/"
    inline = {"series-TOTAL_FORMS": "0", "series-INITIAL_FORMS": "0"}
    body = {"uid": "a", "name": "A", "expected_interval": "60", "metadata": "{}", "tags": ""}
    assert client.post(f"{base}add/", body | inline).status_code == 302
    device = Device.objects.get()
    change = {**body, "name": "B", "site": near.pk, "enabled": "on", **inline}
    assert client.post(f"{base}{device.pk}/change/", change).status_code == 302
    for action in ("disable", "rotate_tokens"):
        client.post(base, {"action": action, "_selected_action": device.pk})
    client.post(base, {"action": "delete_selected", "_selected_action": device.pk, "post": "yes"})
    assert [kind for kind, *_ in noted()] == [
        "registered", "edited", "moved", "edited", "token_rotated", "deleted",
    ]  # fmt: skip
    assert {author for *_, author in noted()} == {"olga"}
