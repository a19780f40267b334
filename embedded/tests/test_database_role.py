"""The role of our processes owns what is ours and is no superuser, in old data folders too."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from embedded.servers.ports import free_port
from embedded.servers.postgres import Postgres, is_superuser, role_commands
from tests import clusters
from tests.servers import RunningServer

FORBIDDEN = (
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT lo_import('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "COPY access_auditentry TO '/tmp/stolen'",
    "COPY django_session FROM '/etc/passwd'",
    "LOAD '/tmp/x.so'",
    "CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'libc', 'getpid'",
    "CREATE EXTENSION file_fdw",
    "CREATE EXTENSION dblink",
    "ALTER ROLE pulseboard SUPERUSER",
    "CREATE ROLE another SUPERUSER",
    "SET ROLE pulseboard_superuser",
    "ALTER ROLE pulseboard_superuser PASSWORD 'x'",
    "GRANT pg_read_server_files TO pulseboard",
    "GRANT pg_execute_server_program TO pulseboard",
    "UPDATE pg_authid SET rolsuper = true",
)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", FORBIDDEN)
def test_what_gets_into_a_statement_of_ours_stays_in_the_database(statement: str) -> None:
    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match=r"permission denied|is not allowed"),
        transaction.atomic(),
    ):
        cursor.execute(statement)


OF_AN_EARLIER_RELEASE = """
    CREATE TABLE kept (at timestamptz, n serial) PARTITION BY RANGE (at);
    CREATE TABLE kept_all PARTITION OF kept DEFAULT;
    INSERT INTO kept VALUES (now());
    CREATE VIEW shown AS SELECT n FROM kept;
    CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM kept;
    CREATE SEQUENCE numbers;
    CREATE TYPE pair AS (a int, b int);
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE STATISTICS both_columns ON at, n FROM kept_all;
    CREATE SCHEMA aside CREATE TABLE "odd name" (n int);
    CREATE ROLE reader LOGIN;
    GRANT SELECT ON kept TO reader;
    SELECT lo_from_bytea(0, 'x');
    CREATE EXTENSION citext;
    CREATE SCHEMA of_citext;
    ALTER EXTENSION citext ADD SCHEMA of_citext;
"""
STILL_THE_SUPERUSERS = """
    SELECT pg_describe_object(classid, objid, 0) FROM (
        SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relowner = 10 AND oid >= 16384
            AND relnamespace <> 'pg_toast'::regnamespace
        UNION ALL
        SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE proowner = 10 AND oid >= 16384
        UNION ALL
        SELECT 'pg_type'::regclass, oid FROM pg_type WHERE typowner = 10 AND oid >= 16384
        UNION ALL
        SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspowner = 10 AND oid >= 16384
        UNION ALL
        SELECT 'pg_statistic_ext'::regclass, oid FROM pg_statistic_ext WHERE stxowner = 10
        UNION ALL
        SELECT 'pg_largeobject'::regclass, oid FROM pg_largeobject_metadata WHERE lomowner = 10
        UNION ALL
        SELECT 'pg_database'::regclass, oid FROM pg_database
        WHERE datdba = 10 AND datname IN ('pulseboard', 'beside')
    ) AS found (classid, objid)
    WHERE NOT EXISTS (
        SELECT FROM pg_depend
        WHERE (pg_depend.classid, pg_depend.objid, deptype) = (found.classid, found.objid, 'e')
    )
"""
OF_THE_EXTENSION = "SELECT nspowner FROM pg_namespace WHERE nspname = 'of_citext'"


@pytest.mark.process
@pytest.mark.parametrize("by", ["make run", "psql in Compose's container"])
def test_what_an_earlier_release_made_gets_the_role_and_keeps_the_password(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    server = Postgres(server_folder / "postgres", free_port(), settings=clusters.FAST)
    with monkeypatch.context() as earlier:
        earlier.setattr(Postgres, "_give_own_role", lambda _server: None)
        running = RunningServer(server)
    try:
        running.start()
        url = server.url
        with psycopg.connect(url, autocommit=True) as before:
            before.execute("CREATE DATABASE beside")
            for statement in OF_AN_EARLIER_RELEASE.split(";\n"):
                before.execute(statement)
            with psycopg.connect(f"{url.rpartition('/')[0]}/beside", autocommit=True) as beside:
                beside.execute("CREATE TABLE kept AS SELECT 1")
            supers = before.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
            assert supers == [("pulseboard",)]
            assert is_superuser(before)
        if by == "make run":
            running.stop()
            server.prepare()
            running.start()
        else:
            # As the image runs it in a new volume, and docs/deployment.md in an older one.
            beside = f"{url.rpartition('/')[0]}/beside"
            with (
                psycopg.connect(url, autocommit=True) as one,
                psycopg.connect(beside, autocommit=True) as other,
            ):
                for command in role_commands():
                    one.execute(command)
                for command in role_commands():
                    other.execute(command)
        assert server.url == url
        with psycopg.connect(url, autocommit=True) as after:
            assert after.execute(STILL_THE_SUPERUSERS).fetchall() == []
            # TimescaleDB writes its catalogue as whoever has its schema.
            assert after.execute(OF_THE_EXTENSION).fetchall() == [(10,)]
            now = after.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall()
            assert now == [("pulseboard_superuser",)]
            assert not is_superuser(after)
            # What migrations and maintenance do, and what docs/broker-accounts.md has people do.
            after.execute("ALTER TABLE kept ADD more int; DROP TABLE kept_all")
            after.execute("ALTER ROLE reader PASSWORD 'new'")
            with psycopg.connect(f"{url.rpartition('/')[0]}/beside", autocommit=True) as beside:
                assert beside.execute(STILL_THE_SUPERUSERS).fetchall() == []
                beside.execute("ALTER TABLE kept ADD more int")
            after.execute("DROP DATABASE beside WITH (FORCE)")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url.replace("//pulseboard:", "//pulseboard_superuser:"))
    finally:
        running.stop()
