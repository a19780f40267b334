"""A backup into the database, in one go: until the last moment the old one stays what it is.

The file is read into a new database beside the old one, brought up to date there, and only then
takes its name. So nothing is ever half restored, and whatever fails on the way changes nothing.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from embedded.backup import programs
from embedded.errors import EmbeddedError
from embedded.servers.postgres import SUPERUSER, is_superuser, role_commands

TABLE = "processing data for table"  # how pg_restore begins to speak of each
CONTENTS = " TABLE DATA "  # a table in the list of what a file holds
OURS = "django_migrations"
MAINTENANCE = "postgres"  # a database every server has; nobody renames the one he is in
PREFIX = "pulseboard_restore_"  # of the databases that are only there while one restores
LEAVE_SECONDS = 10.0  # for a session of a program that has ended to be gone from the server
POLL_SECONDS = 0.05


def holds_devices() -> bool:
    """Whether there is something in the database that a restore would replace."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('devices_device') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT EXISTS (SELECT FROM devices_device)")
        return bool(cursor.fetchone()[0])


class Restoration:
    """One file on its way into the database."""

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        self._path = path
        self._tell = tell
        self._name = str(connection.settings_dict["NAME"])
        self._new = f"{PREFIX}{secrets.token_hex(4)}"
        self._program = programs.program("pg_restore")
        self._tables, self._is_timescale = self._look_into()

    def _look_into(self) -> tuple[int, bool]:
        """How many tables have rows in it, and whether it came from a TimescaleDB."""
        listed: list[str] = []
        try:
            with self._path.open("rb"):
                pass
        except OSError as exc:
            raise EmbeddedError(f"{self._path} cannot be read: {exc.strerror}.") from exc
        words = [str(self._program), "--list", "--file=/dev/stderr", str(self._path)]
        try:
            programs.run(words, programs.target(self._name)[1], listed.append)
        except EmbeddedError as exc:
            raise EmbeddedError(f"{self._path} is no backup of Pulseboard.", str(exc)) from exc
        tables = [line for line in listed if CONTENTS in line]
        if not any(f" {OURS} " in line for line in tables):
            raise EmbeddedError(f"{self._path} is a dump, but none of Pulseboard.")
        return len(tables), any(" EXTENSION - timescaledb" in line for line in listed)

    def run(self, swapping: Callable[[], None]) -> None:
        """Restore it; `swapping` is called before the names are exchanged, when everything that
        uses the database must have ended. Raises `EmbeddedError`; nothing has changed then.
        """
        try:
            with self._maintenance() as server:
                self._check_role(server)
                self._create(server)
                try:
                    self._fill()
                    self._bring_up_to_date()
                    self._hand_over()
                    swapping()
                    self._swap(server)
                except BaseException:
                    self._drop(server, self._new)
                    raise
                self._drop(server, self._old)
        except (psycopg.Error, DatabaseError) as exc:
            raise EmbeddedError(f"The backup cannot be restored: {str(exc).strip()}") from exc

    @property
    def _old(self) -> str:
        return f"{self._new}_old"

    @contextmanager
    def _maintenance(self) -> Iterator[psycopg.Connection]:
        connection.close()
        with self._connected(MAINTENANCE) as server:
            yield server

    @contextmanager
    def _connected(self, database: str) -> Iterator[psycopg.Connection]:
        words, environment = programs.target(database)
        password = environment.get("PGPASSWORD")
        with psycopg.connect(words, password=password, autocommit=True) as server:
            yield server

    def _check_role(self, server: psycopg.Connection) -> None:
        if self._is_timescale and not is_superuser(server):
            raise EmbeddedError(
                f"This backup is of a TimescaleDB, whose catalogue the role {server.info.user} may"
                " not write.",
                "Restore it as the server's superuser: docs/deployment.md says how.",
            )

    def _create(self, server: psycopg.Connection) -> None:
        try:
            server.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(self._new)
                )
            )
        except psycopg.errors.InsufficientPrivilege as exc:
            role = server.info.user
            raise EmbeddedError(
                f"The role {role} may not make the database a backup is restored into.",
                f"Let it, for now: ALTER ROLE {role} CREATEDB",
            ) from exc

    def _fill(self) -> None:
        done = 0

        def hear(line: str) -> None:
            nonlocal done
            if TABLE in line:
                done += 1
                self._tell(f"table {done} of {self._tables}")

        words, environment = programs.target(self._new)
        command = [str(self._program), "--no-owner", "--no-privileges", "--no-comments"]
        command += ["--exit-on-error", "--verbose", f"--dbname={words}", str(self._path)]
        if self._is_timescale:
            with self._connected(self._new) as fresh:
                fresh.execute("CREATE EXTENSION timescaledb")
                fresh.execute("SELECT timescaledb_pre_restore()")
        programs.run(command, environment, hear)
        if self._is_timescale:
            with self._connected(self._new) as fresh:
                fresh.execute("SELECT timescaledb_post_restore()")

    def _bring_up_to_date(self) -> None:
        """Migrate what an older release has written. A newer one is refused."""
        self._tell("bringing the tables up to date")
        connection.settings_dict["NAME"] = self._new
        try:
            loader = MigrationLoader(connection)
            ahead = sorted(set(loader.applied_migrations) - set(loader.disk_migrations))
            ours = [".".join(key) for key in ahead if key[0] in loader.migrated_apps]
            if ours:
                raise EmbeddedError(
                    f"{self._path} was made by a newer Pulseboard: it has {', '.join(ours)}.",
                    "Restore it with that release or a later one.",
                )
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            connection.close()
            connection.settings_dict["NAME"] = self._name

    def _hand_over(self) -> None:
        """Who restored it may be the superuser; who works with it is not."""
        with self._connected(self._new) as fresh:
            if fresh.info.user == SUPERUSER:
                for command in role_commands():
                    fresh.execute(command)

    def _swap(self, server: psycopg.Connection) -> None:
        """Exchange the names, in one transaction: never is there no database of ours."""
        self._tell("putting it in place")
        for name in (self._name, self._new):
            self._end_workers(name)
        deadline = time.monotonic() + LEAVE_SECONDS
        while found := others(server, self._name):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"Still connected to {self._name}: {', '.join(found)}.",
                    "End web, bridge, engine and maintain first: they remember the old one.",
                )
            time.sleep(POLL_SECONDS)
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        with server.transaction():
            server.execute(rename.format(sql.Identifier(self._name), sql.Identifier(self._old)))
            server.execute(rename.format(sql.Identifier(self._new), sql.Identifier(self._name)))

    def _end_workers(self, database: str) -> None:
        """TimescaleDB's own processes are sessions too; they come back by themselves."""
        with self._connected(database) as inside:
            if inside.execute("SELECT FROM pg_extension WHERE extname = 'timescaledb'").fetchone():
                inside.execute("SELECT _timescaledb_functions.stop_background_workers()")

    def _drop(self, server: psycopg.Connection, name: str) -> None:
        server.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def others(server: psycopg.Connection, database: str) -> list[str]:
    """Who is connected to a database."""
    rows = server.execute(
        "SELECT DISTINCT coalesce(nullif(application_name, ''), 'a program')"
        " || coalesce(' on ' || host(client_addr), '') FROM pg_stat_activity"
        " WHERE datname = %s AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
        [database],
    ).fetchall()
    return [str(row[0]) for row in rows]
