"""Registering, reading, changing and deleting devices over REST."""

import hashlib
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from devices import clock
from devices.credentials import token_digest
from devices.models import Device
from devices.token_owners import owners_of

DEVICES = "/api/v1/devices/"


@pytest.fixture
def freezer(api):
    response = api.post(DEVICES, {"uid": "freezer-1", "name": "Freezer"})
    assert response.status_code == 201, response.json()
    return response.json()


def test_create_answers_the_token_once_and_keeps_only_its_digest(api, freezer):
    device = Device.objects.get(uid="freezer-1")
    assert freezer["token"].startswith("pd_")
    assert device.token_digest == hashlib.sha256(freezer["token"].encode()).hexdigest()
    assert freezer["token"].startswith(device.token_prefix)
    assert 8 <= len(device.token_prefix) <= 12
    read = api.get(f"{DEVICES}freezer-1/").json()
    assert "token" not in read
    assert read == {key: value for key, value in freezer.items() if key != "token"}


def test_create_keeps_every_field(api, site):
    body = {
        "uid": "m-1",
        "name": "Motor",
        "site": "roof",
        "kind": "motor",
        "tags": ["Line  4", "spare", "line 4 "],
        "enabled": False,
        "expected_interval": 0.5,
        "location": "hall",
        "latitude": 47.5,
        "longitude": 9.25,
        "notes": "n",
        "metadata": {"a": {"b": [1, None, "ü"]}},
    }
    created = api.post(DEVICES, body)
    assert created.status_code == 201, created.json()
    read = api.get(f"{DEVICES}m-1/").json()
    assert {key: read[key] for key in body} == {**body, "tags": ["line 4", "spare"]}
    assert read["presence"] == {
        "connection": "unknown",
        "since": None,
        "last_seen": None,
        "lead": 0,
        "clock_replaced": None,
    }


def test_name_is_the_uid_when_not_given(api):
    assert api.post(DEVICES, {"uid": "u-1"}).json()["name"] == "u-1"


def test_rotate_gives_a_new_token_once(api, freezer):
    rotated = api.post(f"{DEVICES}freezer-1/rotate-token/")
    assert rotated.status_code == 200
    token = rotated.json()["token"]
    assert token != freezer["token"]
    stored = Device.objects.get(uid="freezer-1").token_digest
    assert stored == hashlib.sha256(token.encode()).hexdigest()


def test_the_old_token_works_beside_the_new_one_for_as_long_as_is_chosen(api, freezer):
    url = f"{DEVICES}freezer-1/rotate-token/"
    second = api.post(url, {"keep": 600}).json()
    assert (freezer["mqtt_username"], second["mqtt_username"]) == ("freezer-1", "freezer-1.2")
    assert owners(freezer, second) == {"freezer-1"}
    left = datetime.fromisoformat(second["former_token_until"]) - clock.now()
    assert timedelta(minutes=9) < left <= timedelta(minutes=10)
    assert api.get(f"{DEVICES}freezer-1/").json()["former_token_until"]
    third = api.post(url).json()  # for an hour, and the first is out of the way
    assert third["mqtt_username"] == "freezer-1"
    assert owners(freezer) == set()
    assert owners(second) == owners(third) == {"freezer-1"}
    Device.objects.update(former_until=clock.now())
    assert owners(second) == set()
    assert api.get(f"{DEVICES}freezer-1/").json()["former_token_until"] is None
    fourth = api.post(url, {"keep": 0}).json()
    assert (fourth["mqtt_username"], fourth["former_token_until"]) == ("freezer-1", None)
    assert owners(third) == set()


@pytest.mark.parametrize("keep", [-1, 604_801, "soon", None])
def test_a_token_is_kept_for_a_week_at_most(api, freezer, keep):
    assert api.post(f"{DEVICES}freezer-1/rotate-token/", {"keep": keep}).status_code == 400
    assert owners(freezer) == {"freezer-1"}


def test_a_revoked_device_has_no_token_until_it_is_given_one(api, freezer):
    second = api.post(f"{DEVICES}freezer-1/rotate-token/").json()
    assert api.post(f"{DEVICES}freezer-1/revoke-token/").status_code == 204
    assert owners(freezer, second) == set()
    read = api.get(f"{DEVICES}freezer-1/").json()
    assert (read["token_prefix"], read["former_token_until"]) == ("", None)
    assert owners(api.post(f"{DEVICES}freezer-1/rotate-token/").json()) == {"freezer-1"}
    assert owners(second, {"token": ""}) == set()


def test_a_look_for_an_owner_reads_indexes(api, freezer):
    with CaptureQueriesContext(connection) as queries:
        owners(freezer)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan" not in plan, plan


def owners(*answers):
    digests = [token_digest(answer["token"]) for answer in answers]
    return {uid for _, uid in owners_of(digests).values()}


def test_patch_changes_only_what_it_names(api, freezer, site):
    changed = api.patch(f"{DEVICES}freezer-1/", {"site": "roof", "notes": "moved"})
    assert changed.status_code == 200, changed.json()
    assert (changed.json()["site"], changed.json()["name"]) == ("roof", "Freezer")
    assert api.patch(f"{DEVICES}freezer-1/", {"site": None}).json()["site"] is None


def test_put_keeps_the_uid_and_refuses_another(api, freezer):
    url = f"{DEVICES}freezer-1/"
    assert api.put(url, {"uid": "freezer-1", "name": "F"}).status_code == 200
    refused = api.patch(url, {"uid": "freezer-2"})
    assert refused.status_code == 400
    assert "cannot change" in refused.json()["uid"][0]


def test_delete_answers_204_and_then_404(api, freezer):
    assert api.delete(f"{DEVICES}freezer-1/").status_code == 204
    gone = api.get(f"{DEVICES}freezer-1/")
    assert gone.status_code == 404
    assert "detail" in gone.json()


def test_a_taken_uid_is_told(api, freezer):
    again = api.post(DEVICES, {"uid": "freezer-1"})
    assert again.status_code == 400
    assert "registered already" in again.json()["uid"][0]


def test_an_array_is_registered_in_order_with_tokens(api, site):
    rows = [{"uid": f"d-{n}", "site": "roof"} for n in range(3)]
    response = api.post(DEVICES, rows)
    assert response.status_code == 201
    assert [row["uid"] for row in response.json()] == ["d-0", "d-1", "d-2"]
    assert len({row["token"] for row in response.json()}) == 3
    assert Device.objects.filter(site=site).count() == 3


def test_an_array_is_all_or_nothing_and_errors_stand_at_their_row(api, freezer):
    rows = [{"uid": "a"}, {"uid": "freezer-1"}, {"uid": "a"}]
    response = api.post(DEVICES, rows)
    assert response.status_code == 400
    errors = response.json()
    assert set(errors) == {"1", "2"}
    assert "registered already" in errors["1"]["uid"][0]
    assert "earlier row" in errors["2"]["uid"][0]
    assert Device.objects.count() == 1


def test_each_bad_row_of_an_array_is_told(api):
    response = api.post(DEVICES, [{"uid": "a"}, 7, {"uid": "b", "site": "nowhere"}])
    assert response.status_code == 400
    errors = response.json()
    assert set(errors) == {"1", "2"}
    assert "non_field_errors" in errors["1"]
    assert "nowhere" in errors["2"]["site"][0]
    assert Device.objects.count() == 0


@pytest.mark.parametrize("count", [0, 501])
def test_an_array_has_bounds(api, count):
    response = api.post(DEVICES, [{"uid": f"d-{n}"} for n in range(count)])
    assert response.status_code == 400
    assert Device.objects.count() == 0


def test_500_devices_take_few_queries(api, site, django_assert_max_num_queries):
    rows = [{"uid": f"d-{n}", "site": "roof", "tags": ["t"]} for n in range(500)]
    with django_assert_max_num_queries(12):
        response = api.post(DEVICES, rows)
    assert response.status_code == 201
    assert Device.objects.count() == 500
