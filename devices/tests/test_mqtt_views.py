"""The views that brokers read, by a role as the documentation makes it."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from devices.credentials import verifies
from devices.models import Device
from tests.database_url import database_url

DOC = (Path(settings.BASE_DIR) / "docs" / "broker-accounts.md").read_text()


def device(uid: str, **fields: Any) -> Device:
    made = Device(uid=uid, name=uid, **fields)
    made.issue_token()
    made.save()
    return made


@pytest.mark.django_db(transaction=True)
def test_a_role_that_reads_the_views_reads_nothing_else():
    """The SQL of the documentation, and the queries that it has brokers ask."""
    pump = device("pump", mqtt_filters=["tele/a/#"])
    old = pump.token
    pump.issue_token(timedelta(hours=1))
    pump.save()
    device("off", enabled=False)
    (made,) = re.findall(r"```sql\n(CREATE ROLE.*?)```", DOC, re.S)
    try:
        with connection.cursor() as cursor:
            cursor.execute(made)
        url = re.sub(r"//[^@/]*@", "//", database_url())
        password = re.search(r"PASSWORD '([^']+)'", made)
        assert password
        with psycopg.connect(
            url, user="mqtt_broker", password=password[1], autocommit=True
        ) as reads:
            queries = re.findall(r'"?(SELECT .*? FROM mqtt_\w+ WHERE .*?)(?:"|$)', DOC, re.M)
            assert len(queries) == 4
            for query in queries:
                plain = re.sub(r"\$\{username\}|\$1", "%(name)s", query).replace("$2", "2")
                rows = reads.execute(plain, {"name": "pump.2"}).fetchall()
                assert rows, query
                assert not reads.execute(plain, {"name": "off"}).fetchall()
                assert not reads.execute(plain, {"name": "' OR true --"}).fetchall()
            every = reads.execute("SELECT * FROM mqtt_accounts ORDER BY username").fetchall()
            (one, first, scrypt, no), (two, second, other, also_no) = every
            assert (one, two, no, also_no) == ("pump", "pump.2", False, False)
            assert first == hashlib.sha256(old.encode()).hexdigest()
            assert second == hashlib.sha256(pump.token.encode()).hexdigest()
            for token, told in ((old, scrypt), (pump.token, other)):
                form, algorithm, rounds, verifier = told.split("$", 3)
                assert (form, algorithm) == ("PBKDF2", "sha512")
                assert verifies(token, verifier, int(rounds))
            assert old not in str(every)
            readable = reads.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
                " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
                " AND has_any_column_privilege(oid, 'SELECT, INSERT, UPDATE') ORDER BY relname"
            ).fetchall()
            assert readable == [("mqtt_accounts",), ("mqtt_topics",)]
            for refused in (
                "SELECT * FROM devices_device", "SELECT * FROM mqtt_device_accounts",
                "DELETE FROM mqtt_accounts", "CREATE TABLE mine (a int)", "SET ROLE postgres",
            ):  # fmt: skip
                with pytest.raises(psycopg.Error):
                    reads.execute(refused)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP OWNED BY mqtt_broker; DROP ROLE mqtt_broker")


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["mqtt_accounts", "mqtt_topics"])
def test_a_question_of_one_user_name_reads_no_table_whole(view: str):
    # Of an empty table every index is as good as another.
    Device.objects.bulk_create(
        Device(uid=f"d{n}", name="D", token_digest=f"{n:064x}", former_digest=f"{n:064x}")
        for n in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE devices_device")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN SELECT * FROM {view} WHERE username = 'pump'")
        plan = "\n".join(line for (line,) in cursor)
    assert "Seq Scan" not in plan, plan
    assert "devices_device_second_name" in plan
