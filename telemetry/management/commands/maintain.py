"""`manage.py maintain`: partitions ahead, rollups and retention, until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from telemetry.maintenance import Maintenance, do_everything


class Command(BaseCommand):
    help = "Make partitions ahead, roll up readings and remove old ones, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do everything once and end.")

    def handle(self, *_args: Any, once: bool, **_options: Any) -> None:
        if once:
            do_everything()
            return
        maintenance = Maintenance()
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda *_: maintenance.stop())
        maintenance.run()
