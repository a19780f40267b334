"""`manage.py runbridge`: one bridge worker, until SIGTERM or SIGINT."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from prometheus_client import CollectorRegistry

from bridge import metrics
from bridge.commit.spool_lock import SpoolBusy
from bridge.mqtt.broker import Broker
from bridge.worker import NameTaken, SpoolPlace, Worker
from telemetry.management.probing import add_option, probing
from telemetry.workers.ending import end_at_signal

GROUP = re.compile(r"[A-Za-z0-9_-]{0,64}")


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Bridge MQTT messages into the store and the live channel, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--slot",
            type=int,
            default=0,
            help="Which worker this is; its MQTT session and its spool go by this number.",
        )
        parser.add_argument(
            "--group",
            default="",
            help="Share the telemetry with the other workers of this group (MQTT $share).",
        )

        parser.add_argument(
            "--retire",
            action="store_true",
            help="Store what the broker still holds for this worker, give up its share of its"
            " group, end its session and exit.",
        )
        add_option(parser)

    def handle(
        self, *_args: Any, slot: int, group: str, probe: str | None, retire: bool, **_options: Any
    ) -> None:
        if slot < 0 or not GROUP.fullmatch(group):
            raise CommandError(
                "--slot is a number from 0, --group 1 to 64 letters, digits, '_' or '-'"
            )
        name = f"bridge-{slot}"
        broker = Broker.of(settings.MQTT)
        place = SpoolPlace(settings.SPOOL_FOLDER, settings.SPOOL_LIMIT)
        try:
            worker = Worker(name, broker, place, group, retire=retire)
        except SpoolBusy as exc:
            raise CommandError(f"{exc}. Give each worker a --slot of its own.") from exc
        end_at_signal(worker.source.stop)

        def registry() -> CollectorRegistry:
            return metrics.registry(worker.snapshots)

        try:
            with probing(probe, registry, worker.readiness):
                worker.run()
        except NameTaken as exc:
            raise CommandError(f"{exc}. Give each worker a --slot of its own.") from exc
