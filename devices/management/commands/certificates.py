"""`manage.py certificates`: an authority of one's own for the broker's TLS, and what it signs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

MAX_DAYS = 3650
FILE = re.compile(r"(?!(?:ca|server)\Z)[A-Za-z0-9_-]{1,64}")  # of a client: a uid mostly
HOST = re.compile(r"[A-Za-z0-9.:-]{1,64}")


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Make a certificate authority in FOLDER, and certificates of a broker and its clients."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument(
            "--server",
            nargs="+",
            default=[],
            metavar="NAME",
            help="Names and addresses the broker is reached by: mqtt.example.org 10.0.0.5.",
        )
        parser.add_argument(
            "--client", nargs="+", default=[], metavar="UID", help="Devices or programs, by uid."
        )
        parser.add_argument(
            "--days",
            type=int,
            metavar="N",
            help="How long they hold; 825 days when nothing is said.",
        )

    def handle(self, *_args: Any, folder: Path, **options: Any) -> None:
        from devices.certificates import DAYS, Authority  # noqa: PLC0415 (heavy)

        server, clients = options["server"], options["client"]
        days = options["days"] or DAYS
        for name in server:
            if not HOST.fullmatch(name):
                raise CommandError(f"{name!r} is no name or address of a host.")
        for name in clients:
            if not FILE.fullmatch(name):
                raise CommandError(
                    f"{name!r}: 1 to 64 letters, digits, '_' and '-'; not ca, server."
                )
        if not 1 <= days <= MAX_DAYS:
            raise CommandError(f"--days is 1 to {MAX_DAYS}.")
        try:
            authority = Authority(folder)
            made = [authority.sign_server(server, days)] if server else []
            made += [authority.sign_client(name, days) for name in clients]
        except FileExistsError as exc:
            raise CommandError(
                f"{exc.filename} is there and stays. Move it away to make another."
            ) from exc
        except (OSError, ValueError) as exc:
            raise CommandError(f"{folder}: {exc}") from exc
        for path in made:
            self.stdout.write(f"{path} and its .key")
        self.stdout.write(f"Clients trust {folder / 'ca.pem'}. Keep {folder / 'ca.key'} offline.")
