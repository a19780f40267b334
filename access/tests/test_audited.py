"""What is recorded in the audit log by itself: sign-ins, people, and any request that changes
something."""

from __future__ import annotations

from getpass import getuser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command, get_commands
from django.test import Client
from knox.models import AuthToken
from rest_framework.test import APIClient

from access.audit import HIDDEN
from access.audit_entry import AuditEntry
from access.audited.commands import UNTOLD, WHEN_DONE, carry_out

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct-horse-battery"


@pytest.fixture
def ana() -> User:
    return User.objects.create_superuser("ana", password=PASSWORD)


def entries(*actions: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action__in=actions).order_by("id"))


def test_who_signs_in_fails_to_or_signs_out_is_recorded(ana: User):
    client = Client(REMOTE_ADDR="192.0.2.9")
    client.post("/login/", {"username": "ana", "password": "wrong"})
    client.post("/login/", {"username": "ana", "password": PASSWORD})
    client.post("/logout/")
    failed, signed_in, ended = entries("sign_in.failed", "sign_in", "sign_in.ended")
    assert (failed.by, failed.label, failed.address) == ("nobody", "ana", "192.0.2.9")
    for entry in (signed_in, ended):
        assert (entry.by, entry.account_id, entry.address) == ("ana", ana.pk, "192.0.2.9")
    assert "wrong" not in str([vars(each) for each in AuditEntry.objects.all()])


def test_a_wrong_password_given_to_rest_is_recorded(ana: User):
    APIClient(REMOTE_ADDR="192.0.2.8").post(
        "/api/v1/tokens/",
        headers={"authorization": "Basic YW5hOndyb25n"},  # ana:wrong
    )
    (failed,) = entries("sign_in.failed")
    assert (failed.label, failed.address) == ("ana", "192.0.2.8")


def test_changes_of_people_are_recorded_and_their_passwords_are_not(ana: User):
    ana.first_name = "Ana"
    ana.set_password("another-good-one")
    ana.save()
    (changed,) = entries("account.changed")
    assert changed.before == {"first_name": "", "password": HIDDEN}
    assert changed.after == {"first_name": "Ana", "password": HIDDEN}
    shift = Group.objects.create(name="Night shift")
    ana.groups.add(shift)
    assert entries("account.changed")[-1].after == {"groups": ["Night shift"]}
    made, token = AuthToken.objects.create(ana)
    ana.delete()
    assert [each.object_id for each in entries("api_token.deleted")] == [made.token_key]
    assert [each.label for each in entries("account.deleted")] == ["ana"]
    assert token not in str([vars(each) for each in AuditEntry.objects.all()])
    assert made.digest not in str([vars(each) for each in AuditEntry.objects.all()])


def test_a_login_alone_is_no_change_of_the_account(ana: User):
    Client().force_login(ana)
    assert not entries("account.changed")


def test_what_a_token_did_names_it(ana: User):
    made, token = AuthToken.objects.create(ana)
    client = APIClient(headers={"authorization": f"Bearer {token}"})
    assert client.post("/api/v1/sites/", {"slug": "a", "name": "A"}).status_code == 201
    (created,) = entries("site.created")
    assert (created.by, created.token_key) == ("ana", made.token_key)
    assert (created.kind, created.object_id, created.label) == ("site", "a", "A")


def test_a_command_is_named_as_a_process(monkeypatch: pytest.MonkeyPatch, ana: User):
    monkeypatch.setattr("sys.argv", ["./manage.py", "createsuperuser", "--username=root"])
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", username="root", email="r@example.com", interactive=False)
    created = entries("account.created")[-1]
    assert (created.by, created.label) == ("manage.py createsuperuser", "root")
    assert (created.address, created.account_id) == (None, None)


def test_the_admin_is_recorded_too(ana: User):
    client = Client()
    client.force_login(ana)
    answer = client.post("/admin/auth/group/add/", {"name": "Day shift"})
    assert answer.status_code == 302
    (created,) = entries("group.created")
    assert (created.by, created.label) == ("ana", "Day shift")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/topics/explain/", {"topic": "a/b"}),
        ("/language/", {"language": "de"}),
        ("/api/v1/redoc/", {}),
        ("/api/v1/devices/", {"uid": "a b"}),
    ],
)
def test_what_only_asks_and_what_fails_is_no_change(ana: User, path: str, body: dict[str, Any]):
    client = Client()
    client.force_login(ana)
    before = AuditEntry.objects.count()
    client.post(path, body, content_type="application/json")
    assert AuditEntry.objects.count() == before


def test_an_address_without_words_of_its_own_is_recorded_by_its_name(ana: User):
    client = APIClient(REMOTE_ADDR="192.0.2.1")
    client.force_login(ana)
    view = client.post("/api/v1/views/", {"name": "Mine", "path": "/", "shared": True}).json()
    client.delete(f"/api/v1/views/{view['id']}/")
    made, gone = entries("views.post", "views.delete")
    assert (made.kind, made.object_id) == ("views", str(view["id"]))
    assert made.after == {"name": "Mine", "path": "/", "shared": True}
    assert (gone.by, gone.object_id, gone.address) == ("ana", str(view["id"]), "192.0.2.1")


def test_to_say_that_it_is_a_dry_run_hides_no_change(ana: User):
    client = APIClient()
    client.force_login(ana)
    client.post("/api/v1/views/?dry_run=1", {"name": "Mine", "path": "/"})
    assert len(entries("views.post")) == 1


def test_a_file_given_out_is_recorded(ana: User):
    client = Client()
    client.force_login(ana)
    assert client.get("/api/v1/alert-rules/export/").status_code == 200
    (given,) = entries("export")
    assert (given.by, given.kind) == ("ana", "file")
    assert given.label == "pulseboard-alert-rules.yaml"


def run(*words: str) -> None:
    carry_out(["manage.py", *words], lambda: call_command(words[0], stdout=StringIO()))


def test_a_command_line_is_recorded_with_whose_account_it_was(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.argv", ["./manage.py", "ready_made_rules"])
    run("ready_made_rules", "--token=pb_1", "device-offline")
    with pytest.raises(CommandError):
        run("import", "nothing.csv")
    run("check")
    made, failed = entries("command.ready_made_rules", "command.import", "command.check")
    assert made.after == {"account": getuser(), "arguments": [HIDDEN, "device-offline"]}
    assert made.by == "manage.py ready_made_rules"
    assert failed.after == {"account": getuser(), "arguments": ["nothing.csv"], "failed": True}


def test_every_command_of_ours_is_recorded_or_has_nothing_to_tell():
    ours = {name for name, app in get_commands().items() if (ROOT / app).is_dir()}
    assert ours - UNTOLD - WHEN_DONE == set()
