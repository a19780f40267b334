"""`manage.py runbridge`: one bridge worker, until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseError

from bridge.inbox import Inbox
from bridge.live import LivePublisher
from bridge.source import Broker, Source
from bridge.writer import Writer
from telemetry import store
from telemetry.series_registry import SeriesRegistry

MAX_SLOT = 999


class Command(BaseCommand):
    help = "Bridge MQTT messages into the store and the live channel, until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--slot",
            type=int,
            default=0,
            help="Which worker this is; its MQTT session is kept under this number (default 0).",
        )

    def handle(self, *_args: Any, slot: int, **_options: Any) -> None:
        name = f"bridge-{slot}"
        url = settings.MQTT
        broker = Broker(
            host=url.host,
            port=url.port,
            client_id=f"{settings.PULSEBOARD_PREFIX}-{name}",
            username=url.username,
            password=url.password,
            tls=url.scheme == "mqtts",
        )
        inbox = Inbox()
        source = Source(broker, inbox, expect_session=_ran_before(name))
        series = SeriesRegistry()
        publisher = LivePublisher(name, series.device_of)
        writer = Writer(name, inbox, source, publisher, series)
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda *_: source.stop())
        publisher.start()
        writer.start()
        source.run()
        writer.stop()
        publisher.stop()


def _ran_before(name: str) -> bool:
    """Whether a session is expected at the broker; waits for a database that is still starting."""
    while True:
        try:
            return store.knows_worker(name)
        except DatabaseError as exc:
            if not store.is_temporary(exc):
                raise
            store.reset_connection()
            time.sleep(0.5)
