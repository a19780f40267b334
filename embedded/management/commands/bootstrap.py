"""`manage.py bootstrap`: what `up` does to a new database, for servers that run elsewhere."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from embedded.errors import EmbeddedError
from embedded.servers.postgres import is_superuser
from embedded.up import database


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Bring the tables up to date and make the first operator; safe to run at every start."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--token-file",
            type=Path,
            metavar="FILE",
            help="Write a token there that registers devices for an hour; earlier ones end.",
        )

    def handle(self, *_args: Any, token_file: Path | None, **_options: Any) -> None:
        try:
            database.migrate()
            password = database.first_operator()
        except EmbeddedError as exc:
            raise CommandError(str(exc)) from exc
        connection.ensure_connection()
        if is_superuser(connection.connection):
            self.stderr.write(
                "The role of DATABASE_URL is a superuser: SQL that gets into a statement of ours"
                " may read files of the database's machine and run programs there."
                " docs/deployment.md says how to change that."
            )
        if password is not None:
            self.stdout.write(
                f"Operator {database.OPERATOR}, password {password} (shown this once; change it"
                f" with manage.py changepassword {database.OPERATOR})"
            )
        if token_file is not None:
            try:
                _write(token_file, database.registration_token())
            except OSError as exc:
                raise CommandError(f"--token-file {token_file}: {exc.strerror}") from exc


def _write(path: Path, token: str) -> None:
    """Readable by its owner alone, whatever was there before."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(token)
