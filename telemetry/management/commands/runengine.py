"""`manage.py runengine`: rules are judged, messages sent, formulas computed, until SIGTERM."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from telemetry.followers import REGISTRY
from telemetry.following import Following
from telemetry.management.probing import add_option, probing
from telemetry.workers.ending import end_at_signal
from telemetry.workers.timed import Stuck


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Judge the rules of alerts, send what they say, compute derived series, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        add_option(parser)

    def handle(self, *_args: Any, probe: str | None, **_options: Any) -> None:
        following = Following()
        end_at_signal(following.stop)
        try:
            with probing(probe, lambda: REGISTRY, following.readiness):
                following.run()
        except Stuck as exc:
            raise CommandError(f"the engine ends to be started again: {exc}") from exc
