"""Saved views: one's own and shared, by name and by address; and what cards show."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework.test import APIClient

from access.scope import Scope
from dashboard.api import saved_views
from dashboard.models import CardTemplate, SavedView
from devices.models import Device, Site
from telemetry.models import Series

pytestmark = pytest.mark.django_db
VIEWS, CARDS, SEARCH = "/api/v1/views/", "/api/v1/cards/", "/api/v1/search/"


def client_of(name: str) -> APIClient:
    client = APIClient()
    user, _ = get_user_model().objects.get_or_create(username=name)
    client.force_authenticate(user)
    return client


def test_a_view_is_ones_own_until_it_is_shared():
    olga, egon = client_of("olga"), client_of("egon")
    body = {"name": "Cold rooms", "path": "/?site=harbour&order=name"}
    made = olga.post(VIEWS, body).json()
    assert made == {"id": made["id"], **body, "shared": False}
    assert egon.get(VIEWS).json() == {"views": []}
    own = f"{VIEWS}{made['id']}/"
    for method, data in (("get", None), ("patch", {"name": "x"}), ("delete", None)):
        assert getattr(egon, method)(own, data).status_code == 404
    # Another's name is free; one's own is not, nor is one that is shared.
    assert egon.post(VIEWS, body).status_code == 201
    assert olga.post(VIEWS, body).json() == {"name": ["Another view has this name."]}
    assert olga.patch(own, {"shared": True}).json()["shared"] is True
    assert egon.post(VIEWS, {**body, "shared": True}).status_code == 400
    assert [each["shared"] for each in egon.get(VIEWS).json()["views"]].count(True) == 1
    assert egon.patch(own, {"name": "Cold stores"}).json()["name"] == "Cold stores"
    assert egon.delete(own).status_code == 204
    assert olga.get(own).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "https://example.org/", "//example.org/", "/\\example.org/", "javascript:alert(1)", "?a=1",
        "/nothing-here/", "/views/1/", "/logout/", "http://[", "",
    ],
)  # fmt: skip
def test_a_view_leads_to_a_page_of_ours_and_nowhere_else(path: str):
    answer = client_of("olga").post(VIEWS, {"name": "n", "path": path})
    assert answer.status_code == 400
    assert set(answer.json()) == {"path"}


def test_a_view_has_an_address_that_stays_when_it_changes(client: Client):
    olga = get_user_model().objects.create_user("olga")
    view = SavedView.objects.create(name="Cold", owner=olga, path="/?search=a%26b")
    assert client.get(f"/views/{view.pk}/")["Location"].startswith("/login/")
    client.force_login(olga)
    assert client.get(f"/views/{view.pk}/")["Location"] == "/?search=a%26b"
    client.force_login(get_user_model().objects.create_user("egon"))
    assert client.get(f"/views/{view.pk}/").status_code == 404


def test_who_sees_some_sites_has_views_and_shares_none(monkeypatch: pytest.MonkeyPatch):
    SavedView.objects.create(name="All", path="/")
    narrow = Scope(frozenset({1}))
    monkeypatch.setattr(Scope, "of", classmethod(lambda _cls, _who: narrow))
    olga = client_of("olga")
    assert olga.post(VIEWS, {"name": "Mine", "path": "/"}).status_code == 201
    assert olga.post(VIEWS, {"name": "Ours", "path": "/", "shared": True}).status_code == 403
    assert [each["name"] for each in olga.get(VIEWS).json()["views"]] == ["Mine"]


def test_the_views_of_one_person_are_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(saved_views, "MAX_VIEWS", 2)
    olga = client_of("olga")
    made = [olga.post(VIEWS, {"name": str(n), "path": "/"}).status_code for n in range(3)]
    assert made == [201, 201, 400]
    # Those that are there can still be changed.
    first = olga.get(VIEWS).json()["views"][0]["id"]
    assert olga.patch(f"{VIEWS}{first}/", {"path": "/alerts/"}).status_code == 200


def test_a_card_is_said_once_for_all_of_a_kind():
    olga = client_of("olga")
    body = {"kind": "freezer", "main": "temperature", "others": ["humidity"], "bar": "temperature"}
    made = olga.put(CARDS, body).json()
    assert made == {"id": made["id"], "word": "", **body}
    again = olga.put(CARDS, {"kind": "freezer", "word": "door"}).json()
    assert again == {**made, "main": "", "others": [], "bar": "", "word": "door"}
    assert olga.get(CARDS).json() == {"cards": [again]}
    assert olga.put(CARDS, {"kind": "", "others": list("abcd")}).status_code == 400
    assert olga.put(CARDS, {"kind": "", "colour": "red"}).status_code == 400
    assert olga.delete(f"{CARDS}{made['id']}/").status_code == 204
    assert not CardTemplate.objects.exists()


def test_everything_with_a_name_is_found_and_what_begins_so_comes_first():
    harbour = Site.objects.create(slug="harbour", name="Harbour plant")
    for uid, name in (("b-1", "Old freezer"), ("a-1", "Freezer 7")):
        Device.objects.create(uid=uid, name=name, kind="freezer", site=harbour, tags=["haccp"])
    device = Device.objects.get(uid="a-1")
    Series.objects.create(device=device, metric="temperature", label="Chamber", unit="°C")
    SavedView.objects.create(name="Freezers of the harbour", path="/?site=harbour")
    olga = client_of("olga")
    found = olga.get(SEARCH, {"q": "freezer"}).json()
    assert [each["uid"] for each in found["devices"]] == ["a-1", "b-1"]
    assert found["devices"][0] == {
        "uid": "a-1", "name": "Freezer 7", "kind": "freezer", "site": "Harbour plant",
    }  # fmt: skip
    assert [each["name"] for each in found["views"]] == ["Freezers of the harbour"]
    (series,) = olga.get(SEARCH, {"q": "chamb freezer"}).json()["series"]
    assert (series["device"], series["device_name"]) == ("a-1", "Freezer 7")
    assert [each["slug"] for each in olga.get(SEARCH, {"q": "plant"}).json()["sites"]] == [
        "harbour"
    ]
    assert len(olga.get(SEARCH, {"q": "haccp", "limit": 1}).json()["devices"]) == 1
    nothing: dict[str, list[object]] = {"devices": [], "series": [], "sites": [], "views": []}
    assert olga.get(SEARCH).json() == nothing
    assert olga.get(SEARCH, {"q": "x" * 201}).status_code == 400
