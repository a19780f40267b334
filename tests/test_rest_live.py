"""REST and live are one: what a request, the admin or a command changes is told to open pages at
once. Every writing operation of the schema is carried out, a page's own socket is told, and the
audit log has who did it; each is answered as the schema says. A new operation cannot be forgotten:
this test names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from access.audit_entry import AuditEntry
from dashboard.live.events import EVENTS
from dashboard.live.hub import Hub
from dashboard.tests.conftest import cookie, hub
from dashboard.tests.live_socket import Bridge, Socket, eventually
from devices import clock
from devices.models import Device
from notifications.tests.test_channels_api import ntfy
from notifications.tests.test_people_api import ROTA
from notifications.tests.test_web_push import Browser
from telemetry.models import QuarantinedMessage, Series
from tests import openapi
from tests.schema_told import ToldSchema

__all__ = ["cookie", "hub"]  # fixture
pytestmark = pytest.mark.django_db(transaction=True)
SCRIPTS = Path(__file__).resolve().parent.parent / "dashboard/static/dashboard/js"

# Questions with a body: they change nothing.
ASKING = {
    "alert_rules_replay", "alert_rules_targets", "derived_preview", "notifications_policies_try",
    "notifications_preview", "rules_preview", "topics_explain", "grafana_search",
    "grafana_metrics", "grafana_variable", "grafana_query", "grafana_annotations",
}  # fmt: skip
# What devices send; its way to the pages has tests of its own.
MEASURING = {"ingest", "ingest_by_path", "ingest_attributes"}
# What a session alone may do: devices/tests/test_account_api.py, test_second_factor.py.
SESSIONS = {
    "account_password", "account_sessions_end", "account_sessions_end_others", "account_app_begin",
    "account_app_set", "account_app_remove", "account_recovery", "account_passkey_begin",
    "account_passkey_make", "account_passkey_remove",
}  # fmt: skip
# What is nobody else's: the audit log has no word of it.
OF_ONES_OWN = {"log_read", "charts_keep"}
ABOVE = {"type": "threshold", "op": "above", "limit": 1}
PLANT = {"topic": "plant/{device}/up", "values": [{"path": "t", "metric": "temperature"}]}
FORMULA = {"formula": "a * 2"}


def newcomer() -> dict[str, Any]:
    User.objects.create_user("newcomer")
    return {"name": "newcomer", "role": "viewer"}


def person() -> dict[str, Any]:
    return {"person_id": User.objects.get(username="newcomer").pk}


class Step(NamedTuple):
    """An operation, what is sent with it, and the events of which a page gets one at least."""

    operation: str
    body: Callable[[], Any] | dict[str, Any] | None = None
    told: tuple[str, ...] = ()
    where: Callable[[], dict[str, Any]] = dict  # what stands in its path
    query: str = ""


def model(name: str) -> Any:
    """Of which the newest row is meant."""
    return apps.get_model(name).objects


def newest(name: str, parameter: str) -> Callable[[], dict[str, Any]]:
    return lambda: {parameter: model(name).latest("pk").pk}


def own(uid: str = "pump-1") -> Callable[[], dict[str, Any]]:
    return lambda: {"uid": uid}


def quarantined(**more: Any) -> QuarantinedMessage:
    facts: dict[str, Any] = {
        "received_at": timezone.now(), "topic": "devices/pump-1/telemetry", "uid": "pump-1",
        "reason": "malformed_json", "payload": b'{"t": 1}', "payload_size": 8, **more,
    }  # fmt: skip
    return QuarantinedMessage.objects.create(**facts)


def waiting(uid: str) -> None:
    now = timezone.now()
    model("bridge.Candidate").create(
        uid=uid, convention="tasmota", topic=f"tele/{uid}/SENSOR", first_at=now, last_at=now
    )


def alert_ids() -> dict[str, Any]:
    found = model("alerts.Alert").first() or model("alerts.Alert").create(
        rule_name="Warm", severity="warning", device=Device.objects.get(uid="pump-1"),
        uid="pump-1", sentence="Warm.", started_at=timezone.now(), fired_at=timezone.now(),
    )  # fmt: skip
    return {"ids": [found.pk]}


def subscription() -> dict[str, Any]:
    facts = Browser().facts()
    keys = {"p256dh": facts["p256dh"], "auth": facts["auth"]}
    return {"endpoint": facts["endpoint"], "keys": keys}


def prepared(*made: Callable[[], object]) -> Callable[[], dict[str, Any]]:
    """An empty body, after something was put there."""

    def body() -> dict[str, Any]:
        for each in made:
            each()
        return {}

    return body


def series_id() -> int:
    return Series.objects.get(metric="temperature").pk


STEPS = [
    Step("sites_create", {"slug": "plant", "name": "Plant"}, ("site",)),
    Step("sites_partial_update", {"name": "Works"}, ("site",), lambda: {"slug": "plant"}),
    Step("sites_update", {"slug": "plant", "name": "P"}, ("site",), lambda: {"slug": "plant"}),
    Step("devices_create", {"uid": "pump-1", "site": "plant"}, ("device",)),
    Step("devices_partial_update", {"name": "Pump"}, ("device",), own()),
    Step("devices_update", {"uid": "pump-1", "name": "P"}, ("device",), own()),
    Step("devices_rotate_token_create", {"keep": 0}, ("device",), own()),
    Step("devices_revoke_token_create", None, ("device",), own()),
    Step("series_create", {"device": "pump-1", "metric": "temperature"}, ("series",)),
    Step("series_partial_update", {"unit": "°C"}, ("series",), lambda: {"id": series_id()}),
    Step(
        "series_update",
        {"device": "pump-1", "metric": "temperature", "unit": "K"},
        ("series",),
        lambda: {"id": series_id()},
    ),
    Step("retention_create", {"device": "pump-1", "raw_days": 400}, ("retention",)),
    Step(
        "retention_partial_update",
        {"raw_days": 500},
        ("retention",),
        newest("telemetry.RetentionRule", "retention_id"),
    ),
    Step(
        "retention_destroy", None, ("retention",), newest("telemetry.RetentionRule", "retention_id")
    ),
    Step(
        "corrections_create",
        {"from": 0, "to": 1_000, "action": "delete", "reason": "wrong"},
        ("corrections",),
        lambda: {"series_id": series_id()},
    ),
    Step(
        "corrections_undo", None, ("corrections",), newest("telemetry.Correction", "correction_id")
    ),
    Step(
        "readings_import",
        {"time": "2026-01-01T00:00Z", "device": "pump-1", "temperature": 7},
        ("import",),
        query="?format=ndjson",
    ),
    Step("devices_rename", {"uid": "pump-9"}, ("device",), own()),
    Step(
        "devices_alias_delete",
        None,
        ("device",),
        lambda: {"uid": "pump-9", "alias": "pump-1"},
    ),
    Step("devices_rename", {"uid": "pump-1"}, ("device",), own("pump-9")),
    Step(
        "devices_merge",
        lambda: {"other": Device.objects.create(uid="pump-2", name="p").uid},
        ("device",),
        own(),
    ),
    Step("removed_devices_create", {"uids": ["pump-1"]}, ("device",)),
    Step("restored_devices_create", {"uids": ["pump-1"]}, ("device",)),
    Step("inbox_ignore", lambda: waiting("plug-1") or {"uids": ["plug-1"]}, ("inbox",)),
    Step("inbox_adopt", {"uids": ["plug-1"]}, ("inbox",)),
    Step(
        "inbox_merge",
        lambda: waiting("plug-2") or {"device": "pump-1"},
        ("inbox",),
        own("plug-2"),
    ),
    Step("listening_filter_create", {"filter": "plant/#"}, ("listening",)),
    Step(
        "listening_filter_delete", None, ("listening",), newest("bridge.TopicFilter", "filter_id")
    ),
    Step("rules_create", {"name": "New", "definition": PLANT}, ("rules",)),
    Step("rules_change", {"name": "N"}, ("rules",), newest("bridge.DecodeRule", "rule_id")),
    Step("rules_order", lambda: {"ids": [model("bridge.DecodeRule").get().pk]}, ("rules",)),
    Step(
        "rules_import",
        {"pulseboard_rules": 1, "rules": [{"name": "In", "definition": PLANT}]},
        ("rules",),
    ),
    Step(
        "rules_replay",
        prepared(
            lambda: quarantined(topic="plant/x/up", uid="", reason="unknown_topic"),
        ),
        ("quarantine_left",),
        lambda: {"rule_id": model("bridge.DecodeRule").earliest("pk").pk},
    ),
    Step("rules_delete", None, ("rules",), newest("bridge.DecodeRule", "rule_id")),
    Step(
        "quarantine_replay_one",
        None,
        ("quarantine_left",),
        lambda: {"message_id": quarantined().pk},
    ),
    Step("quarantine_replay", prepared(quarantined), ("quarantine_left",)),
    Step("quarantine_destroy", None, ("quarantine_left",), lambda: {"id": quarantined().pk}),
    Step(
        "quarantine_discard",
        prepared(quarantined),
        ("quarantine_left",),
        query="?uid=pump-1&reason=malformed_json&to=2100-01-01",
    ),
    Step(
        "unregistered_register",
        prepared(lambda: quarantined(uid="new-1", reason="unknown_device")),
        ("device",),
        own("new-1"),
    ),
    Step(
        "derived_create",
        lambda: {
            "device": "pump-1", "metric": "twice", **FORMULA,
            "inputs": [{"name": "a", "series": series_id()}],
        },
        ("derived",),
    ),
    Step(
        "derived_change",
        {"enabled": False},
        ("derived",),
        newest("derived.DerivedSeries", "derived_id"),
    ),
    Step(
        "derived_backfill",
        {"from": "2026-01-01T00:00Z"},
        ("derived",),
        newest("derived.DerivedSeries", "derived_id"),
    ),
    Step(
        "derived_backfill_cancel",
        None,
        ("derived",),
        newest("derived.DerivedSeries", "derived_id"),
    ),
    Step("derived_delete", None, ("derived",), newest("derived.DerivedSeries", "derived_id")),
    Step(
        "alert_rules_create", {"name": "Warm", "metric": "t", "condition": ABOVE}, ("alert_rules",)
    ),
    Step(
        "alert_rules_change",
        {"name": "Hot"},
        ("alert_rules",),
        newest("alerts.AlertRule", "alert_rule_id"),
    ),
    Step(
        "alert_rules_delete",
        lambda: {"name": model("alerts.AlertRule").latest("pk").name},
        ("alert_rules",),
        newest("alerts.AlertRule", "alert_rule_id"),
    ),
    Step(
        "alert_rules_import",
        {"text": '{"pulseboard_alert_rules": 1, "rules": [{"name": "n", "metric": "m",'
         ' "condition": {"type": "threshold", "op": "above", "limit": 1}}]}'},
        ("alert_rules",),
    ),
    Step(
        "alert_rules_from_lines",
        lambda: Device.objects.get(uid="pump-1").pk and Device.objects.filter(uid="pump-1").update(
            metadata={"thresholds": {"temperature": [{"value": 5, "op": "above"}]}}
        ) and {},
        ("alert_rules",),
    ),
    Step("alert_rules_take", {"ready_made": ["device-offline"]}, ("alert_rules",)),
    *(
        Step(f"alerts_{act}", lambda more=more: {**alert_ids(), **more()}, ("alert",))
        for act, more in {
            "acknowledge": dict, "unacknowledge": dict, "assign": lambda: {"to": "olga"},
            "snooze": lambda: {"until": clock.now_ms() + 3_600_000},
            "comment": lambda: {"text": "seen"},
        }.items()
    ),
    Step("silences_create", {"site": "plant", "reason": "works"}, ("silences",)),
    Step(
        "silences_change", {"reason": "w"}, ("silences",), newest("alerts.Silence", "silence_id")
    ),
    Step("silences_end", None, ("silences",), newest("alerts.Silence", "silence_id")),
    Step("channels_create", ntfy(shared=True), ("notifications",)),
    Step(
        "channels_change",
        {"enabled": True},
        ("notifications",),
        newest("notifications.Channel", "channel_id"),
    ),
    Step(
        "notifications_room_change",
        {"minimum": "critical"},
        ("notifications",),
        newest("notifications.Channel", "channel_id"),
    ),
    Step(
        "channels_test",
        None,
        ("notifications",),
        newest("notifications.Channel", "channel_id"),
    ),
    Step(
        "channels_delete",
        None,
        ("notifications",),
        newest("notifications.Channel", "channel_id"),
    ),
    Step("web_push_subscribe", subscription, ("notifications",)),
    Step("notifications_me_change", {"minimum": "warning"}, ("notifications",)),
    Step("notifications_teams_create", {"name": "T", "members": ["olga"]}, ("notifications",)),
    Step(
        "notifications_teams_change",
        {"name": "U"},
        ("notifications",),
        newest("notifications.Team", "team_id"),
    ),
    Step(
        "notifications_teams_delete",
        None,
        ("notifications",),
        newest("notifications.Team", "team_id"),
    ),
    Step("notifications_rotas_create", ROTA, ("notifications",)),
    Step(
        "notifications_rotas_change",
        {"name": "R"},
        ("notifications",),
        newest("notifications.Rota", "rota_id"),
    ),
    Step(
        "notifications_substitute",
        {"starts": 4_102_444_800_000, "ends": 4_102_448_400_000, "user": "olga"},
        ("notifications",),
        newest("notifications.Rota", "rota_id"),
    ),
    Step(
        "notifications_substitute_delete",
        None,
        ("notifications",),
        lambda: {
            "rota_id": model("notifications.Rota").latest("pk").pk,
            "substitution_id": model("notifications.Substitution").latest("pk").pk,
        },
    ),
    Step(
        "notifications_rotas_delete",
        None,
        ("notifications",),
        newest("notifications.Rota", "rota_id"),
    ),
    Step(
        "notifications_policies_create",
        {"name": "All", "steps": [{"minutes": 5, "users": ["olga"]}]},
        ("notifications",),
    ),
    Step(
        "notifications_policies_change",
        {"name": "P"},
        ("notifications",),
        newest("notifications.Policy", "policy_id"),
    ),
    Step(
        "notifications_policies_delete",
        None,
        ("notifications",),
        newest("notifications.Policy", "policy_id"),
    ),
    Step(
        "notifications_wordings_change",
        {"subject": "S", "text": "T"},
        ("notifications",),
        lambda: {"what": "fired"},
    ),
    Step(
        "notifications_wordings_delete", None, ("notifications",), lambda: {"what": "fired"}
    ),
    Step("views_create", {"name": "Mine", "path": "/", "shared": True}, ("views",)),
    Step("views_change", {"name": "M"}, ("views",), newest("dashboard.SavedView", "view_id")),
    Step("views_delete", None, ("views",), newest("dashboard.SavedView", "view_id")),
    Step("cards_set", {"kind": "pump", "main": "temperature"}, ("cards",)),
    Step("cards_reset", None, ("cards",), newest("dashboard.CardTemplate", "card_id")),
    Step("charts_keep", {"layout": '{"pinned":["t"]}'}, ("account",), own()),
    Step("device_changes_create", {"uids": ["pump-1"], "kind": "p"}, ("device",)),
    Step("device_imports_create", {"text": "uid,name\npump-1,Q\n"}, ("device",)),
    Step(
        "devices_thresholds_update",
        {"metric": "t", "lines": [{"value": 1, "op": "above"}], "was": []},
        ("device",),
        own(),
    ),
    Step("log_write", {"text": "hello", "site": "plant", "client_id": str(uuid4())}, ("log",)),
    Step("log_edit", {"text": "hi"}, ("log",), newest("shiftlog.Entry", "entry_id")),
    Step("log_pin", None, ("log",), newest("shiftlog.Entry", "entry_id")),
    Step("log_react", {"word": "👍"}, ("log",), newest("shiftlog.Entry", "entry_id")),
    Step("log_take_back", None, ("log",), newest("shiftlog.Entry", "entry_id"), "?word=👍"),
    Step("log_read", lambda: {"read_to": model("shiftlog.Entry").latest("pk").pk}, ("log_read",)),
    Step("log_delete", None, ("log",), newest("shiftlog.Entry", "entry_id")),
    Step("account_invitations_create", {"role": "viewer"}, ("account",)),
    Step(
        "account_invitations_destroy",
        None,
        ("account",),
        newest("access.Invitation", "invitation_id"),
    ),
    Step("tokens_create", {"name": "import"}, ("account",)),
    Step(
        "tokens_destroy",
        None,
        ("account",),
        lambda: {"token_key": model("knox.AuthToken").latest("created").token_key},
    ),
    Step("people_grant", newcomer, ("people",)),
    Step("people_grants_put", {"role": "operator"}, ("people",), person),
    Step("people_change", {"active": False}, ("people",), person),
    Step("people_grants_take", None, ("people",), person),
    Step("series_destroy", None, ("series",), lambda: {"id": series_id()}),
    Step("devices_destroy", None, ("device",), own()),
    Step("sites_provisioning_key_make", None, ("site",), lambda: {"slug": "plant"}),
    Step("sites_provisioning_key_end", None, ("site",), lambda: {"slug": "plant"}),
    Step("sites_destroy", None, ("site",), lambda: {"slug": "plant"}),
]  # fmt: skip


def operations() -> dict[str, tuple[str, str]]:
    """(method, path) of each that writes, by its id."""
    return {
        each["operationId"]: (method, path)
        for path, methods in openapi.schema()["paths"].items()
        for method, each in methods.items()
        if method != "get"
    }


OPERATIONS = operations()
# How modules of pages say which events they follow.
FOLLOWING = re.compile(r'(?:connection\.on\(|keepRead\(\[|const op of \[)((?:"[a-z_]+"(?:, )?)+)')


def test_every_writing_operation_is_carried_out_below():
    assert OPERATIONS.keys() - ASKING - MEASURING - SESSIONS == {step.operation for step in STEPS}


def carry_out(step: Step, user: User, told: ToldSchema) -> None:
    client = APIClient()
    client.force_authenticate(user)
    method, path = OPERATIONS[step.operation]
    body = step.body() if callable(step.body) else step.body
    address = path.format(**step.where()) + step.query
    mine = AuditEntry.objects.filter(by=user.username)
    recorded = mine.count()
    answer = getattr(client, method)(address, body, format="json")
    assert answer.status_code < 300, f"{answer.status_code} {answer.content!r}"
    is_audited = mine.count() > recorded
    assert is_audited != (step.operation in OF_ONES_OWN), "it is not in the audit log"
    assert not (found := told.problems_of(step.operation, answer)), "\n".join(found)


async def test_a_page_is_told_of_whatever_a_request_changes(hub: Hub, cookie: str):
    user = await User.objects.aget(username="olga")
    failed = []
    schema = ToldSchema()
    async with Socket(cookie) as socket:
        await socket.got("hello")
        await hub.linked()
        for step in STEPS:
            # What earlier steps told has come when this has.
            await Bridge().announce("cards", mark=step.operation)
            await socket.got("cards", mark=step.operation)
            seen = len(socket.seen)

            def told(step: Step = step, seen: int = seen) -> bool:
                return any(message["op"] in step.told for message in socket.seen[seen:])

            try:
                await database_sync_to_async(carry_out)(step, user, schema)
                await eventually(told)
            except (AssertionError, TimeoutError) as exc:
                failed.append(f"{step.operation}: {str(exc) or 'a page is not told'}")
    assert not failed, "\n".join(failed)


# What the admin adds, changes and deletes, the last made first, and what pages are told of it.
IN_THE_ADMIN = {
    "telemetry.Series": "series",
    "devices.Site": "site",  # its device stays
    "devices.Device": "device",
    "knox.AuthToken": "account",
    "auth.User": "people",
}
NOTHING_OF_REST = {"auth.Group"}
PASSWORD = "korrekt-Pferd-9"
ADDED: dict[str, Callable[[], dict[str, Any]]] = {
    "auth.User": lambda: {
        "username": "mia", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"
    },
    "knox.AuthToken": lambda: {
        "user": User.objects.get(username="olga").pk, "digest": "d" * 128, "token_key": "k" * 15
    },
    "devices.Site": lambda: {"slug": "roof", "name": "Roof"},
    "devices.Device": lambda: {"uid": "fan-1", "name": "Fan", "site": newest_of("devices.Site").pk},
    "telemetry.Series": lambda: {"device": newest_of("devices.Device").pk, "metric": "speed"},
}  # fmt: skip
CHANGED = {
    "auth.User": {"first_name": "Mia"},
    "knox.AuthToken": {"expiry_0": "2100-01-01", "expiry_1": "12:00"},
    "devices.Site": {"name": "Attic"},
    "devices.Device": {"name": "Ventilator"},
    "telemetry.Series": {"unit": "rpm"},
}


# Commands that change what a page shows of one's own and of the quarantine.
COMMANDS = {"account remove-factors olga": "account", "replay": "quarantine_left"}


def command(user: User, words: str) -> None:
    model("access.CodeApp").get_or_create(user=user, defaults={"sealed": "s", "last_step": 0})
    Device.objects.get_or_create(uid="pump-1")
    quarantined()
    call_command(*words.split(), stdout=StringIO())


def newest_of(label: str) -> Any:
    return model(label).latest({"knox.AuthToken": "created"}.get(label, "pk"))


def in_the_form(page: Any) -> dict[str, Any]:
    """What a browser would send of a form of the admin that nobody touched."""
    inlines = [each.formset for each in page.context["inline_admin_formsets"]]
    forms = [page.context["adminform"].form]
    forms += [form for each in inlines for form in (each.management_form, *each.forms)]
    sent = {}
    for form in forms:
        for bound in form:
            widget, value = bound.field.widget, bound.value()
            if hasattr(widget, "decompress"):
                shown = widget.decompress(value)
                sent |= {f"{bound.html_name}_{n}": one for n, one in enumerate(shown)}
            else:
                sent[bound.html_name] = value
    return {name: value for name, value in sent.items() if value not in (None, False)}


def fill_in(browser: Client, address: str, given: dict[str, Any]) -> None:
    page = browser.get(address)
    assert page.status_code == 200, address
    answer = browser.post(address, in_the_form(page) | given)
    refused = answer.context and answer.context["errors"]
    assert answer.status_code == 302, f"{address}: {refused}"


def act_in_the_admin(user: User, act: str, label: str) -> None:
    browser = Client()
    browser.force_login(user)
    address = f"/admin/{label.lower().replace('.', '/')}/"
    before = model(label).count()
    if act == "add":
        fill_in(browser, f"{address}add/", ADDED[label]())
        assert model(label).count() == before + 1, label
    elif act == "change":
        fill_in(browser, f"{address}{newest_of(label).pk}/change/", CHANGED[label])
    else:
        chosen = [newest_of(label).pk]
        sent = {"action": "delete_selected", "post": "yes", "_selected_action": chosen}
        assert browser.post(address, sent).status_code == 302, label
        assert model(label).count() == before - 1, label


async def test_a_page_is_told_of_what_the_admin_and_a_command_change(hub: Hub, cookie: str):
    await User.objects.filter(username="olga").aupdate(is_staff=True, is_superuser=True)
    user = await User.objects.aget(username="olga")
    steps = [("add", label) for label in ADDED]
    steps += [("change", label) for label in IN_THE_ADMIN]
    steps += [("delete", label) for label in IN_THE_ADMIN]
    async with Socket(cookie) as socket:
        await socket.got("hello")
        await hub.linked()
        for act, label in steps:
            mark = f"{act} {label}"
            await Bridge().announce("cards", mark=mark)
            await socket.got("cards", mark=mark)
            seen = len(socket.seen)
            await database_sync_to_async(act_in_the_admin)(user, act, label)

            def is_told(label: str = label, seen: int = seen) -> bool:
                return any(message["op"] == IN_THE_ADMIN[label] for message in socket.seen[seen:])

            try:
                await eventually(is_told)
            except TimeoutError:
                pytest.fail(f"a page is not told of {mark}")
        await socket.got("device", change="changed")
        await socket.got("site", change="deleted")
        await database_sync_to_async(call_command)("ready_made_rules", stdout=StringIO())
        await socket.got("alert_rules")
        for words, told in COMMANDS.items():
            await Bridge().announce("cards", mark=words)
            await socket.got("cards", mark=words)
            seen = len(socket.seen)
            await database_sync_to_async(command)(user, words)

            def is_said(told: str = told, seen: int = seen) -> bool:
                return any(message["op"] == told for message in socket.seen[seen:])

            await eventually(is_said)


def test_whatever_the_admin_deletes_is_acted_upon_above(rf: Any, transactional_db: None):
    request = rf.get("/")
    request.user = User(username="root", is_superuser=True, is_staff=True, is_active=True)
    may = {
        each._meta.label
        for each, page in admin.site._registry.items()
        if page.has_delete_permission(request)
    }
    assert may == IN_THE_ADMIN.keys() | NOTHING_OF_REST
    assert ADDED.keys() == CHANGED.keys() == IN_THE_ADMIN.keys()


def test_some_page_follows_every_event():
    scripts = "".join(path.read_text() for path in SCRIPTS.rglob("*.js"))
    followed = set(re.findall(r'"([a-z_]+)"', " ".join(FOLLOWING.findall(scripts))))
    assert sorted(EVENTS - followed) == []
