"""`manage.py restore FILE`: a backup into the database, in one go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from embedded.backup.restore import Restoration, holds_devices
from embedded.backup.stopped import Programs
from embedded.errors import EmbeddedError
from embedded.up.report import Screen


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Read back what `backup` wrote: all of it, or nothing has changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--replace",
            action="store_true",
            help="replace a database with devices in it, without asking for its name",
        )

    def handle(self, *_args: Any, file: Path, replace: bool, **_options: Any) -> None:
        screen = Screen()
        programs = Programs(screen.say)
        try:
            restoration = Restoration(file, screen.pass_by)
            if holds_devices() and not replace:
                self._ask()
            try:
                restoration.run(programs.end)
            finally:
                programs.start()
        except (EmbeddedError, DatabaseError) as exc:
            raise CommandError(str(exc).strip()) from exc
        screen.say(f"Everything is as it was when {file} was made.")

    def _ask(self) -> None:
        name = str(connection.settings_dict["NAME"])
        if not sys.stdin.isatty():
            raise CommandError(f"The database {name} has devices in it; --replace replaces it.")
        self.stdout.write(f"The database {name} has devices in it, and all of it will be replaced.")
        if input(f"Type {name} to go on: ").strip() != name:
            raise CommandError("Nothing has changed.")
