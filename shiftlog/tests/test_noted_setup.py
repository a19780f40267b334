"""Who is told, what is judged, read and computed: who changed it and how is in the log, for those
who may see it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from devices.models import Device, Site
from shiftlog.models import Entry
from telemetry.models import Series

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def client() -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("olga"))
    return client


def noted() -> list[tuple[str, str, str | None]]:
    """Kind, text and slug of the site, the newest last."""
    found = Entry.objects.order_by("id")
    assert set(found.values_list("author_name", flat=True)) == {"olga"}
    return list(found.values_list("kind", "text", "site__slug"))


def make(client: APIClient, path: str, **body: Any) -> str:
    answer = client.post(f"{API}/{path}/", body)
    assert answer.status_code == 201, answer.content
    return f"{API}/{path}/{answer.json()['id']}/"


def test_teams_rotas_and_policies(client: APIClient) -> None:
    User.objects.create_user("ben")
    team = make(client, "notifications/teams", name="Night", members=["ben"])
    client.patch(team, {"members": []})
    client.patch(team, {"members": []})  # as it is
    rota = make(
        client, "notifications/rotas", name="Weeks", zone="UTC", starts_on="2026-01-05",
        starts_at="09:00", shift_hours=168, members=["olga", "ben"],
    )  # fmt: skip
    instead = {"starts": 4_102_444_800_000, "ends": 4_102_531_200_000, "user": "ben"}
    assert client.post(f"{rota}substitutions/", instead).status_code == 201
    policy = make(
        client, "notifications/policies", name="All",
        steps=[{"minutes": 5, "users": ["olga"]}],
    )  # fmt: skip
    client.patch(policy, {"enabled": False})
    for path in (policy, rota, team):
        assert client.delete(path).status_code == 204
    assert noted() == [
        ("team_changed", "The team Night was created.", None),
        ("team_changed", "The team Night was changed: members ben → –.", None),
        ("rota_changed", "The rota Weeks was created.", None),
        ("rota_changed", "The rota Weeks was changed: substitutions.", None),
        ("policy_changed", "The policy All was created.", None),
        ("policy_changed", "The policy All was changed: enabled True → False.", None),
        ("policy_changed", "The policy All was deleted.", None),
        ("rota_changed", "The rota Weeks was deleted.", None),
        ("team_changed", "The team Night was deleted.", None),
    ]


def test_a_shared_channel_without_its_secret_and_nobodys_own(client: APIClient) -> None:
    body = {
        "kind": "webhook",
        "settings": {},
        "secrets": {"url": "https://example.org/s3cret", "key": "s3cret-" * 5},
    }
    for shared in (False, True):
        answer = client.post(f"{API}/channels/", {**body, "name": f"{shared}", "shared": shared})
        assert answer.status_code == 201, answer.content
    assert noted() == [("channel_changed", "The channel True was created.", None)]
    assert "s3cret" not in str(list(Entry.objects.values()))


def test_rules_silences_and_derived_series_stand_where_they_are_for(client: APIClient) -> None:
    site = Site.objects.create(slug="hall", name="Hall")
    Site.objects.create(slug="far", name="Far")
    device = Device.objects.create(uid="a", name="A", site=site)
    series = Series.objects.create(device=device, metric="t")
    above = {"type": "threshold", "op": "above", "limit": 1}
    rule = make(client, "alert-rules", name="Warm", site="hall", metric="t", condition=above)
    client.patch(rule, {"severity": "critical"})
    client.patch(rule, {"site": "far"})
    make(client, "silences", site="hall", reason="cleaning")
    derived = make(
        client, "derived", device="a", metric="twice", formula="t * 2",
        inputs=[{"name": "t", "series": series.pk}],
    )  # fmt: skip
    client.patch(derived, {"enabled": False})
    warm, twice = "The alert rule Warm was", "The derived series twice of A was"
    assert noted() == [
        ("alert_rule_changed", f"{warm} created.", "hall"),
        ("alert_rule_changed", f"{warm} changed: severity warning → critical.", "hall"),
        ("alert_rule_changed", f"{warm} changed: site hall → far.", None),
        ("silence_changed", "The silence of Hall was created.", "hall"),
        ("derived_changed", f"{twice} created.", "hall"),
        ("derived_changed", f"{twice} changed: enabled True → False.", "hall"),
    ]


def test_rules_for_topics(client: APIClient) -> None:
    rule = make(client, "rules", name="Plant", definition={"topic": "plant/{device}"})
    client.patch(rule, {"enabled": False})
    client.delete(rule)
    assert [(kind, text) for kind, text, _ in noted()] == [
        ("decode_rule_changed", "The rule Plant was created."),
        ("decode_rule_changed", "The rule Plant was changed: enabled True → False."),
        ("decode_rule_changed", "The rule Plant was deleted."),
    ]
