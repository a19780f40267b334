"""What is answered where there is no answer."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
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


FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON django_session EXECUTE FUNCTION full_disk();
CREATE TRIGGER full_disk BEFORE INSERT ON devices_device EXECUTE FUNCTION full_disk();
"""


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_of_the_database_is_named(client: Client):
    """A log-in said 500, "Ingestion is not affected"."""
    user = get_user_model().objects.create_user("olga", password="a passphrase of the tests")
    client.force_login(user)
    stranger = Client(raise_request_exception=False)
    with connection.cursor() as cursor:
        cursor.execute(FULL)
    try:
        sent = {"username": "olga", "password": "a passphrase of the tests"}
        page = stranger.post("/login/", sent)
        told = client.post("/api/v1/devices/", {"uid": "a"}, "application/json")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION full_disk CASCADE")
    assert (page.status_code, told.status_code) == (503, 503)
    assert "The database's disk is full" in page.content.decode()
    assert "send it again" in page.content.decode()
    assert "does not answer" not in page.content.decode()
    assert "disk is full" in told.json()["detail"]
