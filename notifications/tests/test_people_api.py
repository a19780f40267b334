"""REST: what one is told, teams, rotas, policies, wordings, and who was told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from devices import clock
from devices.models import Site
from notifications import occasions
from notifications.models import Decision, Delivery, Notification, Occasion, Recipient, Team
from notifications.tests import made
from telemetry.moments import to_ms

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    return User.objects.create_user("olga")


@pytest.fixture
def api(olga: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(olga)
    return client


def ask(api: APIClient, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = getattr(api, method)(f"/api/v1/notifications/{path}", body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


NIGHT = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "22:00", "to": "07:00"}]
WISHES = {"zone": "Europe/Berlin", "quiet": NIGHT, "digest_at": ["17:00", "08:00"]}
ROTA = {
    "name": "Nights",
    "zone": "Europe/Berlin",
    "starts_on": "2026-01-05",
    "starts_at": "09:00",
    "shift_hours": 168,
    "members": ["olga"],
}


def test_what_i_am_told_is_mine_and_changes_field_by_field(api: APIClient, olga: User):
    assert ask(api, "get", "me/")["minimum"] == "info"
    changed = ask(
        api,
        "patch",
        "me/",
        WISHES,
    )
    assert changed["digest_at"] == ["08:00", "17:00"]
    shown = ask(
        api, "patch", "me/", {"minimum": "warning", "digest_below": "", "paused_until": None}
    )
    assert (shown["zone"], shown["minimum"], shown["quiet"]) == ("Europe/Berlin", "warning", NIGHT)
    assert Recipient.objects.get().user == olga


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("zone", "Mars/Base", "No time zone is called"),
        ("minimum", "grave", "not a valid choice"),
        ("quiet", [{"days": [], "from": "22:00", "to": "07:00"}], "at least one day"),
        ("digest_at", ["7"], "07:30"),
        ("hourly", 0, "greater than or equal to 1"),
        ("paused_until", "tomorrow", "Unix milliseconds"),
        ("paused_until", True, "Unix milliseconds"),
        ("colour", "red", "no such field"),
        ("tokens", 5, "no such field"),
    ],
)
def test_a_mistake_is_told_by_its_field(api: APIClient, field: str, value: Any, said: str):
    assert said in str(ask(api, "patch", "me/", {field: value}, 400)[field])


def test_a_shared_channel_has_wishes_and_somebodys_own_has_not(api: APIClient, olga: User):
    room, own = made.channel("slack", name="Cold room"), made.channel("ntfy", owner=olga)
    assert ask(api, "patch", f"rooms/{room.pk}/", {"minimum": "critical"})["minimum"] == "critical"
    ask(api, "get", f"rooms/{own.pk}/", status=404)
    told = ask(api, "get", "recipients/")
    assert told["people"] == [{"name": "olga", "channels": 1}]
    assert [each["name"] for each in told["rooms"]] == ["Cold room"]


def test_a_team_is_made_changed_and_deleted(api: APIClient):
    User.objects.create_user("max")
    team = ask(api, "post", "teams/", {"name": "Cold chain", "members": ["olga", "max"]}, 201)
    assert team["members"] == ["max", "olga"]
    assert "Another one" in str(
        ask(api, "post", "teams/", {"name": "Cold chain", "members": []}, 400)
    )
    assert "No account" in str(ask(api, "patch", f"teams/{team['id']}/", {"members": ["x"]}, 400))
    assert ask(api, "patch", f"teams/{team['id']}/", {"name": "Cold"})["members"] == ["max", "olga"]
    ask(api, "delete", f"teams/{team['id']}/", status=204)
    assert ask(api, "get", "teams/") == {"teams": []}


def test_a_rota_says_who_is_on_call_and_who_stands_in(api: APIClient):
    User.objects.create_user("max")
    rota = ask(api, "post", "rotas/", {**ROTA, "members": ["olga", "max", "olga"]}, 201)
    assert rota["members"] == ["olga", "max", "olga"]
    first = rota["duties"][0]["user"]
    other = {"olga": "max", "max": "olga"}[first]
    now = to_ms(clock.now())
    body = {"starts": now - 1000, "ends": now + 3_600_000, "user": other}
    path = f"rotas/{rota['id']}/substitutions/"
    rota = ask(api, "post", path, body, 201)
    assert [(each["user"], each["substitute"]) for each in rota["duties"][:2]] == [
        (other, True),
        (first, False),
    ]
    (stands_in,) = rota["substitutions"]
    assert stands_in["by"] == "olga"
    ask(api, "delete", f"{path}{stands_in['id']}/", status=204)
    assert ask(api, "get", f"rotas/{rota['id']}/")["duties"][0]["user"] == first
    assert "before it starts" in str(ask(api, "post", path, {**body, "ends": 0}, 400))
    nobody = ask(api, "patch", f"rotas/{rota['id']}/", {"members": []})
    assert nobody["duties"][0]["user"] is None
    assert nobody["duties"][0]["ends"] is None


def test_a_policy_has_steps_that_name_somebody(api: APIClient):
    Site.objects.create(slug="depot", name="Depot")
    room = made.channel("slack")
    team = ask(api, "post", "teams/", {"name": "Cold chain", "members": ["olga"]}, 201)
    step = {"minutes": 10, "users": ["olga"], "teams": [team["id"]], "channels": [room.pk]}
    policy = {"name": "Depot", "site": "depot", "labels": {"team": "cold"}, "steps": [step]}
    saved = ask(api, "post", "policies/", policy, 201)
    assert saved == {
        "id": saved["id"],
        "enabled": True,
        "minimum": "warning",
        "repeat": 0,
        **policy,
        "steps": [{**step, "rotas": []}],
    }
    path = f"policies/{saved['id']}/"
    assert ask(api, "patch", path, {"enabled": False})["steps"] == saved["steps"]
    for wrong, said in (
        ({"steps": []}, "at least 1"),
        ({"steps": [{"minutes": 10}]}, "Name somebody"),
        ({"steps": [{**step, "teams": [99]}]}, "none with the id 99"),
        (
            {"steps": [{**step, "channels": [made.channel(owner=User.objects.get()).pk]}]},
            "none with",
        ),
        ({"steps": [{**step, "minutes": 0}]}, "greater than"),
        ({"labels": {"team": 7}}, "labels"),
        ({"site": "nowhere"}, "slug"),
    ):
        assert said in str(ask(api, "patch", path, wrong, 400)), wrong
    assert ask(api, "get", path)["steps"] == saved["steps"]


def test_a_trial_says_who_would_be_told_when_and_why_not_and_sends_nothing(
    api: APIClient, olga: User
):
    made.channel("ntfy", name="phone", owner=olga)
    ask(api, "patch", "me/", {"quiet": NIGHT, "through": ""})
    rota = ask(api, "post", "rotas/", {**ROTA, "members": []}, 201)
    steps = [{"minutes": 5, "users": ["olga"]}, {"minutes": 5, "rotas": [rota["id"]]}]
    ask(api, "post", "policies/", {"name": "All", "steps": steps}, 201)
    noon = 1_795_780_800_000  # a Friday, 12:00 UTC
    told = ask(api, "post", "policies/try/", {"severity": "critical", "at": noon})["steps"]
    assert [(step["at"] - noon, step["told"][0]["who"]) for step in told] == [
        (0, "olga"),
        (300_000, "rota Nights"),
    ]
    assert told[0]["told"][0]["channels"] == ["phone"]
    assert told[1]["told"][0]["why"] == "nobody"
    night = ask(api, "post", "policies/try/", {"severity": "critical", "at": noon + 11 * 3_600_000})
    assert night["steps"][0]["told"][0]["said"] == "not told yet: quiet hours until 07:00"
    assert ask(api, "post", "policies/try/", {"severity": "info"})["steps"] == []
    assert not Notification.objects.exists()
    assert Recipient.objects.get().tokens_at is None


def test_words_are_written_previewed_and_given_back(api: APIClient):
    ours = ask(api, "get", "wordings/fired/")
    assert ours["ours"]
    words = {"subject": "{device} is ill", "text": "{sentence} since {started}"}
    preview = ask(api, "post", "preview/", {"what": "fired", **words, "zone": "Europe/Berlin"})
    assert preview["subject"] == "Freezer 1 is ill"
    wrong = ask(api, "post", "preview/", {"what": "fired", "subject": "{x}", "text": "a } b"})
    assert set(wrong["errors"]) == {"subject", "text"}
    assert "Nothing is called" in str(
        ask(api, "patch", "wordings/fired/", {**words, "text": "{x}"}, 400)
    )
    assert not ask(api, "patch", "wordings/fired/", words)["ours"]
    ask(api, "delete", "wordings/fired/", status=204)
    assert ask(api, "get", "wordings/fired/") == ours
    ask(api, "get", "wordings/other/", status=404)
    for what in ("worsened", "escalated", "cleared", "digest"):
        words = ask(api, "get", f"wordings/{what}/")
        shown = ask(
            api, "post", "preview/", {name: words[name] for name in ("what", "subject", "text")}
        )
        assert shown["errors"] == {}
        assert "−12.4 °C" in shown["text"]
        assert "{" not in shown["text"]


def test_the_log_says_who_was_told_with_the_answer_and_who_was_not(api: APIClient):
    now = clock.now()
    occasions.tell("alert-12-fired", "fired", made.content())
    occasion = Occasion.objects.get()
    common = {"occasion": occasion, "alert_id": 12, "policy_name": "Cold chain"}
    Decision.objects.create(who="max", why="quiet", due_at=now + timedelta(hours=1), **common)
    Decision.objects.create(
        who="olga", why="now", due_at=now, sent_at=now, key="decision-2", **common
    )
    notification = Notification.objects.create(
        key="decision-2",
        channel=made.channel(),
        channel_name="phone",
        kind="ntfy",
        alert_id=12,
        severity="critical",
        content={},
        due_at=now,
        try_at=now,
        state="failed",
    )
    for outcome, status in (("failed", 503), ("refused", 410)):
        Delivery.objects.create(
            notification=notification,
            at=now,
            took_ms=12,
            outcome=outcome,
            status=status,
            answer="no more",
        )
    told, quiet = ask(api, "get", "decisions/")["decisions"]
    assert (told["who"], told["said"], told["sentence"]) == (
        "olga",
        "told",
        made.content().sentence,
    )
    (sent,) = told["notifications"]
    assert (sent["channel"], sent["state"]) == ("phone", "failed")
    assert [(each["outcome"], each["status"]) for each in sent["attempts"]] == [
        ("failed", 503),
        ("refused", 410),
    ]
    assert quiet["said"].startswith("not told yet: quiet hours until")
    assert quiet["notifications"] == []
    for narrow, names in (
        ("who=max", ["max"]),
        ("why=now", ["olga"]),
        ("state=failed", ["olga"]),
        ("alert=13", []),
        ("state=sent", []),
        (f"before={told['id']}", ["max"]),
    ):
        found = ask(api, "get", f"decisions/?{narrow}")["decisions"]
        assert [each["who"] for each in found] == names, narrow
    page = ask(api, "get", "decisions/?limit=1")
    assert page["next"] == told["id"]
    for wrong in ("why=x", "state=x", "alert=a", "limit=201", "x=1"):
        ask(api, "get", f"decisions/?{wrong}", status=400)


def test_long_lists_take_as_many_statements_as_short_ones(
    api: APIClient, olga: User, django_assert_num_queries
) -> None:
    def add(number: int) -> None:
        team = Team.objects.create(name=f"Team {number}")
        team.members.set([olga, User.objects.create_user(f"member{number}")])
        rota = ask(api, "post", "rotas/", ROTA | {"name": f"Rota {number}"}, 201)
        time = {"starts": clock.now_ms(), "ends": clock.now_ms() + 60_000, "user": "olga"}
        ask(api, "post", f"rotas/{rota['id']}/substitutions/", time, 201)
        site = Site.objects.create(slug=f"site-{number}", name="Site").slug
        step = {"minutes": 5, "users": ["olga"], "teams": [team.pk], "rotas": [rota["id"]]}
        policy = {"name": f"Policy {number}", "site": site, "steps": [step, step]}
        ask(api, "post", "policies/", policy, 201)

    add(1)
    lists = ("teams/", "rotas/", "policies/")
    taken = {}
    for path in lists:
        with CaptureQueriesContext(connection) as statements:
            ask(api, "get", path)
        taken[path] = len(statements)
    for number in (2, 3, 4):
        add(number)
    for path in lists:
        with django_assert_num_queries(taken[path]):
            ask(api, "get", path)
