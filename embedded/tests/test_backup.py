"""`manage.py backup` and `restore`: everything comes back, and half of it never does."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from embedded.backup import programs
from embedded.errors import EmbeddedError
from embedded.servers.postgres import wheel_tree
from embedded.up.data_folder import SHARED
from tests import clusters, forking
from tests.servers import RunningServer, serving_copy

Manage = Callable[..., subprocess.CompletedProcess[str]]


def _fill(url: str) -> None:
    clusters.manage(url, "bootstrap")
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE many AS SELECT n, 'row ' || n AS t FROM generate_series(1, 500) AS n"
        )
        # A table like those of readings: partitions, numbers to the bit, text of any language.
        connection.execute(
            "CREATE TABLE kept (at timestamptz, v float8, t text) PARTITION BY RANGE (at)"
        )
        connection.execute("CREATE TABLE kept_all PARTITION OF kept DEFAULT")
        connection.execute(
            "INSERT INTO kept SELECT now(), x, 'für ' || chr(9731) FROM"
            " (VALUES (0.1::float8), ('nan'), ('-infinity'), (5e-324)) AS v (x)"
        )


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[RunningServer]:
    """A Postgres of these tests, with all tables, an operator, and two tables more. Each leaves it
    as it was when it was saved."""
    filled = clusters.changed("bootstrapped", clusters.migrated, _fill)
    folder = clusters.open_folder()
    try:
        with serving_copy(filled, folder / "postgres") as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def manage(postgres_server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Manage:
    """`manage.py WORDS` on that Postgres."""
    environment = {name: value for name, value in os.environ.items() if name not in SHARED}
    environment |= {
        "DATABASE_URL": postgres_server.url,
        "PULSEBOARD_SECRET_KEY": "x" * 50,
        "PULSEBOARD_DATA": str(tmp_path_factory.mktemp("data") / "no up runs here"),
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return forking.run([sys.executable, "manage.py", *words], environment)

    return run


@pytest.fixture
def contents(postgres_server: RunningServer) -> Callable[[], list[str]]:
    """All rows and all definitions, as pg_dump writes them, but for the audit log: it tells of each
    backup and each restore."""

    def dump() -> list[str]:
        said = subprocess.run(
            [
                *(wheel_tree() / "bin" / "pg_dump", "--no-comments"),
                *("--exclude-table-data=access_auditentry*", "--dbname", postgres_server.url),
            ],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        # It makes one line up anew each time, orders by age what does not depend on each other, and
        # Postgres 18 names what used to have no name.
        said = re.sub(r" CONSTRAINT \w+_not_null\d*(?= NOT NULL)", "", said)
        return sorted(line for line in said.splitlines() if "restrict" not in line)

    return dump


def databases(server: RunningServer) -> set[str]:
    with psycopg.connect(server.url) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
        return {str(row[0]) for row in rows.fetchall()}


@pytest.fixture(scope="module")
def saved(manage: Manage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "a backup.dump"
    done = manage("backup", str(path))
    assert done.returncode == 0, done.stdout
    return path


def test_everything_comes_back_to_the_bit(
    manage: Manage, saved: Path, contents: Callable[[], list[str]], postgres_server: RunningServer
) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert not saved.with_name(f"{saved.name}.part").exists()
    before = contents()
    with psycopg.connect(postgres_server.url) as connection:
        connection.execute("DROP TABLE kept")
        connection.execute("DELETE FROM many WHERE n > 1")
        connection.execute("INSERT INTO many VALUES (501, 'later')")
    done = manage("restore", str(saved))
    assert done.returncode == 0, done.stdout
    assert contents() == before
    assert databases(postgres_server) == {"postgres", "pulseboard"}
    with psycopg.connect(postgres_server.url) as connection:
        told = connection.execute("SELECT action FROM access_auditentry ORDER BY id").fetchall()
    assert told[-1] == ("command.restore",)


def test_a_database_that_was_never_used_takes_a_backup(
    manage: Manage, saved: Path, contents: Callable[[], list[str]], postgres_server: RunningServer
) -> None:
    before = contents()
    with psycopg.connect(f"{postgres_server.url[:-10]}postgres", autocommit=True) as server:
        server.execute("DROP DATABASE pulseboard")
        server.execute("CREATE DATABASE pulseboard")
    done = manage("restore", str(saved))
    assert done.returncode == 0, done.stdout
    assert contents() == before


def refused(manage: Manage, *words: str) -> str:
    """What a command says that does not do it: without a traceback."""
    done = manage(*words)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def test_what_cannot_be_restored_changes_nothing(
    manage: Manage,
    saved: Path,
    contents: Callable[[], list[str]],
    postgres_server: RunningServer,
    tmp_path: Path,
) -> None:
    with psycopg.connect(postgres_server.url) as connection:
        connection.execute("INSERT INTO many VALUES (501, 'later')")
    before = contents()
    whole = saved.read_bytes()
    (tmp_path / "text").write_text("no backup")
    (tmp_path / "half").write_bytes(whole[: len(whole) * 9 // 10])
    assert "no backup of Pulseboard" in refused(manage, "restore", str(tmp_path / "text"))
    assert "pg_restore failed" in refused(manage, "restore", str(tmp_path / "half"))
    assert "cannot be read" in refused(manage, "restore", str(tmp_path / "gone"))
    with psycopg.connect(postgres_server.url) as other:
        other.execute("SELECT 1")
        assert "Still connected to pulseboard" in refused(manage, "restore", str(saved))
    assert contents() == before
    assert databases(postgres_server) == {"postgres", "pulseboard"}
    with psycopg.connect(postgres_server.url) as connection:
        connection.execute("DELETE FROM many WHERE n = 501")  # as it was saved
        told = connection.execute("SELECT action FROM access_auditentry ORDER BY id").fetchall()
    assert told[-1] == ("command.restore",)


def test_a_backup_replaces_no_file_and_leaves_no_half(
    manage: Manage, saved: Path, tmp_path: Path
) -> None:
    before = saved.read_bytes()
    assert "never replaces" in refused(manage, "backup", str(saved))
    assert saved.read_bytes() == before
    assert "cannot be written" in refused(manage, "backup", str(tmp_path / "no" / "folder"))


@pytest.mark.process
@pytest.mark.django_db
def test_a_program_older_than_the_server_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    server = programs.server_major()
    assert programs.version(programs.program("pg_dump")) >= server
    monkeypatch.setattr(programs, "server_major", lambda: server + 1)
    with pytest.raises(EmbeddedError, match=f"needs a pg_dump as new.*pg_dump .{server}"):
        programs.program("pg_dump")
