"""Migrations are frozen: what they make does not change with the code around them."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from devices.thresholds import told_thresholds
from embedded.servers.postgres import wheel_tree
from tests import clusters
from tests.database_url import database_url

# The whole schema of 22 November 2026 with the migrations that had run, by pg_dump of that day's
# code. Never made anew: an installation of that day is what it stands for.
UPGRADED_FROM = Path(__file__).parent / "schema_20261122.sql"
FILES = sorted(path for path in settings.BASE_DIR.glob("*/migrations/[0-9]*.py"))
DEFAULT = "default"
# As an operator of that day wrote them, with what he kept besides.
LINES = {
    "thresholds": {"temperature": [{"value": -15, "label": "Too warm"}, {"value": -30}]},
    "serial": "F-7",
}
DEVICE_WITH_LINES = """
    INSERT INTO devices_device (
        uid, name, kind, tags, enabled, expected_interval, location, notes, metadata, token_prefix,
        token_digest, created_at, updated_at
    ) VALUES (
        'freezer-1', 'Freezer 1', 'freezer', '{}', true, 60, '', '', %s, 'x', 'x', now(), now()
    )
"""


def dump(url: str) -> str:
    """The schema of a database, without what differs each time.

    Also without the names of NOT NULL constraints: those of a table made LIKE another are not kept
    by a dump.
    """
    made = subprocess.run(
        [
            str(wheel_tree() / "bin" / "pg_dump"),
            *("--schema-only", "--no-owner", "--no-privileges", "--dbname", url),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    text = re.sub(r"^(--.*|\\(un)?restrict .*|)\n", "", made.stdout, flags=re.MULTILINE)
    return re.sub(r" CONSTRAINT \w+ NOT NULL", " NOT NULL", text)


@contextmanager
def empty_database(name: str) -> Iterator[psycopg.Connection]:
    """Django's connection is to a new, empty database; a connection to it, committing each."""
    ours = connections[DEFAULT]
    with psycopg.connect(**ours.get_connection_params(), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        other = ours.copy()
        other.settings_dict |= {"NAME": name}
        connections[DEFAULT] = other
        try:
            with psycopg.connect(**other.get_connection_params(), autocommit=True) as there:
                yield there
        finally:
            other.close()
            connections[DEFAULT] = ours
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.process
def test_a_new_installation_and_an_upgraded_one_have_the_same_schema(
    transactional_db, django_db_blocker, server_folder
) -> None:
    # What `migrate` has made of nothing for all tests of this run.
    clusters.copy(clusters.migrated(), server_folder / "installed")
    with clusters.serving(server_folder / "installed") as url:
        installed = dump(url)
    with empty_database("upgraded") as database:
        database.execute(UPGRADED_FROM.read_text())
        database.execute(DEVICE_WITH_LINES, [json.dumps(LINES)])
        call_command("migrate", verbosity=0)
        upgraded = dump(database_url())
        # Lines on charts stay what they were, and nothing begins to fire (decision 0050).
        kept = database.execute("SELECT metadata FROM devices_device").fetchone()
        rules = database.execute("SELECT count(*) FROM alerts_alertrule").fetchone()
    assert kept is not None
    assert (json.loads(kept[0]), rules) == (LINES, (0,))
    assert told_thresholds(LINES["thresholds"])["temperature"][0]["value"] == -15
    assert "CREATE TABLE public.reading " in installed
    assert upgraded.splitlines() == installed.splitlines()


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parts[-3]}.{path.stem}")
def test_a_migration_uses_nothing_of_ours_that_changes(path: Path) -> None:
    tree = ast.parse(path.read_text())
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    ours = {name for name in imported if (settings.BASE_DIR / name.split(".")[0]).is_dir()}
    assert ours == set()
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert read.isdisjoint({"read_text", "open", "read_bytes"})
    loaded = [
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module"
    ]
    assert all(".migrations." in name for name in loaded)
