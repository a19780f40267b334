"""Alert rules over REST: written, tried, switched, exported and taken in, each change kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from access.roles import Role
from alerts.models import AlertRule, RuleChange
from alerts.models import change as change_model
from alerts.rules import change
from devices import clock
from devices.models import (
    Device,
    Presence,
    PresenceFact,
    PresenceKnown,
    PresenceUnknown,
    Site,
)
from telemetry.models import Series
from telemetry.moments import from_ms
from telemetry.tests.written import write
from tests.granted import may

pytestmark = pytest.mark.django_db

ABOVE = {"type": "threshold", "op": "above", "limit": -15}
RULE = {"name": "Too warm", "kind": "freezer", "metric": "temperature", "condition": ABOVE}
DRAFT = {"kind": "freezer", "metric": "temperature", "condition": ABOVE}
MINUTE = 60_000  # ms
FILE = "pulseboard_alert_rules: 1\nrules:\n"
SHORT = "- {name: Too warm, metric: t, condition: {type: threshold, op: above, limit: 1}}"


@pytest.fixture
def api(db: None) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_user("ana"))
    return client


@pytest.fixture
def freezers(db: None) -> list[Series]:
    made = []
    for number in (1, 2):
        device = Device.objects.create(
            uid=f"freezer-{number}", name=f"Freezer {number}", kind="freezer"
        )
        made.append(Series.objects.create(device=device, metric="temperature", unit="°C"))
    return made


def post(api: APIClient, path: str, body: Any, status: int = 200) -> Any:
    answer = api.post(f"/api/v1/alert-rules/{path}", body)
    assert answer.status_code == status, answer.content
    return answer.json()


def patch(api: APIClient, rule_id: int, body: Any, status: int = 200) -> Any:
    answer = api.patch(f"/api/v1/alert-rules/{rule_id}/", body)
    assert answer.status_code == status, answer.content
    return answer.json()


def listed(api: APIClient) -> list[dict[str, Any]]:
    return api.get("/api/v1/alert-rules/").json()["rules"]


def test_a_rule_is_written_changed_and_deleted_and_who_did_it_is_kept(
    api: APIClient, freezers: list[Series]
):
    made = post(api, "", RULE, 201)
    assert (made["enabled"], made["targets"], made["created_by"]) == (False, 2, "ana")
    assert made["applies"] == "Temperature of every freezer"
    assert made["holds"] == "above −15\u2009°C"
    changed = patch(api, made["id"], {"condition": {**ABOVE, "limit": -14}, "enabled": True})
    assert AlertRule.objects.get().revision == 2
    patch(api, made["id"], {"name": "Much too warm"})
    assert AlertRule.objects.get().revision == 2  # it means the same
    assert changed["enabled"]
    answer = api.get(f"/api/v1/alert-rules/{made['id']}/changes/").json()
    names = [(one["by"], one["before"] and one["before"]["name"]) for one in answer["changes"]]
    assert names == [("ana", "Too warm"), ("ana", "Too warm"), ("ana", None)]
    limits = [one["after"]["condition"]["limit"] for one in answer["changes"]]
    assert limits == [-14, -14, -15]
    assert api.delete(f"/api/v1/alert-rules/{made['id']}/").status_code == 204
    assert listed(api) == []
    last = RuleChange.objects.order_by("-id")[0]
    assert (last.rule, last.name, last.after) == (None, "Much too warm", None)


def test_what_would_overwrite_another_change_is_refused(api: APIClient):
    made = post(api, "", RULE, 201)
    patch(api, made["id"], {"severity": "critical", "updated_at": made["updated_at"]})
    said = patch(api, made["id"], {"severity": "info", "updated_at": made["updated_at"]}, 409)
    assert "meanwhile" in said["detail"]
    assert listed(api)[0]["severity"] == "critical"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"condition": {**ABOVE, "limit": "warm"}}, "condition.limit"),
        ({"condition": {"type": "wish"}}, "condition.type"),
        ({"condition": {**ABOVE, "op": "a\u0000"}}, "condition"),
        ({"condition": [1]}, "condition"),
        ({"schedule": {"zone": "Mars", "from": "18:00"}}, "schedule.zone"),
        ({"site": "nowhere"}, "site"),
        ({"device": "nothing"}, "device"),
        ({"metric": ""}, "metric"),
        ({"condition": {"type": "offline", "for": 60}}, "metric"),
        ({"text": "{wish}"}, "text"),
        (
            {
                "metric": "",
                "condition": {
                    "type": "expression",
                    "formula": "a > 1",
                    "names": {"a": {"uid": "far", "metric": "t"}},
                },
            },
            "condition.names",
        ),
        ({"labels": {"a b": "c"}}, "labels"),
        ({"labels": {str(n): "c" for n in range(17)}}, "labels"),
        ({"runbook": "nowhere"}, "runbook"),
        ({"wish": 1}, "wish"),
        ({"name": ""}, "name"),
    ],
)
def test_a_mistake_is_told_by_its_field(api: APIClient, more: dict[str, Any], field: str):
    said = post(api, "", {**RULE, **more}, 400)
    for name in field.split("."):
        assert name in said, said
        said = said[name]
    assert not AlertRule.objects.exists()


def test_a_name_is_had_once_and_the_list_has_an_end(
    api: APIClient, monkeypatch: pytest.MonkeyPatch
):
    made = post(api, "", RULE, 201)
    assert "name" in post(api, "", RULE, 400)
    other = post(api, "", {**RULE, "name": "Other"}, 201)
    assert "name" in patch(api, other["id"], {"name": "Too warm"}, 400)
    patch(api, made["id"], {"name": "Too warm"})  # its own
    monkeypatch.setattr(change, "MAX_RULES", 2)
    assert "most" in post(api, "", {**RULE, "name": "Third"}, 400)["detail"]


def test_only_the_newest_changes_are_kept(api: APIClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(change, "KEPT_CHANGES", 3)
    made = post(api, "", RULE, 201)
    for limit in range(5):
        patch(api, made["id"], {"condition": {**ABOVE, "limit": limit}})
    kept = RuleChange.objects.order_by("id").values_list("after__condition__limit", flat=True)
    assert list(kept) == [2, 3, 4]
    assert change_model.KEPT_CHANGES > 3


def test_a_rule_says_what_it_would_be_for(api: APIClient, freezers: list[Series]):
    found = post(api, "targets/", {"uid_pattern": "freezer-*", "metric": "temp*"})
    assert (found["total"], found["devices"]) == (2, 2)
    assert [each["series"] for each in found["targets"]] == [each.pk for each in freezers]
    assert post(api, "targets/", {"kind": "pump"})["total"] == 0


def test_a_replay_says_when_it_would_have_fired_and_how_often_a_night(
    api: APIClient, freezers: list[Series], monkeypatch: pytest.MonkeyPatch
):
    first, second = freezers
    stop = clock.now_ms() // MINUTE * MINUTE
    start = stop - 120 * MINUTE
    warm = {30, 31, 32, 60}
    write(first.pk, [(start + n * MINUTE, -10.0 if n in warm else -18.0) for n in range(120)])
    write(second.pk, [(start + n * MINUTE, -18.0) for n in range(120)])

    def replay(condition: Any, **more: Any) -> Any:
        rule = {**DRAFT, "condition": condition}
        return post(api, "replay/", {"rule": rule, "start": start, "stop": stop, **more})

    answer = replay(ABOVE)
    assert (answer["total"], answer["looked"], answer["next"]) == (2, 2, None)
    (one,) = answer["targets"]
    assert (one["device"], one["fired"], one["stood"]) == ("freezer-1", 2, 4 * MINUTE)
    assert one["episodes"] == [
        [start + n * MINUTE, start + n * MINUTE, start + m * MINUTE]
        for n, m in ((30, 33), (60, 61))
    ]
    longer = replay({**ABOVE, "for": 120})["targets"]
    assert [each["fired"] for each in longer] == [1]
    # Only one of them is asked for: it is answered although it never fires.
    quiet = replay(ABOVE, target=second.pk)["targets"]
    assert [(each["id"], each["fired"]) for each in quiet] == [(second.pk, 0)]
    # Without time for more than one, the rest is another page.
    monkeypatch.setattr("alerts.replay.page.BUDGET_SECONDS", 0)
    below = {"type": "threshold", "op": "below", "limit": 0}
    page = replay(below)
    assert (page["looked"], page["next"]) == (1, first.pk)
    assert replay(below, after=first.pk)["next"] is None
    # Two functions that together go through more than a formula may.
    monkeypatch.setattr("alerts.replay.page.BUDGET_SECONDS", 60)
    monkeypatch.setattr("telemetry.expression.windows.MAX_ADDED", 100)
    dear = {"type": "expression", "formula": "mean(t, 1min) + mean(t, 1min)", "op": "above"}
    dear |= {"limit": 0, "names": {"t": "temperature"}}
    body = {"rule": {"device": "freezer-1", "condition": dear}, "start": start, "stop": stop}
    told = {"condition.formula": ["Its windows hold more than 100 readings."]}
    assert post(api, "replay/", body, 400) == told


def test_hours_without_a_zone_are_by_the_clocks_of_the_rules_site(
    api: APIClient, freezers: list[Series]
):
    site = Site.objects.create(slug="plant", name="Plant", zone="Asia/Tokyo")
    freezers[0].device.site = site
    freezers[0].device.save()
    hours = {"from": "18:00", "to": "06:00"}
    for number, (where, zone) in enumerate(
        [({"site": "plant"}, "Asia/Tokyo"), ({"device": "freezer-1"}, "Asia/Tokyo"), ({}, None)]
    ):
        given = {**RULE, **where, "name": f"Rule {number}", "schedule": hours}
        assert post(api, "", given, 201)["schedule"].get("zone") == zone
    given = {**RULE, "name": "Own", "site": "plant", "schedule": {**hours, "zone": "UTC"}}
    assert post(api, "", given, 201)["schedule"]["zone"] == "UTC"
    unusual = {"type": "deviation", "by": 5}
    given = {**RULE, "name": "Unusual", "site": "plant", "condition": unusual}
    assert post(api, "", given, 201)["condition"]["zone"] == "Asia/Tokyo"


def test_when_devices_were_offline_is_replayed_by_the_past_of_presence(
    api: APIClient, freezers: list[Series]
):
    now = clock.now_ms() // MINUTE * MINUTE
    start, device = now - 120 * MINUTE, freezers[0].device
    Device.objects.update(created_at=from_ms(start - MINUTE))
    PresenceKnown.objects.update_or_create(pk=1, defaults={"until": from_ms(now + MINUTE)})
    PresenceUnknown.objects.create(
        start=from_ms(start + 40 * MINUTE), stop=from_ms(start + 50 * MINUTE)
    )
    for minute, what in ((0, "online"), (30, "offline"), (60, "online"), (90, "offline")):
        PresenceFact.objects.create(device=device, at=from_ms(start + minute * MINUTE), what=what)
    Presence.objects.update_or_create(
        device=device,
        defaults={"connection": "offline", "connection_since": from_ms(start + 90 * MINUTE)},
    )
    offline: dict[str, Any] = {"type": "offline", "silent": False}

    def replayed(**more: int) -> Any:
        body = {"rule": {"kind": "freezer", "condition": {**offline, **more}}, "start": start}
        return post(api, "replay/", {**body, "stop": now})["targets"]

    begin, end = (start + minute * MINUTE for minute in (30, 60))
    (one,) = replayed()
    # That nobody listened for a while in between changes nothing of what it said.
    assert one["episodes"] == [[begin, begin, end], [begin + 60 * MINUTE] * 2 + [None]]
    (one,) = replayed(**{"for": 20 * 60})
    assert one["episodes"][0] == [begin, begin + 20 * MINUTE, end]
    assert not [each for each in replayed(**{"for": 31 * 60}) if each["fired"]]


@pytest.mark.parametrize(
    ("rule", "more", "field"),
    [
        ({"metric": "temperature"}, {}, "condition"),
        (DRAFT, {"zone": "Mars"}, "zone"),
        ({"metric": "t", "condition": ABOVE}, {"start": 0, "stop": 1}, "start"),
        ({"metric": "t", "condition": ABOVE}, {"start": "x"}, "start"),
    ],
)
def test_what_cannot_be_replayed_says_why(
    api: APIClient, rule: dict[str, Any], more: dict[str, Any], field: str
):
    body = {"rule": rule, "start": clock.now_ms() - MINUTE * 60, **more}
    assert field in post(api, "replay/", body, 400)


def test_what_is_exported_is_taken_in_again(api: APIClient, freezers: list[Series]):
    Site.objects.create(slug="plant", name="Plant")
    post(api, "", {**RULE, "site": "plant", "labels": {"team": "on"}, "enabled": True}, 201)
    post(api, "", {**RULE, "name": "One", "device": "freezer-1", "schedule": {
        "zone": "Europe/Berlin", "from": "18:00", "to": "06:00"}}, 201)  # fmt: skip
    answer = api.get("/api/v1/alert-rules/export/")
    assert answer["Content-Type"].startswith("application/yaml")
    text = answer.content.decode()
    before = list(AlertRule.objects.order_by("id").values())
    found = post(api, "import/", {"text": text})
    assert (found["created"], found["changed"]) == (0, 0)
    assert list(AlertRule.objects.order_by("id").values()) == before
    AlertRule.objects.all().delete()
    assert post(api, "import/", {"text": text, "dry_run": True})["created"] == 0
    assert not AlertRule.objects.exists()
    assert post(api, "import/", {"text": text})["created"] == 2
    apart = {"id", "created_at", "updated_at", "revision"}
    strip = [{k: v for k, v in row.items() if k not in apart} for row in before]
    again = AlertRule.objects.order_by("-name").values()
    assert [{k: v for k, v in row.items() if k not in apart} for row in again] == sorted(
        strip, key=lambda row: row["name"], reverse=True
    )
    # What a file leaves out is left out of a rule that is there, too.
    assert post(api, "import/", {"text": FILE + SHORT})["changed"] == 1
    rule = AlertRule.objects.get(name="Too warm")
    assert (rule.site, rule.labels, rule.enabled, rule.kind) == (None, {}, False, "")


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "pulseboard_alert_rules: 2\nrules: []",
        "pulseboard_alert_rules: 1\nrules: {}",
        "pulseboard_alert_rules: 1\nrules: []\nmore: 1",
        "pulseboard_alert_rules: 1\nrules: [1]",
        f"{FILE}{SHORT}\n- {{name: a, metric: t, condition: {{}}}}",
        f"{FILE}{SHORT}\n{SHORT}",
        "a: [",
    ],
)
def test_a_file_with_a_mistake_changes_nothing(api: APIClient, text: str):
    post(api, "import/", {"text": text}, 400)
    assert not AlertRule.objects.exists()


def test_rules_of_prometheus_come_in_switched_off_and_the_others_say_why(api: APIClient):
    Site.objects.create(slug="plant", name="Plant")
    text = """
groups:
  - name: cold
    rules:
      - alert: TooWarm
        expr: temperature{site="plant"} > -15
        for: 5m
        labels: {severity: critical}
      - alert: Gone
        expr: temperature{site="nowhere"} > -15
      - alert: Computed
        expr: avg(temperature) > 1
"""
    found = post(api, "import/", {"text": text})
    assert found["created"] == 1
    assert [(one["name"], one["applies"]) for one in found["rules"]] == [
        ("TooWarm", "Temperature of every device at Plant")
    ]
    assert {one["name"]: one["said"] for one in found["refused"]} == {
        "Computed": "avg joins several devices in one value: each is judged by itself here.",
        "Gone": "site: No site has the slug 'nowhere'.",
    }
    rule = AlertRule.objects.get()
    assert (rule.enabled, rule.severity, rule.condition["for"]) == (False, "critical", 300)


def test_lines_on_charts_become_rules_that_are_off(api: APIClient, freezers: list[Series]):
    now = clock.now_ms()
    for one in freezers:
        line = {"value": -15, "label": "Too warm"}
        Device.objects.filter(pk=one.device_id).update(metadata={"thresholds": {
            "temperature": [line], "humidity": [{"value": 1}]}})  # fmt: skip
        write(one.pk, [(now - MINUTE, -18.0), (now, -18.5)])
    pump = Device.objects.create(
        uid="pump-1", name="Pump 1", kind="freezer",
        metadata={"thresholds": {"pressure": [{"value": 2}]}},
    )  # fmt: skip
    pressure = Series.objects.create(device=pump, metric="pressure")
    write(pressure.pk, [(now, 5.0)])
    found = api.get("/api/v1/alert-rules/lines/").json()
    assert found["devices"] == 3
    assert [one["name"] for one in found["rules"]] == [
        "Too warm (temperature above -15): freezer", "pressure (pressure below 2): freezer",
    ]  # fmt: skip
    assert {one["said"] for one in found["skipped"]} == {"No such series."}
    made = post(api, "lines/", {})
    assert made["created"] == 2
    rule = AlertRule.objects.get(metric="temperature")
    assert (rule.enabled, rule.kind, rule.condition) == (False, "freezer", {**ABOVE, "limit": -15})
    assert Device.objects.get(uid="freezer-1").metadata["thresholds"]
    assert post(api, "lines/", {})["created"] == 0


def test_a_line_that_not_every_device_of_a_kind_has_is_a_rule_for_each(
    api: APIClient, freezers: list[Series]
):
    first = freezers[0]
    line = {"thresholds": {"temperature": [{"value": -15}]}}
    Device.objects.filter(pk=first.device_id).update(metadata=line)
    write(first.pk, [(clock.now_ms(), -18.0)])
    found = api.get("/api/v1/alert-rules/lines/").json()["rules"]
    assert [one["applies"] for one in found] == ["Temperature of Freezer 1"]


def test_many_rules_are_listed_with_as_many_statements_as_one(
    api: APIClient, freezers: list[Series]
):
    Series.objects.create(device=freezers[0].device, metric="humidity", unit="%")
    post(api, "", RULE, 201)
    listed(api)
    with CaptureQueriesContext(connection) as one:
        listed(api)
    post(api, "", {**RULE, "name": "Any", "metric": "*"}, 201)
    post(api, "", {**RULE, "name": "None", "kind": "pump"}, 201)
    post(api, "", {"name": "Away", "kind": "freezer", "condition": {"type": "offline"}}, 201)
    with CaptureQueriesContext(connection) as many:
        found = listed(api)
    assert len(many) == len(one)
    targets = {each["name"]: each["targets"] for each in found}
    assert targets == {"Too warm": 2, "Any": 3, "None": 0, "Away": 2}
    holds = {each["name"]: each["holds"] for each in found}
    assert "°C" in holds["Too warm"], "they have one unit"
    assert "°C" not in holds["Any"], "they have two"


def test_who_sees_a_site_writes_rules_for_it_and_for_nothing_else(
    api: APIClient, freezers: list[Series]
):
    near = Site.objects.create(slug="near", name="Near")
    Device.objects.filter(pk=freezers[0].device_id).update(site=near)
    everywhere = post(api, "", RULE, 201)
    for user in User.objects.all():
        may(user, (Role.ADMINISTRATOR, near))
    assert listed(api) == []
    own = post(api, "", {**RULE, "name": "Near", "site": "near"}, 201)
    assert own["targets"] == 1
    assert "site" in patch(api, own["id"], {"site": None}, 400)
    post(api, "", {**RULE, "name": "One", "device": "freezer-1"}, 201)
    # The name of a rule out of sight is taken, and it stays as it is.
    post(api, "", {**RULE, "site": "near"}, 400)
    near_file = FILE + SHORT.replace("metric", "site: near, metric")
    assert "name" in post(api, "import/", {"text": near_file}, 400)["text"][0]
    assert AlertRule.objects.get(pk=everywhere["id"]).metric == "temperature"


def test_ready_made_rules_are_taken_once(api: APIClient):
    offered = api.get("/api/v1/alert-rules/ready-made/").json()["rules"]
    assert len(offered) > 3
    assert all(each["applies"] and each["holds"] for each in offered)
    wanted = {"ready_made": [each["ready_made"] for each in offered[:2]]}
    assert post(api, "ready-made/", wanted)["created"] == 2
    assert post(api, "ready-made/", wanted)["created"] == 0
    assert {rule["enabled"] for rule in listed(api)} == {True}
    left = api.get("/api/v1/alert-rules/ready-made/").json()["rules"]
    assert len(left) == len(offered) - 2
