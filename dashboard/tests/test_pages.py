"""The pages as the server sends them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.test import Client

from devices.models import Device, Presence, Site
from telemetry.models import Series

pytestmark = pytest.mark.django_db
DASHBOARD = Path(__file__).resolve().parent.parent
PASSWORD = "a passphrase of the tests"


@pytest.fixture
def viewer(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_user("olga", password=PASSWORD))
    return client


@pytest.fixture
def device() -> Device:
    site = Site.objects.create(slug="harbour", name="Harbour plant")
    device = Device.objects.create(
        uid="freezer-1", name="<b>Freezer</b>", site=site, metadata={"model": "</script><i>"}
    )
    Series.objects.create(device=device, metric="temperature", unit="°C", precision=1)
    return device


@pytest.mark.parametrize(
    "path", ["/", "/devices/freezer-1/", "/pipeline/", "/quarantine/", "/sites/"]
)
def test_a_page_asks_who_looks(client: Client, device: Device, path: str):
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, f"/login/?next={path}")


def test_login_leads_where_one_wanted_to_go(client: Client):
    get_user_model().objects.create_user("olga", password=PASSWORD)
    form = {"username": "olga", "password": PASSWORD, "next": "/pipeline/"}
    assert client.post("/login/", form)["Location"] == "/pipeline/"


def test_a_wrong_password_is_said_and_the_name_is_kept(client: Client):
    text = client.post("/login/", {"username": "olga", "password": "wrong"}).content.decode()
    assert "do not match an active account" in text
    assert 'value="olga"' in text


def test_logging_out_takes_a_post(viewer: Client):
    assert viewer.get("/logout/").status_code == 405
    assert viewer.post("/logout/")["Location"] == "/login/"
    assert viewer.get("/").status_code == 302


def test_the_fleet_offers_its_sites(viewer: Client, device: Device):
    text = viewer.get("/").content.decode()
    assert '<option value="harbour">Harbour plant</option>' in text
    assert 'aria-current="page"' in text


def test_admin_is_offered_to_staff_only(viewer: Client, device: Device):
    assert "/admin/" not in viewer.get("/").content.decode()
    get_user_model().objects.update(is_staff=True)
    assert "/admin/" in viewer.get("/").content.decode()


def test_a_device_page_carries_its_facts(viewer: Client, device: Device):
    presence = Presence.objects.create(device=device, connection="online")
    text = viewer.get("/devices/freezer-1/").content.decode()
    found = re.search(r'<script id="device-facts" type="application/json">(.*?)</script>', text)
    facts = json.loads(found[1])
    assert facts["uid"] == "freezer-1"
    assert facts["presence"]["connection"] == presence.connection
    assert [(s["metric"], s["unit"]) for s in facts["series"]] == [("temperature", "°C")]


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        ({"temperature": [{"value": -15}]}, {"temperature": [{"value": -15, "label": ""}]}),
        ("written past the forms", {}),
    ],
)
def test_thresholds_go_to_the_charts_and_not_among_the_facts(
    viewer: Client, device: Device, kept: object, shown: object
):
    Device.objects.update(metadata={"thresholds": kept, "model": "M7"})
    text = viewer.get("/devices/freezer-1/").content.decode()
    found = re.search(r'<script id="device-facts" type="application/json">(.*?)</script>', text)
    assert json.loads(found[1])["thresholds"] == shown
    assert "<dt>model</dt>" in text
    assert "<dt>thresholds</dt>" not in text


def test_what_a_device_is_called_is_never_markup(viewer: Client, device: Device):
    text = viewer.get("/devices/freezer-1/").content.decode()
    assert "<b>Freezer" not in text
    assert "</script><i>" not in text


@pytest.mark.parametrize("uid", ["nobody", "FREEZER-1"])
def test_an_unknown_device_is_a_page_not_found(viewer: Client, device: Device, uid: str):
    answer = viewer.get(f"/devices/{uid}/")
    assert answer.status_code == 404
    assert "Nothing here" in answer.content.decode()


def test_a_page_without_an_icon_of_its_own_finds_ours(client: Client):
    answer = client.get("/favicon.ico")
    assert answer.status_code == 302
    assert finders.find(answer["Location"].removeprefix(settings.STATIC_URL))


def test_the_admin_names_no_library(viewer: Client):
    get_user_model().objects.update(is_staff=True, is_superuser=True)
    text = viewer.get("/admin/").content.decode()
    assert "API access" in text
    assert "Knox" not in text


def test_a_forged_form_is_refused_in_style():
    answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "olga"})
    assert answer.status_code == 403
    assert "Not allowed" in answer.content.decode()


def test_no_template_has_a_script_or_a_style_of_its_own():
    for path in (DASHBOARD / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path.name
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text), path.name


def test_modules_are_small_and_never_write_markup():
    modules = list((DASHBOARD / "static" / "dashboard" / "js").rglob("*.js"))
    assert len(modules) > 20
    for path in modules:
        text = path.read_text()
        assert len(text.splitlines()) <= 270, path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)
        assert ("new Chart(" in text) == (path.name == "live-chart.js"), path.name


def test_every_file_a_page_names_exists(viewer: Client, device: Device):
    for path in ("/", "/devices/freezer-1/", "/pipeline/", "/quarantine/"):
        names = re.findall(
            rf'(?:src|href)="{settings.STATIC_URL}([^"]+)"', viewer.get(path).content.decode()
        )
        assert len(names) >= 5
        assert [name for name in names if finders.find(name) is None] == []
