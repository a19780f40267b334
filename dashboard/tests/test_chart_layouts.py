"""How a person lays out the charts of a device: theirs alone, and of what they see."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from access.roles import Role
from dashboard.models import MAX_LAYOUT, ChartLayout
from devices.models import Device, Site
from tests.granted import may

pytestmark = pytest.mark.django_db
PATH = "/api/v1/charts/pump-1/"


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_layout_is_ones_own_and_of_what_one_sees():
    site = Site.objects.create(slug="plant", name="Plant")
    pump = Device.objects.create(uid="pump-1", name="Pump", site=site)
    olga, nan, eve = (User.objects.create_user(name) for name in ("olga", "nan", "eve"))
    may(nan, (Role.VIEWER, site))
    may(eve)
    assert client_of(olga).get(PATH).json() == {"layout": ""}
    for user, layout in ((olga, '{"pinned":["t"]}'), (nan, '{"hidden":["t"]}'), (olga, "")):
        answer = client_of(user).put(PATH, {"layout": layout})
        assert (answer.status_code, answer.json()) == (200, {"layout": layout})
    assert ChartLayout.of(nan, pump) == '{"hidden":["t"]}'
    # The usual one is a choice too, on every machine of hers.
    assert ChartLayout.of(olga, pump) == ""
    assert ChartLayout.of(eve, pump) is None
    assert client_of(eve).put(PATH, {"layout": ""}).status_code == 404
    assert client_of(olga).put(PATH, {"layout": "x" * (MAX_LAYOUT + 1)}).status_code == 400
    client = APIClient()
    client.force_login(nan)
    facts = client.get("/devices/pump-1/").context["facts"]
    assert facts["charts"] == '{"hidden":["t"]}'


def test_the_devices_are_the_rows_of_the_fleet():
    client = APIClient()
    client.force_login(User.objects.create_user("olga"))
    assert client.get("/devices/")["Location"] == "/?layout=rows"
