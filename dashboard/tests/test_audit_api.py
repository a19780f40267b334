"""The audit log as it is read: narrowed, page by page, as a file; by administrators alone."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.test import APIClient

from access import audit
from access.audit import Of
from access.audit_entry import AuditEntry
from access.models import Grant
from access.roles import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("ana"))
    return client


def acts() -> None:
    audit.record("bridge", "device.registered", Of("device", "pump-1", "Pump one"))
    audit.record("bridge", "device.edited", Of("device", "pump-1", "Pump one"), {"a": 1}, {"a": 2})
    audit.record("manage.py import", "command.import", Of("command", label="import"))


def labels(client: APIClient, **query: Any) -> list[str]:
    answer = client.get("/api/v1/audit/", query)
    assert answer.status_code == 200, answer.content
    return [each["action"] for each in answer.json()["entries"]]


def test_it_is_read_newest_first_a_page_at_a_time(client: APIClient):
    acts()
    first = client.get("/api/v1/audit/", {"limit": 2}).json()
    assert [each["action"] for each in first["entries"]] == ["command.import", "device.edited"]
    assert first["more"]
    edited = first["entries"][1]
    assert (edited["by"], edited["object_id"], edited["label"]) == ("bridge", "pump-1", "Pump one")
    assert (edited["before"], edited["after"]) == ({"a": 1}, {"a": 2})
    rest = client.get("/api/v1/audit/", {"before": edited["id"]}).json()
    assert [each["action"] for each in rest["entries"]] == ["device.registered", "account.created"]
    assert not rest["more"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"by": "bridge"}, ["device.edited", "device.registered"]),
        ({"action": "device.edited"}, ["device.edited"]),
        ({"action": "device."}, ["device.edited", "device.registered"]),
        ({"kind": "device", "id": "pump-1"}, ["device.edited", "device.registered"]),
        ({"search": "pump ONE"}, ["device.edited", "device.registered"]),
        ({"search": "manage imp"}, ["command.import"]),
        ({"search": "' & !"}, []),
        ({"address": "192.0.2.1"}, []),
        ({"to": "2020-01-01"}, []),
        ({"from": "2020-01-01", "by": "ana"}, []),
    ],
)
def test_it_is_narrowed(client: APIClient, query: dict[str, str], found: list[str]):
    acts()
    assert labels(client, **query) == found


@pytest.mark.parametrize(
    "query",
    [{"address": "a"}, {"by": "\x00"}, {"search": "s" * 201}, {"who": "ana"}, {"id": "\x00"}],
)
def test_a_mistake_is_told(client: APIClient, query: dict[str, str]):
    answer = client.get("/api/v1/audit/", query)
    assert answer.status_code == 400
    assert answer.json().keys() == query.keys()


def test_it_is_given_out_as_a_file_which_is_recorded(client: APIClient):
    audit.record("bridge", "device.edited", Of("device", "p", "=cmd|' /C calc'!A0"), after={"a": 2})
    answer = client.get("/api/v1/audit/", {"format": "csv", "action": "device."})
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    (row,) = csv.DictReader(StringIO(answer.getvalue().decode()))
    assert (row["by"], row["action"], json.loads(row["after"])) == (
        "bridge", "device.edited", {"a": 2},
    )  # fmt: skip
    ended = AuditEntry.objects.get(action="export.ended")
    assert (ended.by, ended.kind, ended.after) == ("ana", "audit", {"rows": 1, "whole": True})
    lines = client.get("/api/v1/audit/", {"format": "ndjson"}).getvalue().decode().splitlines()
    assert json.loads(lines[0])["action"] == "export.ended"


def test_for_anybody_else_there_is_none(client: APIClient):
    for name, role in (("olga", Role.OPERATOR), ("vera", Role.VIEWER)):
        user = User.objects.create(username=name)
        Grant.objects.update_or_create(user=user, site=None, defaults={"role": role})
        browser = Client()
        browser.force_login(user)
        assert browser.get("/api/v1/audit/").status_code == 404
        assert browser.get("/audit/").status_code == 404
        assert "/audit/" not in browser.get("/sites/").content.decode()
    boss = User.objects.create(username="boss")
    Grant.objects.update_or_create(user=boss, site=None, defaults={"role": Role.ADMINISTRATOR})
    browser = Client()
    browser.force_login(boss)
    assert browser.get("/audit/").status_code == 200
    assert "/audit/" in browser.get("/sites/").content.decode()
    assert AuditEntry.objects.filter(action__startswith="grant.").exists()
