"""What is answered where there is no answer."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from devices.models import Device

pytestmark = pytest.mark.django_db


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_user("olga"))
    return client


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_write_without_the_slash_is_told_the_address_and_does_nothing(viewer: Client, method):
    answer = getattr(viewer, method)("/api/v1/devices", {"uid": "a"}, "application/json")
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith("It ends in a slash: /api/v1/devices/")
    assert not Device.objects.exists()


def test_a_reader_without_the_slash_is_sent_on(viewer: Client):
    answer = viewer.get("/api/v1/devices?kind=freezer")
    assert (answer.status_code, answer["Location"]) == (301, "/api/v1/devices/?kind=freezer")
    assert viewer.get("/pipeline")["Location"] == "/pipeline/"


def test_a_page_written_to_without_the_slash_names_it(viewer: Client):
    answer = viewer.post("/login", {"username": "olga"})
    assert answer.status_code == 404
    assert 'href="/login/"' in answer.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/nothing/", "/api/v2/"])
def test_the_api_says_in_json_that_nothing_is_there(viewer: Client, path: str):
    for answer in (viewer.get(path), viewer.post(path, {}, "application/json")):
        assert answer.status_code == 404
        assert "Nothing has this address" in answer.json()["detail"]


def test_a_name_that_is_not_ours_is_told_what_to_do(viewer: Client):
    answer = viewer.get("/", headers={"Host": "<i>pulse</i>.example.org"})
    assert answer.status_code == 400
    answer = viewer.get("/", headers={"Host": "pulse.example.org"})
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "<b>pulse.example.org</b>" in text
    assert "PULSEBOARD_ALLOWED_HOSTS" in text
    answer = viewer.get("/api/v1/devices/", headers={"Host": "pulse.example.org"})
    assert "PULSEBOARD_ALLOWED_HOSTS" in answer.json()["detail"]


def test_what_breaks_is_said_in_the_form_that_was_asked_for(viewer: Client, monkeypatch):
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("made up")

    viewer.raise_request_exception = False
    monkeypatch.setattr("dashboard.pages.views.FleetPage.get_context_data", break_down)
    monkeypatch.setattr("telemetry.api.fleet.FleetView.get", break_down)
    page, api = viewer.get("/"), viewer.get("/api/v1/fleet/")
    assert (page.status_code, api.status_code) == (500, 500)
    assert "Something broke on our side" in page.content.decode()
    assert "Something broke on our side" in api.json()["detail"]
