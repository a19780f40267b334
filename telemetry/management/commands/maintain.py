"""`manage.py maintain`: partitions ahead, rollups and retention, until SIGTERM or SIGINT."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from telemetry.jobs import REGISTRY
from telemetry.maintenance import Maintenance, do_everything
from telemetry.management.probing import add_option, of_process, probing
from telemetry.workers.ending import end_at_signal
from telemetry.workers.timed import Stuck


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Make partitions ahead, roll up readings and remove old ones, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Do everything once and end.")
        add_option(parser)

    def handle(self, *_args: Any, once: bool, probe: str | None, **_options: Any) -> None:
        if once:
            if failed := do_everything():
                raise CommandError("\n".join(failed))
            return
        maintenance = Maintenance()
        end_at_signal(maintenance.stop)
        try:
            with probing(probe, lambda: of_process(REGISTRY), maintenance.readiness):
                maintenance.run()
        except Stuck as exc:
            raise CommandError(f"maintenance ends to be started again: {exc}") from exc
