"""`manage.py backup FILE`: everything stored into one file, while ingest goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from embedded.backup.dump import backup
from embedded.errors import EmbeddedError
from embedded.up.report import Screen


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Write everything stored into FILE, while ingest goes on; `restore` reads it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        screen = Screen()
        try:
            size = backup(file, screen.pass_by)
        except (EmbeddedError, OSError, DatabaseError) as exc:
            raise CommandError(str(exc).strip()) from exc
        screen.say(f"{file} holds everything stored until this command began: {size:,} bytes.")
