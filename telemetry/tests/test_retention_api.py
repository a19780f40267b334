"""Rules of retention over REST: what one would remove is said before it is stored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rest_framework.test import APIClient

from access.roles import Role
from devices.models import Device, Site
from telemetry.models import RetentionRule
from telemetry.moments import to_ms
from telemetry.storage import kept, retention, rollups
from telemetry.tests.written import series, write
from tests.granted import may

pytestmark = pytest.mark.usefixtures("transactional_db")  # rollups are in transactions of their own

DAY = 86_400_000
URL = "/api/v1/retention/"


@pytest.fixture
def client(admin_user) -> APIClient:
    found = APIClient()
    found.force_authenticate(admin_user)
    return found


def test_what_a_rule_would_remove_is_said_first(settings, client) -> None:
    settings.RETENTION_DAYS = settings.ROLLUP_RETENTION_DAYS = 365
    now = datetime.now(UTC)
    one, other = series(uid="one"), series(uid="other")
    for each in (one, other):
        write(each.pk, [(to_ms(now) - n * DAY, float(n)) for n in (1, 20, 20.01, 90, 400)])
    rollups.run(now)
    asked = {"device": "one", "raw_days": 7, "minute_days": 30}

    tried = client.post(f"{URL}?dry_run=1", asked, format="json")

    assert tried.status_code == 200, tried.json()
    assert not RetentionRule.objects.exists()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    said = tried.json()["effect"]
    assert said["series"] == 1
    assert said["kept"] == [{"raw": 7, "minutes": 30, "hours": 36_500, "days": 36_500}]
    raw, minutes = said["losses"]
    assert (raw["what"], raw["readings"], raw["series"]) == ("raw", 3, 1)
    assert raw["before"] == to_ms(midnight - timedelta(days=7))
    assert raw["since"] == to_ms(midnight - timedelta(days=90))
    assert (minutes["what"], minutes["days"], minutes["readings"]) == ("minutes", 1, 1)
    assert said["begins"] >= to_ms(now + retention.GRACE) - 1000

    made = client.post(URL, asked, format="json")
    assert made.status_code == 201
    assert kept.each([one.pk], now)[one.pk].raw == midnight - timedelta(days=7)
    listed = client.get(URL).json()
    assert [(rule["device"], rule["raw_days"]) for rule in listed["rules"]] == [("one", 7)]
    assert listed["by_setting"]["raw"] == 365

    # The other way round nothing goes.
    address = f"{URL}{made.json()['id']}/"
    longer = client.patch(f"{address}?dry_run=1", {"raw_days": 400}, format="json").json()
    assert longer["effect"]["losses"] == []
    assert RetentionRule.objects.get().raw_days == 7
    assert client.delete(f"{address}?dry_run=1").json()["losses"] == []
    assert client.patch(address, {"raw_days": 400}, format="json").status_code == 200
    # And then deleting it does.
    (loss, *_) = client.delete(f"{address}?dry_run=1").json()["losses"]
    assert (loss["what"], loss["series"], loss["readings"]) == ("raw", 1, 1)
    assert client.delete(address).status_code == 204
    assert not RetentionRule.objects.exists()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"raw_days": 7}, "detail"),
        ({"device": "one", "kind": "freezer", "raw_days": 7}, "detail"),
        ({"device": "nobody", "raw_days": 7}, "device"),
        ({"device": "one"}, "raw_days"),
        ({"device": "one", "raw_days": 0}, "raw_days"),
        ({"device": "one", "raw_days": 36_501}, "raw_days"),
        ({"device": "one", "weeks": 7}, "weeks"),
    ],
)
def test_what_is_no_rule_is_refused(client, asked, field: str) -> None:
    Device.objects.create(uid="one", name="One")
    answer = client.post(URL, asked, format="json")
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_a_rule_is_for_who_administers_where_it_holds(client, django_user_model) -> None:
    near, far = (Site.objects.create(slug=name, name=name) for name in ("near", "far"))
    Device.objects.create(uid="near-1", name="N", site=near)
    someone = django_user_model.objects.create_user("someone", password="x" * 20)
    may(someone, (Role.ADMINISTRATOR, near), (Role.OPERATOR, far))
    theirs = APIClient()
    theirs.force_authenticate(someone)
    assert theirs.post(URL, {"device": "near-1", "raw_days": 9}, format="json").status_code == 201
    assert theirs.post(URL, {"site": "far", "raw_days": 9}, format="json").status_code == 403
    assert theirs.post(URL, {"kind": "pump", "raw_days": 9}, format="json").status_code == 403
    assert client.post(URL, {"kind": "pump", "raw_days": 9}, format="json").status_code == 201
    twice = client.post(URL, {"kind": "pump", "raw_days": 10}, format="json")
    assert list(twice.json()) == ["kind"]
    # Of another's kind there is nothing to be seen.
    assert [each["name"] for each in theirs.get(URL).json()["rules"]] == ["N"]
