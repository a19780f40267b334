"""`migrate` takes TimescaleDB where it can, and says why where it cannot."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.exceptions import IrreversibleError

from telemetry.moments import from_ms
from telemetry.storage.backend import is_timescale
from telemetry.tests.timescaledb import connected, left_by, rows, server

pytestmark = pytest.mark.process

adoption = import_module("telemetry.migrations.0005_timescale")

TABLES = ("reading", "text_reading", "rollup_1m", "rollup_1h", "rollup_1d", "rollup_dirty")


@pytest.fixture
def fresh(django_db_blocker, caplog) -> Iterator[None]:
    """A database up to the migration before; without TimescaleDB, which the server could have."""
    caplog.set_level(logging.INFO, adoption.__name__)
    # A server each: one process is one session, and a session keeps an extension it once loaded.
    with django_db_blocker.unblock():
        before = left_by("before hypertables", migrate_up_to_it)
        with server("--from", before) as port, connected(port):
            yield


def migrate_up_to_it() -> None:
    call_command("migrate", "telemetry", "0004", verbosity=0)


def preload() -> None:
    """Look as a server does that loads the extension's loader at its start."""
    rows("SELECT set_config('timescaledb.disable_load', 'off', false)")


def migrate() -> None:
    call_command("migrate", "telemetry", "0005", verbosity=0)


def adopt() -> None:
    """What the migration does, without writing down that it was done."""
    with connection.schema_editor() as editor:
        adoption.adopt(None, editor)


def columns() -> dict[str, list[tuple]]:
    with connection.cursor() as cursor:
        return {
            table: [
                (column.name, column.type_code)
                for column in connection.introspection.get_table_description(cursor, table)
                if column.name != "id"
            ]
            for table in TABLES
        }


def test_an_empty_database_gets_hypertables_and_goes_back_while_nothing_is_stored(
    fresh, caplog
) -> None:
    plain = columns()
    preload()
    migrate()
    assert is_timescale()
    assert columns() == plain
    assert "readings are in TimescaleDB's hypertables" in caplog.text
    rows("INSERT INTO reading VALUES (1, %s, 2.0)", from_ms(1_770_000_000_000))
    with pytest.raises(IrreversibleError):
        call_command("migrate", "telemetry", "0004", verbosity=0)
    assert rows("SELECT value FROM reading") == [(2.0,)]
    rows("DELETE FROM reading")
    call_command("migrate", "telemetry", "0004", verbosity=0)
    assert not is_timescale()
    assert columns() == plain
    call_command("migrate", "telemetry", "0003", verbosity=0)
    migrate()
    assert is_timescale()


def test_one_that_cannot_do_what_is_needed_keeps_plain_tables(fresh, caplog, monkeypatch) -> None:
    """One server for all, and the extension only at the end, for the session would keep it."""

    def stay_plain(told: str) -> None:
        caplog.clear()
        adopt()
        assert not is_timescale()
        assert told in caplog.text

    stay_plain("shared_preload_libraries does not name timescaledb")
    preload()
    rows("INSERT INTO reading VALUES (1, %s, 2.0)", from_ms(1_770_000_000_000))
    stay_plain("there are readings in them already")
    assert rows("SELECT value FROM reading") == [(2.0,)]
    rows("DELETE FROM reading")
    rows("CREATE ROLE app")
    rows("ALTER TABLE reading OWNER TO app; ALTER TABLE text_reading OWNER TO app")
    rows("GRANT SELECT ON ALL TABLES IN SCHEMA public TO app")
    rows("SET ROLE app")
    stay_plain("permission denied to create extension")
    rows("RESET ROLE")
    rows("CREATE EXTENSION timescaledb")
    with monkeypatch.context() as patch:
        patch.setattr(adoption, "MINIMUM", (99, 0))
        stay_plain("is older than 99.0")
    with monkeypatch.context() as patch:
        patch.setattr(adoption, "LICENCE", "SELECT 'apache'")
        stay_plain("the licence it runs under is apache")
    # Whatever was written down, the migration ends well where there are plain tables.
    monkeypatch.setattr(adoption, "MINIMUM", (99, 0))
    migrate()
    assert not is_timescale()


@pytest.mark.django_db
def test_a_server_without_it_is_no_matter_for_a_warning(caplog) -> None:
    adopt()
    assert not is_timescale()
    assert caplog.text == ""
