"""The audit log keeps what was done, and the database lets nobody change or remove it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import DatabaseError, ProgrammingError, connection, transaction
from django.test import RequestFactory
from django.utils import timezone

from access import audit
from access.audit import HIDDEN, Of
from access.audit_entry import AuditEntry

pytestmark = pytest.mark.django_db


def test_an_entry_says_who_did_what_to_what_and_from_where():
    ana = User.objects.create(username="ana")
    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.7")
    request.user = ana
    of = Of("device", "7", "Pump 7", 3)
    audit.record(request, "device.edited", of, {"name": "Pump"}, {"name": "Pump 7"})
    entry = AuditEntry.objects.get(action="device.edited")
    assert (entry.by, entry.account_id, entry.address) == ("ana", ana.pk, "192.0.2.7")
    assert (entry.action, entry.kind, entry.object_id) == ("device.edited", "device", "7")
    assert (entry.label, entry.site_id) == ("Pump 7", 3)
    assert (entry.before, entry.after) == ({"name": "Pump"}, {"name": "Pump 7"})


def test_a_process_a_row_and_a_word_are_named_too():
    ana = User.objects.create(username="ana")
    audit.record("bridge", "account.seen", ana)
    audit.record(AnonymousUser(), "sign_in.failed", "account")
    entries = AuditEntry.objects.filter(by__in=("bridge", "nobody")).order_by("id")
    found = entries.values_list("by", "kind", "object_id", "label")
    assert list(found) == [
        ("bridge", "user", str(ana.pk), "ana"),
        ("nobody", "account", "", ""),
    ]


def test_what_is_secret_is_hidden_and_what_is_long_is_cut():
    facts = {
        "password": "hunter2", "auth": {"client_secret": "s", "url": "u"}, "token_key": "pb_1",
        "rows": [{"token": "pd_1"}], "note": "n" * 999 + "\x00", "token": "",
    }  # fmt: skip
    audit.record("command", "channel.changed", "channel", after=facts)
    kept = AuditEntry.objects.get().after
    assert kept is not None
    assert kept["password"] == HIDDEN
    assert kept["auth"] == {"client_secret": HIDDEN, "url": "u"}
    assert kept["rows"] == [{"token": HIDDEN}]
    assert kept["token_key"] == "pb_1"
    assert kept["token"] == ""  # that there is none is no secret
    assert len(kept["note"]) == 200


def test_it_is_gone_with_the_transaction_it_tells_of():
    with transaction.atomic():
        audit.record("command", "device.edited", "device")
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access_auditentry SET by = 'somebody'",
        "DELETE FROM access_auditentry",
        "TRUNCATE access_auditentry",
    ],
)
def test_the_database_refuses_to_change_it(statement: str):
    audit.record("command", "device.edited", "device")
    with (
        pytest.raises(ProgrammingError, match="only ever added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert AuditEntry.objects.get().by == "command"


def test_an_entry_cannot_be_given_another_time():
    before = timezone.now() - timedelta(days=1)
    AuditEntry.objects.create(by="forger", action="a.b", kind="k", at=before - timedelta(days=400))
    assert AuditEntry.objects.get().at > before


def test_a_role_that_may_only_insert_can_do_no_more():
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE audit_writer")
        cursor.execute("GRANT INSERT ON access_auditentry TO audit_writer")
        cursor.execute("GRANT USAGE ON SEQUENCE access_auditentry_id_seq TO audit_writer")
        cursor.execute("SET LOCAL ROLE audit_writer")
        cursor.execute(
            "INSERT INTO access_auditentry (by, token_key, action, kind, object_id, label)"
            " VALUES ('w', '', 'a.b', 'k', '', '')"
        )
        for statement in (
            "ALTER TABLE access_auditentry DISABLE TRIGGER ALL",
            "DELETE FROM access_auditentry",
            "SELECT FROM access_auditentry",
        ):
            with (
                pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
                transaction.atomic(),
            ):
                cursor.execute(statement)
        cursor.execute("RESET ROLE")
