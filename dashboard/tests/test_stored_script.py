"""A script that somebody or a device stored in a text is shown as a text, on every page and in
every file: whatever column of ours holds a text holds one here that would run, as HTML, as a
formula, and in a terminal."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import connection, models
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect

from access.audit_entry import AuditEntry
from dashboard.tests.live_socket import insert
from dashboard.tests.test_every_page import PAGES, things
from devices.models import Device
from telemetry.models import Series
from tests import sight
from tests.browser import chromium, operator, page
from tests.web_process import WebProcess, web, web_process

__all__ = ["chromium", "operator", "page", "things", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

TAG = '"><img src=/pwned onerror=pwned()>'
HOSTILE = f"=1+1\n\x1b[2J{TAG}<script>pwned()</script>"
LONG = f"{HOSTILE} [here](javascript:pwned()) <svg onload=pwned()>"
FITS = 12  # characters: no script is shorter
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # begins one
OURS = ("access", "alerts", "auth", "bridge", "dashboard", "derived", "devices", "knox",
        "notifications", "shiftlog", "telemetry")  # fmt: skip
# What is no text that somebody chooses: a word of ours, a secret, a copy of a uid, a grammar.
WORDS = {
    "action", "codename", "convention", "digest", "duration", "former_digest", "former_sealed",
    "former_verifier", "gateway", "holder", "issuer", "key", "lane", "leased_by", "minimum",
    "object_id", "password", "process", "ready_made", "sealed", "session_key", "stream",
    "through", "token_digest", "token_key", "token_prefix", "token_sealed", "token_verifier", "uid",
    "worker", "zone", "digest_below", "ended", "why",
}  # fmt: skip
WORDS_OF = {
    "access.OpenIdAccount.subject": "tells whose account it is",
    "access.AuditEntry.kind": "a word of ours",
    "alerts.Alert.runbook": "an address, checked where it comes in",
    **dict.fromkeys(
        [f"alerts.AlertRule.{name}" for name in ("kind", "metric", "tag", "uid_pattern")],
        "finds the devices and series, whose own texts are hostile",
    ),
    "alerts.AlertRule.runbook": "an address, checked where it comes in",
    "auth.Permission.name": "Django's own, and there for all tests",
    "auth.User.username": "by its pattern",
    "bridge.ConventionState.scope": "what one dialect keeps for itself",
    "bridge.PublishedTopic.component": "a word of ours",
    "bridge.TopicFilter.filter": "a filter of MQTT, checked where it comes in",
    "dashboard.ChartLayout.layout": "JSON of the page's own",
    "dashboard.SavedView.path": "an address of ours, checked where it comes in",
    "derived.DerivedInput.name": "by its grammar",
    "derived.DerivedSeries.at": "by its grammar",
    "derived.DerivedSeries.formula": "by its grammar",
    "devices.BrokerAccount.error": "of a broker, for the log",
    "devices.PresenceAway.state": "a word of ours",
    "devices.PresenceFact.what": "a word of ours",
    "shiftlog.Entry.kind": "a word of ours",
    "shiftlog.Entry.view": "an address of ours, checked where it comes in",
    "telemetry.QuarantinedMessage.reason": "a word of ours",
    "telemetry.RetentionRule.kind": "no text where it is for something else",
    "telemetry.Series.metric": "one more series has it, below",
    "bridge.Candidate.reason": "a word of ours",
    "bridge.IgnoredMessages.reason": "a word of ours",
}
TEXTS_WITHIN = {"labels", "metadata", "described", "detail", "before", "after", "tags"}


def columns() -> Iterator[tuple[type[models.Model], models.Field]]:
    """Those that hold a text of somebody's."""
    for model in apps.get_models():
        if model._meta.app_label not in OURS or model is AuditEntry:
            continue
        for field in model._meta.concrete_fields:
            name, kind = field.name, type(field)
            if name in TEXTS_WITHIN and issubclass(kind, models.JSONField | ArrayField):
                yield model, field
            if not issubclass(kind, models.CharField | models.TextField) or field.choices:
                continue
            if (field.max_length or FITS) < FITS:
                continue
            by_pattern = any(isinstance(each, RegexValidator) for each in field.validators)
            if (
                not by_pattern
                and name not in WORDS
                and (f"{model._meta.label}.{name}" not in WORDS_OF)
            ):
                yield model, field


def hostile(found: Any) -> Any:
    """The same with every text within it replaced."""
    if isinstance(found, dict):
        return {HOSTILE: HOSTILE} | {key: hostile(each) for key, each in found.items()}
    return [hostile(each) for each in found] if isinstance(found, list) else HOSTILE


def poison() -> int:
    """Every such column of every row that is there; how many."""
    count = 0
    for model, field in columns():
        for number, row in enumerate(model._base_manager.all()):
            room = getattr(field, "max_length", None) or 10_000
            if isinstance(field, models.JSONField | ArrayField):
                value = hostile(getattr(row, field.name))
            else:
                most = next(each for each in (LONG, HOSTILE, TAG, "<b>=1") if len(each) < room - 3)
                value = f"{most}{number}" if field.unique else most
            model._base_manager.filter(pk=row.pk).update(**{field.name: value})
            count += 1
    return count


@pytest.fixture
def stored(things: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "HIDDEN_ID", 9_999)
    with connection.cursor() as cursor:  # beyond the numbers that `things` has given itself
        for table in ("bridge_decoderule", "derived_derivedseries"):
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), 1_000)", [table])
    sight.Hidden()
    pump = Device.objects.get(uid="pump-0")
    named = Series.objects.create(device=pump, metric=HOSTILE, unit="x")
    insert([(named.id, int(timezone.now().timestamp() * 1_000), 1)])
    AuditEntry.objects.create(
        by=HOSTILE, action="device.edited", kind="device", label=LONG[:200],
        before={"name": HOSTILE}, after={HOSTILE: LONG},
    )  # fmt: skip
    assert poison() > 150


def cells(text: str) -> Iterator[str]:
    for row in csv.reader(io.StringIO(text)):
        yield from row


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_a_script_in_every_text_runs_nowhere(
    page: Page, web: WebProcess, stored: None, operator: User
):
    pwned: list[str] = []
    before = web.log.stat().st_size
    page.expose_function("pwned", lambda: pwned.append(page.url))
    page.on("dialog", lambda dialog: (pwned.append(f"dialog {page.url}"), dialog.dismiss()))
    page.on("request", lambda asked: pwned.append(asked.url) if "pwned" in asked.url else None)
    shown = marked = 0
    for name, (path, sign, live) in PAGES.items():
        if name in ("login", "not found", "api-docs"):
            continue  # nothing of the database is on them
        page.goto(path)
        page.locator(sign.partition(":text")[0]).first.wait_for()
        if live:
            expect(page.locator("#connection")).to_have_attribute("data-state", "online")
        page.wait_for_load_state("networkidle")
        for opened in ("#groups summary", "#entries summary", ".alert-row .open-alert"):
            if page.locator(opened).count():
                page.locator(opened).first.click()
        text = page.locator("body").inner_text()
        shown += text.count("pwned()")
        marked += text.count("[U+001B]")
        made = page.locator("img[src='/pwned'], [onerror], [onload], a[href^='javascript']")
        assert made.count() == 0, f"{name}: {made.first.evaluate('(one) => one.outerHTML')}"
    assert pwned == []
    assert marked > 30
    assert shown > 50, "it is there, as a text"  # this would hold on empty pages, too

    session = Client()
    session.force_login(operator)
    for address in ("audit/?", "readings/latest/?site=plant&", "readings/?device=pump-0&"):
        text = session.get(f"/api/v1/{address}format=csv").getvalue().decode()
        assert "pwned()" in text, address
        formulas = [each for each in cells(text) if each.startswith(FORMULA)]
        assert [each for each in formulas if not is_number(each)] == [], address
    answer = session.get("/api/v1/devices/")
    assert answer["Content-Type"] == "application/json"
    assert json.loads(answer.content)["results"]

    lines = web.log.read_bytes()[before:].decode().splitlines()
    begun = ("time=", "127.0.0.1:")  # ours, and the access log of Daphne
    assert [each for each in lines if not each.startswith(begun) or "\x1b" in each] == []
