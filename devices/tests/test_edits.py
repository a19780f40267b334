"""Two people who edit one thing at once do not overwrite each other unseen."""

import threading

import pytest
from django.db import connection, transaction
from rest_framework.test import APIClient

from devices import signals
from devices.models import Device

pytestmark = pytest.mark.django_db


@pytest.fixture
def device(db):
    return Device.objects.create(uid="a", name="Old", tags=["x"], metadata={"k": 1.0})


@pytest.mark.parametrize(
    ("field", "was", "mine"),
    [
        ("name", "Old", "Mine"),
        ("tags", ["x"], ["x", "y"]),
        ("expected_interval", 60, 5),
        ("site", None, "roof"),
        ("metadata", {"k": 1}, {"k": 2}),
        ("latitude", None, 48.5),
    ],
)
def test_a_field_that_is_not_what_one_saw_is_not_overwritten(api, site, device, field, was, mine):
    path = "/api/v1/devices/a/"
    assert api.patch(path, {field: mine, "was": {field: was}}).status_code == 200
    stored = api.get(path).json()
    refused = api.patch(path, {field: was, "kind": "k", "was": {field: was}})
    assert refused.status_code == 409
    assert refused.json()["now"] == {field: stored[field]}
    assert api.get(path).json() == stored


def test_different_fields_are_in_nobodys_way(api, device):
    for field, was, mine in (("name", "Old", "New"), ("kind", "", "pump"), ("notes", "", "n")):
        answer = api.patch("/api/v1/devices/a/", {field: mine, "was": {field: was}})
        assert answer.status_code == 200
    device.refresh_from_db()
    assert (device.name, device.kind, device.notes) == ("New", "pump", "n")


def test_a_field_there_is_not_is_refused(api, device):
    refused = api.patch("/api/v1/devices/a/", {"name": "New", "was": {"nme": "Old"}})
    assert refused.status_code == 400
    assert refused.json() == {"was": ["There is no field 'nme'."]}


def test_series_and_sites_are_edited_alike(api, site, device):
    series = api.post("/api/v1/series/", {"device": "a", "metric": "t"}).json()["id"]
    for path, field in ((f"series/{series}", "precision"), ("sites/roof", "name")):
        was = api.get(f"/api/v1/{path}/").json()[field]
        change = {field: 3, "was": {field: was}}
        assert api.patch(f"/api/v1/{path}/", change).status_code == 200
        assert api.patch(f"/api/v1/{path}/", change).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_what_is_written_while_a_request_reads_is_not_lost(operator, device):
    """A request that names one field alone writes that alone, whatever it read before."""
    client, answers = APIClient(), []
    client.force_authenticate(operator)

    def patch():
        answers.append(client.patch("/api/v1/devices/a/", {"name": "Mine"}).status_code)
        connection.close()

    thread = threading.Thread(target=patch)
    with transaction.atomic():
        Device.objects.select_for_update().get(uid="a")
        thread.start()
        wait_for_somebody_to_wait()
        Device.objects.filter(uid="a").update(notes="theirs")
    thread.join(60)
    assert answers == [200]
    device.refresh_from_db()
    assert (device.name, device.notes) == ("Mine", "theirs")


def wait_for_somebody_to_wait():
    with connection.cursor() as cursor:
        for _ in range(6_000):
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
                " AND EXISTS (SELECT FROM pg_stat_activity WHERE pid = pg_locks.pid"
                " AND datname = current_database())"
            )
            if cursor.fetchone()[0]:
                return
            cursor.execute("SELECT pg_sleep(0.01)")
    pytest.fail("nobody waited for the row")


def test_what_was_done_is_told_with_who_did_it(api, operator, site, device):
    told = []

    def note(act, devices, by, facts, **_rest):
        told.append((act, [each.uid for each in devices], by, facts))

    signals.device_acted.connect(note)
    try:
        api.post("/api/v1/devices/", {"uid": "b"})
        api.patch("/api/v1/devices/a/", {"name": "New", "site": "roof"})
        api.patch("/api/v1/devices/a/", {"name": "New"})
        api.post("/api/v1/devices/a/rotate-token/")
        api.post("/api/v1/removed-devices/", {"uids": ["a", "b"]})
        api.post("/api/v1/restored-devices/", {"uids": ["a"]})
        api.delete("/api/v1/devices/b/")
    finally:
        signals.device_acted.disconnect(note)
    changed = {"name": ["Old", "New"], "site": [None, "roof"]}
    assert told == [
        ("registered", ["b"], operator, {}),
        ("edited", ["a"], operator, {"changed": changed}),
        ("token_rotated", ["a"], operator, {}),
        ("removed", ["a", "b"], operator, {}),
        ("restored", ["a"], operator, {}),
        ("deleted", ["b"], operator, {}),
    ]
