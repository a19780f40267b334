"""`manage.py runengine`: rules are judged, messages sent, formulas computed, until SIGTERM."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from telemetry import followers, jobs
from telemetry.following import Following
from telemetry.maintenance import Maintenance
from telemetry.management.probing import add_option, of_process, probing
from telemetry.workers import timed
from telemetry.workers.ending import end_at_signal
from telemetry.workers.timed import Stuck, TimedThread
from telemetry.workers.vitals import Needs


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Judge the rules of alerts, send what they say, compute derived series, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        add_option(parser)
        parser.add_argument(
            "--maintain",
            action="store_true",
            help="Do what `manage.py maintain` does as well, and save its memory.",
        )

    def handle(self, *_args: Any, maintain: bool, probe: str | None, **_options: Any) -> None:
        parts: list[Following | Maintenance] = [Following()]
        counted = [followers.REGISTRY]
        if maintain:
            parts.append(Maintenance())
            counted.append(jobs.REGISTRY)
        end_at_signal(lambda: [part.stop() for part in parts])
        threads: list[TimedThread] = [thread for part in parts for thread in part.threads]

        def readiness() -> Needs:
            told = [part.readiness() for part in parts]
            return {name: _first(one.get(name) for one in told) for name in chain(*told)}

        try:
            with probing(probe, lambda: of_process(*counted), readiness):
                timed.run(threads, lambda: any(part.stopped for part in parts))
        except Stuck as exc:
            raise CommandError(f"the engine ends to be started again: {exc}") from exc


def _first(troubles: Iterable[str | None]) -> str:
    return next(filter(None, troubles), "")
