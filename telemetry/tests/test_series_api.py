"""Creating, listing, changing and deleting series over REST."""

import pytest
from rest_framework.test import APIClient

from devices.models import Device
from telemetry.models import Series

SERIES = "/api/v1/series/"


@pytest.fixture
def api(db, django_user_model):
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_user("operator"))
    return client


@pytest.fixture
def device(db):
    return Device.objects.create(uid="m-1", name="Motor")


def test_create_and_read_back(api, device):
    body = {"device": "m-1", "metric": "speed", "unit": "rpm", "kind": "gauge", "precision": 1}
    created = api.post(SERIES, body)
    assert created.status_code == 201, created.json()
    read = api.get(f"{SERIES}{created.json()['id']}/").json()
    assert read == created.json()
    assert {key: read[key] for key in body} == body


def test_an_array_is_created_with_few_queries(api, device, django_assert_max_num_queries):
    rows = [{"device": "m-1", "metric": f"m{n}"} for n in range(1000)]
    with django_assert_max_num_queries(10):
        response = api.post(SERIES, rows)
    assert response.status_code == 201
    assert [row["metric"] for row in response.json()] == [f"m{n}" for n in range(1000)]
    assert Series.objects.count() == 1000


def test_an_array_is_all_or_nothing_and_errors_stand_at_their_row(api, device):
    Series.objects.create(device=device, metric="taken")
    rows = [{"device": "m-1", "metric": name} for name in ("a", "taken", "a")]
    response = api.post(SERIES, rows)
    assert response.status_code == 400
    assert set(response.json()) == {"1", "2"}
    assert Series.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"device": "other"}, "device"),
        ({"device": ["m-1"]}, "device"),
        ({"metric": ""}, "metric"),
        ({"metric": "a\x00b"}, "metric"),
        ({"metric": "m" * 201}, "metric"),
        ({"kind": "histogram"}, "kind"),
        ({"precision": 10}, "precision"),
        ({"precision": -1}, "precision"),
        ({"precision": 10**30}, "precision"),
        ({"unit": "u" * 33}, "unit"),
    ],
)
def test_bad_input_names_its_field(api, device, change, field):
    response = api.post(SERIES, {"device": "m-1", "metric": "a"} | change)
    assert response.status_code == 400
    assert set(response.json()) == {field}
    assert not Series.objects.exists()


def test_a_taken_metric_is_told(api, device):
    Series.objects.create(device=device, metric="a")
    response = api.post(SERIES, {"device": "m-1", "metric": "a"})
    assert response.status_code == 400
    assert "already" in response.json()["metric"][0]


def test_filters_search_and_order(api, device):
    other = Device.objects.create(uid="p-1", name="Pump")
    for owner, metric, kind in [
        (device, "b", "gauge"),
        (device, "a", "text"),
        (other, "a", "gauge"),
    ]:
        Series.objects.create(device=owner, metric=metric, kind=kind)

    def found(query):
        rows = api.get(SERIES + query).json()["results"]
        return [(row["device"], row["metric"]) for row in rows]

    assert found("") == [("m-1", "a"), ("m-1", "b"), ("p-1", "a")]
    assert found("?device=m-1&ordering=-metric") == [("m-1", "b"), ("m-1", "a")]
    assert found("?metric=a&kind=gauge") == [("p-1", "a")]
    assert found("?search=pump") == [("p-1", "a")]
    assert api.get(SERIES + "?device=nobody").status_code == 400


def test_display_can_change_but_identity_cannot(api, device):
    made = Series.objects.create(device=device, metric="a")
    Device.objects.create(uid="p-1", name="Pump")
    url = f"{SERIES}{made.pk}/"
    changed = api.patch(url, {"unit": "°C", "precision": None, "kind": "counter"})
    assert changed.status_code == 200, changed.json()
    for refused in ({"metric": "b"}, {"device": "p-1"}):
        assert set(api.patch(url, refused).json()) == set(refused)
    same = {"device": "m-1", "metric": "a", "kind": "gauge", "unit": "K"}
    assert api.put(url, same).status_code == 200


def test_a_series_of_words_becomes_one_of_numbers_and_back(api, device):
    made = Series.objects.create(device=device, metric="a", kind="text")
    url = f"{SERIES}{made.pk}/"
    for kind in ("gauge", "text"):
        assert api.patch(url, {"kind": kind}).json()["kind"] == kind


def test_what_an_operator_chose_is_noted(api, device):
    body = {"device": "m-1", "metric": "a", "unit": "rpm"}
    made = Series.objects.get(pk=api.post(SERIES, body).json()["id"])
    assert made.chosen == ["unit"]
    api.patch(f"{SERIES}{made.pk}/", {"kind": "counter", "unit": ""})
    made.refresh_from_db()
    assert made.chosen == ["kind"], "no unit is no choice"
    api.post(SERIES, [{"device": "m-1", "metric": "b", "kind": "boolean"}])
    assert Series.objects.get(metric="b").chosen == ["kind"]


def test_delete(api, device):
    made = Series.objects.create(device=device, metric="a")
    assert api.delete(f"{SERIES}{made.pk}/").status_code == 204
    assert api.get(f"{SERIES}{made.pk}/").status_code == 404
    assert api.get(f"{SERIES}999999999/").status_code == 404
