"""What one may not see is not found: every address of the URL table, every operation of the OpenAPI
schema and the live protocol, as somebody who may see another site. A new address cannot be
forgotten: these tests find it by itself, and ask what stands for a parameter they do not know.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from knox.models import AuthToken
from rest_framework.test import APIClient

from access.admin import ScopedAdmin
from access.permission import OF_SOME_SITES
from access.roles import Role
from access.scope import ScopedManager
from dashboard.models import SavedView
from devices.models import ApiTokenName, Device
from notifications.models import Channel, Notification
from telemetry.models import QuarantinedMessage
from tests import openapi
from tests.granted import may
from tests.sight import HIDDEN_ID, SECRET, Hidden, hidden, viewer

__all__ = ["hidden", "viewer"]  # fixtures

ROOT = Path(__file__).resolve().parent.parent
# Where a person is answered. There, a model's rows are reached through their scope only.
ANSWERS = [
    *(ROOT / "devices/api").glob("*.py"),
    *(ROOT / "telemetry/api").glob("*.py"),
    *(ROOT / "telemetry/history").glob("*.py"),
    *(ROOT / "dashboard").rglob("*.py"),
    ROOT / "telemetry/quarantine.py",
    ROOT / "bridge/quarantine/api.py",
    *(ROOT / "bridge/rules").glob("*.py"),
    *(ROOT / "bridge/topics").glob("*.py"),
    *(ROOT / "bridge/adoption").glob("*api.py"),
    ROOT / "bridge/quarantine/unread_api.py",
    *(ROOT / "alerts/api").glob("*.py"),
    ROOT / "alerts/actions.py",
    *(ROOT / "notifications/api").glob("*.py"),
    *(ROOT / "derived/api").glob("*.py"),
    *(ROOT / "shiftlog/api").glob("*.py"),
    ROOT / "shiftlog/reading.py",
    ROOT / "shiftlog/handing_over.py",
    ROOT / "shiftlog/unread.py",
    *(ROOT / "alerts/rules").glob("*api.py"),
    ROOT / "alerts/rules/counts.py",
    ROOT / "alerts/rules/lines.py",
    ROOT / "alerts/rules/serializers.py",
]
SCOPED = {
    "Site", "Device", "Series", "QuarantinedMessage", "Alert", "AlertEvent", "AlertRule", "Silence",
    "Decision", "Delivery", "Notification", "Occasion", "Policy", "DerivedSeries",
    "DerivedInput", "RuleChange", "Entry", "Correction", "AuditEntry",
    "RetentionRule", "ProvisioningKey",
}  # fmt: skip
IN_ADMIN = {"Site", "Device", "Series", "QuarantinedMessage"}
AT_NO_SITE = {
    "Candidate", "IgnoredMessages", "TopicFilter", "Channel", "Rota", "Team", "Wording",
    "CardTemplate",
}  # fmt: skip
# `none` is nothing, and the others write what a serializer with a scope has checked.
HARMLESS = {"visible_to", "none", "bulk_create", "bulk_update"}
SERVES_NOBODY = {"trim"}  # functions of maintenance that live beside answers
# What says nothing of a site: the caller's own tokens, wishes and browsers, kinds, a device's own
# way in, the reference.
NOT_OF_A_SITE = re.compile(
    r"/api/v1/(tokens/|broker/|provision|account/|notifications/me/|web-push/|channels/kinds/|telemetry/|\{token\}/|schema/|docs/|redoc/)"
)


def operations() -> Iterator[tuple[str, str]]:
    """Every (method, path) of the OpenAPI schema that may speak of a site."""
    for path, methods in openapi.schema()["paths"].items():
        if not NOT_OF_A_SITE.match(path):
            yield from ((method, path) for method in methods)


PARAMETER = re.compile(r"\{(\w+)\}")


def stands_for(hidden: Hidden, path: str = "") -> dict[str, Any]:
    """The hidden site's things, by the parameters of paths that name them."""
    return {
        "slug": hidden.site.slug,
        "uid": "nobody-1" if "unregistered" in path or "inbox" in path else hidden.device.uid,
        "alias": f"{SECRET}-alias",
        "filter_id": hidden.filter.pk,
        "message_id": hidden.message.pk,
        "rule_id": hidden.rule.pk,
        "alert_id": hidden.alert.pk,
        "alert_rule_id": hidden.alert_rule.pk,
        "silence_id": hidden.silence.pk,
        "team_id": hidden.team.pk,
        "rota_id": hidden.rota.pk,
        "substitution_id": hidden.substitution.pk,
        "policy_id": hidden.policy.pk,
        "channel_id": hidden.channel.pk,
        "delivery_id": hidden.told.pk,
        "derived_id": hidden.derived.pk,
        "view_id": hidden.view.pk,
        "person_id": hidden.person.pk,
        "card_id": hidden.card.pk,
        "entry_id": hidden.entry.pk,
        "series_id": hidden.series.pk,
        "correction_id": hidden.correction.pk,
        "retention_id": hidden.retention.pk,
        "import_id": hidden.imported.pk,
        "what": "fired",
        "id": hidden.message.pk if "quarantine" in path else hidden.series.pk,
    }


def known(path: str, hidden: Hidden) -> dict[str, Any]:
    """What stands for the parameters of a path, of those that are told above."""
    all_of_them = stands_for(hidden, path)
    return {name: all_of_them[name] for name in PARAMETER.findall(path) if name in all_of_them}


def filled(path: str, hidden: Hidden) -> str:
    # A KeyError: say above what stands for the new parameter.
    return path.format(**stands_for(hidden, path))


# What people do about alerts, and what it needs besides their ids.
ACTS: dict[str, dict[str, Any]] = {
    "acknowledge": {}, "unacknowledge": {}, "assign": {"to": None}, "snooze": {"until": None},
    "comment": {"text": "hello"},
}  # fmt: skip
OF_THE_HIDDEN = {"formula": "a", "inputs": [{"name": "a", "series": HIDDEN_ID}]}
BODIES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("post", "/api/v1/devices/"): [{"uid": "new-1", "site": "far"}, {"uid": "new-1"}],
    ("post", "/api/v1/removed-devices/"): [{"uids": ["far-1"]}],
    ("post", "/api/v1/device-changes/"): [
        {"uids": ["far-1", "far-2"], "enabled": False},
        {"uids": ["near-1"], "site": "far"},
        {"uids": ["near-1"], "site": None},
    ],
    ("post", "/api/v1/device-imports/"): [
        {"text": "uid,site\nfar-1,near"},
        {"text": "uid,name\nfar-2,mine"},
        {"text": "uid,site\nnear-1,far"},
        {"text": "uid\nnew-1"},
    ],
    ("post", "/api/v1/restored-devices/"): [{"uids": ["far-2"]}],
    ("post", "/api/v1/sites/"): [{"slug": "new", "name": "New"}],
    ("post", "/api/v1/series/"): [{"device": "far-1", "metric": "m"}],
    ("post", "/api/v1/series/{series_id}/corrections/"): [
        {"from": 0, "to": 1, "action": "delete", "reason": "r"}
    ],
    ("post", "/api/v1/retention/"): [
        {"device": "far-1", "raw_days": 9},
        {"site": "far", "raw_days": 9},
        {"series": HIDDEN_ID, "raw_days": 9},
        {"kind": "secret", "raw_days": 9},
    ],
    ("patch", "/api/v1/retention/{retention_id}/"): [{"raw_days": 9}],
    ("post", "/api/v1/quarantine/replay/"): [{"uid": "far-1"}, {}],
    ("post", "/api/v1/inbox/adopt/"): [{"uids": ["nobody-1"]}, {"convention": "tasmota"}],
    ("post", "/api/v1/inbox/ignore/"): [{"uids": ["nobody-1"]}, {"convention": "tasmota"}],
    ("post", "/api/v1/inbox/{uid}/merge/"): [{"device": "near-1"}],
    ("post", "/api/v1/listening/filters/"): [{"filter": "plant/#"}],
    ("post", "/api/v1/rules/"): [{"name": "n", "definition": {"topic": "a/{device}"}}],
    ("post", "/api/v1/rules/preview/"): [{"definition": {"topic": "devices/{device}/#"}}],
    ("post", "/api/v1/rules/import/"): [{"pulseboard_rules": 1, "rules": []}],
    ("post", "/api/v1/rules/order/"): [{"ids": []}],
    ("post", "/api/v1/topics/explain/"): [{"topic": "a"}],
    ("post", "/api/v1/derived/"): [
        {"device": "near-1", "metric": "m", **OF_THE_HIDDEN},
        {"device": "far-1", "metric": "m", **OF_THE_HIDDEN},
    ],
    ("post", "/api/v1/derived/preview/"): [OF_THE_HIDDEN],
    ("post", "/api/v1/derived/{derived_id}/backfill/"): [{"from": "2026-01-01T00:00Z"}],
    ("patch", "/api/v1/derived/{derived_id}/"): [{"enabled": False}, OF_THE_HIDDEN],
    **{
        ("post", f"/api/v1/alerts/{act}/"): [{"ids": [HIDDEN_ID], **more}]
        for act, more in ACTS.items()
    },
    ("post", "/api/v1/views/"): [{"name": "n", "path": "/", "shared": True}],
    ("put", "/api/v1/cards/"): [{"kind": "pump", "main": "m"}],
    ("post", "/api/v1/silences/"): [
        {"site": "far"},
        {"device": "far-1"},
        {"rule": HIDDEN_ID},
        {},
    ],
}
WINDOW = {"range": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}}
BODIES |= {
    ("post", "/api/v1/grafana/search"): [{}, {"target": SECRET}],
    ("post", "/api/v1/grafana/metrics"): [{}],
    ("post", "/api/v1/grafana/variable"): [{"payload": {"target": "far"}}],
    ("post", "/api/v1/grafana/query"): [
        {**WINDOW, "targets": [{"target": f"far-1 {SECRET}.metric"}]}
    ],
    ("post", "/api/v1/grafana/annotations"): [{**WINDOW, "annotation": {"query": "far-1"}}],
}
# They give what one may see of what they were asked for: nothing refused, nothing told.
LISTING = {f"/api/v1/grafana/{name}" for name in ("search", "metrics", "variable")}
BODIES |= {
    ("post", "/api/v1/log/"): [
        {"text": "hello", "client_id": "6f9b3f4e-0000-4000-8000-000000000000", **more}
        for more in ({"site": "far"}, {"device": "far-1"}, {"thread": HIDDEN_ID}, {})
    ],
    ("post", "/api/v1/log/unread/"): [{"read_to": HIDDEN_ID}],
    ("patch", "/api/v1/log/{entry_id}/"): [{"text": "hello"}],
    ("post", "/api/v1/people/"): [
        {"name": f"{SECRET}-olga", "role": "viewer", "site": "far"},
        {"name": f"{SECRET}-olga", "role": "viewer"},
    ],
    ("put", "/api/v1/people/{person_id}/grants/"): [{"role": "viewer", "site": "far"}],
    ("patch", "/api/v1/people/{person_id}/"): [{"active": False}],
    ("post", "/api/v1/log/{entry_id}/reactions/"): [{"word": "+1"}],
    ("post", "/api/v1/log/{entry_id}/pin/"): [{}],
}
# An alert rule that looks where its writer may not.
LOOKING = [{"site": "far"}, {"device": "far-1"}, {"metric": "*"}]
ABOVE = {"type": "threshold", "op": "above", "limit": 1}
BODIES |= {
    ("post", "/api/v1/alert-rules/"): [
        {"name": "n", "metric": "m", "condition": ABOVE, **more} for more in LOOKING
    ],
    ("post", "/api/v1/alert-rules/targets/"): LOOKING,
    ("post", "/api/v1/alert-rules/replay/"): [
        {"start": 0, "rule": {"metric": "m", "condition": ABOVE, **more}} for more in LOOKING
    ],
    ("post", "/api/v1/alert-rules/ready-made/"): [{"ready_made": ["device-offline"]}],
    ("post", "/api/v1/alert-rules/import/"): [
        {"text": '{"pulseboard_alert_rules": 1, "rules": [{"name": "n", "site": "far"}]}'},
        {"text": '{"groups": [{"rules": [{"alert": "n", "expr": "a{site=\'far\'} > 1"}]}]}'},
    ],
}
QUERIES = {
    "/api/v1/corrections/": ["series={series}", "device=far-1", ""],
    "/api/v1/readings/": [
        "series={series}",
        "device=far-1",
        "device=far-1&metric=NOT4YOU.metric",
        "site=far&interval=1d",
        "kind=secret&interval=raw",
        "tag=secret&interval=1h&agg=p95&shape=wide",
        "series={series}&interval=raw&shape=series",
    ],
    "/api/v1/readings/latest/": ["", "site=far", "device=far-1", "series={series}", "tag=secret"],
    "/api/v1/series/": ["", "device=far-1", "search=NOT4YOU"],
    "/api/v1/devices/": ["", "site=far", "search=NOT4YOU", "tag=secret"],
    "/api/v1/fleet/": ["", "site=far", "search=NOT4YOU"],
    "/api/v1/search/": ["q=NOT4YOU", "q=far"],
    "/api/v1/search/series/": [
        "",
        "q=NOT4YOU",
        "name=far-1.NOT4YOU.metric",
        "device=far-1",
        "site=far",
    ],
    "/api/v1/quarantine/": ["", "uid=far-1", "uid=nobody-1"],
    "/api/v1/log/": [
        "",
        "site=far",
        "device=far-1",
        f"thread={HIDDEN_ID}",
        "search=NOT4YOU",
        "tag=secret",
        "author=NOT4YOU",
        f"before={HIDDEN_ID}",
        "after=0",
        "marks=1",
        "marks=1&device=near-1",
        "marks=1&site=near",
    ],
    "/api/plugins/telemetry/DEVICE/{uid}/values/timeseries": ["keys=NOT4YOU.metric"],
    "/api/v1/log/since/": ["from=0", "from=0&site=far"],
}
DISCARDING = {
    "/api/v1/quarantine/groups/": [
        "uid=far-1&reason=malformed_json&to=2100-01-01",
        "uid=nobody-1&reason=unknown_device&to=2100-01-01",
    ]
}


def answers(
    client: APIClient, method: str, path: str, hidden: Hidden
) -> Iterator[tuple[str, int, str]]:
    queries = {"get": QUERIES, "delete": DISCARDING}.get(method, {})
    for query in queries.get(path, [""]):
        address = f"{filled(path, hidden)}?{query.format(series=hidden.series.pk)}"
        for body in BODIES.get((method, path), [{"name": "changed", "site": "near"}]):
            data = {} if method == "get" else {"data": body}
            answer = getattr(client, method)(address, **data)
            assert answer["Cache-Control"] == "no-store, private", address
            yield address, answer.status_code, answer.getvalue().decode()


@pytest.mark.parametrize("by", ["an account", "a token"])
def test_no_operation_of_the_api_shows_or_changes_what_one_may_not_see(
    hidden: Hidden, viewer: User, by: str
):
    client = APIClient()
    if by == "an account":
        client.force_authenticate(viewer)
    else:  # of one site, of somebody who may do everything
        near = viewer.grants.get().site
        viewer.is_superuser = viewer.is_staff = True
        viewer.save()
        token, _ = AuthToken.objects.create(viewer)
        named = ApiTokenName.objects.create(
            token=token, name="n", role=Role.ADMINISTRATOR, every_site=False
        )
        named.sites.add(near)
        # What is its owner's own tells of any site.
        SavedView.objects.create(name=SECRET, path=f"/?search={SECRET}", owner=viewer)
        Channel.objects.create(name=f"{SECRET} too", kind="webhook", owner=viewer)
        Notification.objects.update(user=viewer)
        client.force_authenticate(viewer, token)
    before = hidden.rows()
    tried = 0
    for method, path in operations():
        for address, status, text in answers(client, method, path, hidden):
            tried += 1
            said = f"{method} {address}: {status} {text[:300]}"
            assert status < 500, said
            assert SECRET not in text.replace(f"{SECRET}.metric'", ""), said
            if "{" in path:
                assert status == 404 or (by == "a token" and OF_SOME_SITES in text), said
            elif method != "get" and path not in LISTING:
                assert status in (400, 403, 404) or re.search(
                    '"(replayed|discarded|created|total)":0', text
                ), said
    assert tried > 30
    assert hidden.rows() == before


@pytest.mark.parametrize(
    "path",
    [
        "inbox/adopt", "inbox/ignore", "listening/filters", "rules", "rules/import", "rules/order",
        "rules/preview", "topics/explain",
    ],
)  # fmt: skip
def test_what_stands_at_no_site_is_changed_by_who_sees_every_site(path: str, viewer: User):
    client = APIClient()
    assert client.post(f"/api/v1/{path}/", {}).status_code == 401
    client.force_authenticate(viewer)
    answer = client.post(f"/api/v1/{path}/", {})
    assert answer.status_code == 403
    role = "viewer" if path in ("rules/preview", "topics/explain") else "administrator"
    assert answer.json() == {"detail": f"This needs the role {role} for every site."}


def test_the_same_walk_finds_it_all_for_somebody_who_sees_everything(hidden: Hidden, viewer: User):
    """Otherwise the test above would also hold for addresses that answer nobody."""
    client = APIClient()
    client.force_authenticate(may(viewer, (Role.ADMINISTRATOR, None)))
    found = set()
    for method, path in operations():
        if method == "get":
            for address, status, text in answers(client, method, path, hidden):
                assert status == 200, address
                if SECRET in text or "unknown_device" in text:
                    found.add(path)
    # Recent messages and who is here are in Redis, where this test has put none; counts of what is
    # unread name nothing that is secret here; an account at the broker has a uid for its name; how
    # charts lie is the viewer's own.
    silent = {
        "/api/v1/log/here/",
        "/api/v1/charts/{uid}/",
        "/api/v1/log/unread/",
        "/api/v1/devices/{uid}/messages/",
        "/api/v1/devices/{uid}/mqtt-account/",
        "/api/v1/pipeline/past/",
        "/api/v1/sites/{slug}/day/",
        "/api/v1/alert-rules/ready-made/",
        "/api/v1/grafana/",
    }
    assert {path for method, path in operations() if method == "get"} - found == silent


def addresses(patterns: list[Any], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            yield here


def test_no_page_shows_what_one_may_not_see(hidden: Hidden, viewer: User):
    client = Client()
    client.force_login(viewer)
    with_device = re.compile(r"<[a-z]+:uid>")
    # For whoever has it: dashboard/pages/acknowledge.py and ways.py.
    links = ("a/<str:token>/", "reset/", "invitation/")
    seen = set()
    for pattern in addresses(get_resolver().url_patterns):
        if pattern.startswith(("admin/", "api/v1/", *links)):
            continue  # they have tests of their own
        seen.add(pattern)
        address = "/" + pattern.replace("<slug:slug>", hidden.site.slug)
        address = with_device.sub(hidden.device.uid, address)
        address = address.replace("<str:language>", "de").replace("<str:digest>", "0" * 12)
        address = address.replace("<int:view_id>", str(hidden.view.pk))
        assert "<" not in address, f"say what stands for the parameter of {pattern}"
        answer = client.get(address)
        assert SECRET not in answer.content.decode(), address
        assert "no-store" in answer["Cache-Control"], address
        if with_device.search(pattern):
            assert answer.status_code == 404, address
    assert len(seen) > 8


def test_metrics_name_nothing_of_a_site(hidden: Hidden):
    told = Client().get("/metrics")
    assert told.status_code == 200
    assert SECRET not in told.content.decode()
    assert "far-1" not in told.content.decode()


def test_the_api_has_no_address_its_schema_does_not_tell_of():
    """Otherwise the walk over the schema would miss it."""
    told = {re.sub(r"\{\w+\}", "*", path) for path in openapi.schema()["paths"]}
    for pattern in addresses(get_resolver().url_patterns):
        if pattern.startswith("api/v1/"):
            plain = re.sub(r"\(\?P<\w+>.*?\)(?=/|\\|$)|<[^>]+>", "*", pattern)
            path = "/" + plain.replace("^", "").replace("\\Z", "").replace("$", "")
            assert path in told or NOT_OF_A_SITE.match(path), pattern


def test_who_is_not_staff_does_not_enter_the_admin(hidden: Hidden, viewer: User):
    client = Client()
    client.force_login(viewer)
    for name in ("device", "site"):
        assert client.get(f"/admin/devices/{name}/").status_code == 302


def scoped_admins() -> Iterator[tuple[type[Model], ModelAdmin]]:
    for model, made in admin.site._registry.items():
        if isinstance(model._default_manager, ScopedManager):
            yield model, made


def test_no_page_of_the_admin_shows_or_changes_what_one_may_not_see(hidden: Hidden, viewer: User):
    User.objects.filter(pk=viewer.pk).update(is_staff=True)
    viewer.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(viewer)
    before, tried = hidden.rows(), set()
    rows = {type(each): each for each in (hidden.site, hidden.device, hidden.series)}
    rows[QuarantinedMessage] = hidden.message
    for model, made in scoped_admins():
        assert isinstance(made, ScopedAdmin)
        tried.add(model.__name__)
        pk = rows[model].pk
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for address in (base, f"{base}?q=far", f"{base}add/", f"/admin/r/{pk}/{pk}/"):
            assert SECRET not in client.get(address, follow=True).content.decode(), address
        for page in ("change", "delete", "history"):
            answer = client.get(f"{base}{pk}/{page}/", follow=True)
            assert SECRET not in answer.content.decode(), (base, page)
        chosen = {"action": "delete_selected", "_selected_action": pk, "post": "yes"}
        client.post(base, chosen)
        client.post(f"{base}{pk}/delete/", {"post": "yes"})
    for field in ("app_label=devices&model_name=device&field_name=site",
                  "app_label=telemetry&model_name=series&field_name=device"):  # fmt: skip
        assert SECRET not in client.get(f"/admin/autocomplete/?{field}").content.decode()
    near = Device.objects.get(uid="near-1")
    body = {"name": "n", "site": hidden.site.pk, "expected_interval": "60", "metadata": "{}"}
    assert client.post(f"/admin/devices/device/{near.pk}/change/", body).status_code == 200
    near.refresh_from_db()
    assert near.site_id != hidden.site.pk
    assert hidden.rows() == before
    assert tried == IN_ADMIN


def test_where_a_person_is_answered_rows_are_reached_through_a_scope():
    """A lint: `Device.objects.visible_to(scope)`, never `Device.objects.filter(…)`."""
    missed = []
    for path in ANSWERS:
        if "tests" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        tree.body = [each for each in tree.body if getattr(each, "name", "") not in SERVES_NOBODY]
        after = {
            node.value: node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
        }
        for node in ast.walk(tree):
            manager = isinstance(node, ast.Attribute) and node.attr in (
                "objects", "with_removed", "_default_manager", "_base_manager",
            )  # fmt: skip
            if not manager or not isinstance(node.value, ast.Name):
                continue
            of_ours = node.value.id in SCOPED | AT_NO_SITE | {"model"}
            if of_ours and after.get(node) not in HARMLESS:
                missed.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert missed == []
