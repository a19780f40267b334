"""`manage.py maintain`: partitions ahead, rollups and retention, until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from telemetry.maintenance import Maintenance, do_everything
from telemetry.workers.probe import Probe, parse_address


class Command(BaseCommand):
    help = "Make partitions ahead, roll up readings and remove old ones, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do everything once and end.")

        parser.add_argument(
            "--probe",
            metavar="HOST:PORT",
            help="Serve /metrics, /healthz and /readyz there.",
        )

    def handle(self, *_args: Any, once: bool, probe: str | None, **_options: Any) -> None:
        if once:
            do_everything()
            return
        maintenance = Maintenance()
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda *_: maintenance.stop())
        try:
            probing = (
                Probe(parse_address(probe), maintenance.registry, maintenance.readiness)
                if probe
                else None
            )
        except (OSError, ValueError) as exc:
            raise CommandError(f"--probe {probe}: {exc}") from exc
        maintenance.run()
        if probing is not None:
            probing.close()
