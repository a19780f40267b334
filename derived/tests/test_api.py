"""Derived series over REST: made, tried, changed, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from rest_framework.test import APIClient

from access.roles import Role
from derived.models import DerivedSeries
from derived.tests.made import device, series, write
from devices import clock
from devices.models import Site
from telemetry.models import Series
from telemetry.moments import to_us
from tests.granted import may

MINUTE = 60_000_000


@pytest.fixture
def api(db: None) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("ana"))
    return client


def body(formula: str, **sources: Series) -> dict[str, Any]:
    return {
        "formula": formula,
        "inputs": [{"name": name, "series": each.pk} for name, each in sources.items()],
    }


def test_one_is_made_read_changed_and_removed(api: APIClient) -> None:
    t, rh = series("temperature", unit="°C"), series("humidity", unit="%")
    new = {"device": "boiler", "metric": "dew_point", **body("dew_point(t, rh)", t=t, rh=rh)}
    made = api.post("/api/v1/derived/", new | {"backfill_from": "2026-01-01T00:00Z"})
    assert made.status_code == 201, made.json()
    found = made.json()
    assert (found["series"]["unit"], found["series"]["kind"]) == ("°C", "gauge")
    assert (found["at"], found["state"], found["device"]) == ("t", "computing", "boiler")
    assert [each["hold"] for each in found["inputs"]] == [180.0, 180.0]
    assert found["backfill"]["state"] == "running"
    assert api.get("/api/v1/derived/").json()["derived"] == [found]
    one = f"/api/v1/derived/{found['id']}/"
    assert api.patch(one, {"inputs": [{}]}).status_code == 400
    off = api.patch(one, {"enabled": False}).json()
    assert (off["state"], off["revision"]) == ("off", 1)
    other = api.patch(one, {"formula": "t > rh or t < 0"}).json()
    assert "cannot be compared" in other["formula"][0]
    other = api.patch(one, {"enabled": True, **body("t > 3", t=t)}).json()
    assert (other["series"]["kind"], other["revision"]) == ("boolean", 2)
    asked = api.post(f"{one}backfill/", {"from": "2026-02-01T00:00Z"}).json()
    assert asked["backfill"]["estimate"] == 0
    assert api.delete(f"{one}backfill/").status_code == 204
    assert api.get(one).json()["backfill"]["state"] == "cancelled"
    t.delete()
    stopped = api.get(one).json()
    assert (stopped["state"], stopped["inputs"][0]["deleted"]) == ("stopped", True)
    assert stopped["problem"] == "t has no series any more: choose another."
    assert api.delete(one).status_code == 204
    assert not Series.objects.filter(metric="dew_point").exists()
    assert api.get(one).status_code == 404


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"formula": "t +"}, "formula", "At character 4: here the formula ends"),
        ({"formula": "t + door"}, "formula", "At character 5: + takes numbers"),
        ({"formula": "t + u"}, "inputs", "Choose a series for u."),
        ({"formula": "door"}, "inputs", "The formula does not name t."),
        ({"formula": "t > 1 and door", "at": "u"}, "at", "Name one of the inputs."),
        ({"formula": "shift(t, 300d) > 1 and door"}, "formula", "It needs readings of 300 days"),
        ({"formula": "t" * 1001}, "formula", "no more than 1000 characters"),
        ({"device": "nobody"}, "device", "No such device."),
        ({"metric": "temperature"}, "metric", "The device has a series of this name already."),
        ({"metric": "a\x00b"}, "metric", "holds a NUL"),
        ({"inputs": [{"name": "t", "series": 999_999}]}, "inputs", "No such series: t."),
        ({"inputs": [{"name": "t; drop", "series": 1}]}, "inputs", "does not match"),
        ({"parrot": 1}, "parrot", "There is no such field."),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    api: APIClient, settings: Any, given: dict[str, Any], field: str, said: str
) -> None:
    settings.RETENTION_DAYS = 90
    t, door = series("temperature", unit="°C"), series("door", kind="boolean")
    new = {"device": "boiler", "metric": "m", **body("t > 1 and door", t=t, door=door)}
    answer = api.post("/api/v1/derived/", new | given)
    assert answer.status_code == 400
    assert said in str(answer.json()[field])
    assert not DerivedSeries.objects.exists()


def test_words_are_no_numbers_and_two_inputs_have_two_names(api: APIClient) -> None:
    word = series("mode", kind="text")
    answer = api.post("/api/v1/derived/preview/", body("a", a=word))
    assert answer.json()["errors"] == {"inputs": "mode has texts, which no formula takes."}
    twice = body("a", a=series("a"))
    twice["inputs"] *= 2
    assert api.post("/api/v1/derived/preview/", twice).status_code == 400


def test_a_formula_is_tried_on_the_last_hours_and_nothing_is_stored(api: APIClient) -> None:
    a = series("a", unit="W")
    now = to_us(clock.now()) // MINUTE * MINUTE
    write(a.pk, {now - n * MINUTE: float(n) for n in range(400)})
    tried = api.post("/api/v1/derived/preview/", body("mean(a, 2min) * 2", a=a)).json()
    assert (tried["errors"], tried["kind"], tried["unit"]) == ({}, "gauge", "W")
    assert tried["points"][-1] == [now // 1_000, 1.0]
    assert 355 <= len(tried["points"]) <= 361
    assert tried["reach_ms"] == (120 + 180 + 180) * 1_000
    wrong = api.post("/api/v1/derived/preview/", body("mean(a, 2min) * (", a=a)).json()
    assert (wrong["character"], wrong["points"]) == (18, [])
    nothing = api.post("/api/v1/derived/preview/", body("", a=a)).json()
    assert nothing["errors"] == {"formula": "At character 1: there is no formula."}
    some = api.post("/api/v1/derived/preview/", body("a + b", a=a)).json()
    assert (some["names"], some["errors"]) == (["a", "b"], {"inputs": "Choose a series for b."})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading WHERE series_id <> %s", [a.pk])
        assert cursor.fetchone() == (0,)


def test_of_an_input_out_of_sight_only_the_name_is_told(
    api: APIClient,
) -> None:
    near, far = (Site.objects.create(slug=slug, name=slug) for slug in ("near", "far"))
    a = series("a", uid="secret")
    for uid, site in (("secret", far), ("boiler", near)):
        one = device(uid)
        one.site = site
        one.save()
    new = {"device": "boiler", "metric": "m", **body("a * 2", a=a)}
    made = api.post("/api/v1/derived/", new).json()
    for user in User.objects.all():
        may(user, (Role.ADMINISTRATOR, near))
    found = api.get(f"/api/v1/derived/{made['id']}/").json()
    hidden = {"series": None, "device": "", "metric": "", "unit": ""}
    assert found["inputs"] == [{"name": "a", "hold": 180.0, "deleted": False, **hidden}]
    answer = api.patch(f"/api/v1/derived/{made['id']}/", {"formula": "a * 3"})
    assert answer.json() == {"inputs": ["No such series: a."]}
