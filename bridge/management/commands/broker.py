"""`manage.py broker sync`: the broker's accounts of devices are as the registry says."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import F

from bridge.accounts import reconciling
from bridge.accounts.control_account import NotKept, control_account
from bridge.accounts.delivery import Delivery
from bridge.mqtt.control import Control, ControlAway
from devices.broker_account import BrokerAccount

SAY_EVERY = 2.0  # seconds between two lines of progress
SLOW = 1_000  # accounts, from which on telling them takes many minutes


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Compare the MQTT broker's accounts of devices with the registry, and make them right."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["sync"])
        parser.add_argument(
            "--into",
            type=Path,
            metavar="FILE",
            help="Write all accounts into the plugin's file instead; start the broker with it then."
            " It brings back tokens that are kept as digests only, and is the quick way for many.",
        )
        parser.add_argument(
            "--if-lost", action="store_true", help="With --into: only when the file lacks some."
        )

    def handle(self, *_args: Any, into: Path | None, if_lost: bool, **_options: Any) -> None:
        if into is not None:
            self._into(into, if_lost=if_lost)
            return
        try:
            broker = control_account()
            control = Control(broker).open()
            found = reconciling.difference(control, lambda n: self._say(f"{n} devices compared"))
            control.close()
            self._say(
                f"{len(found.missing)} missing, {len(found.other)} other than they should be,"
                f" {len(found.orphaned)} of devices that are no more"
            )
            if len(found.uids) > SLOW:
                self._say("They are told one by one; with so many --into FILE is much quicker.")
            reconciling.settle(found.right)
            reconciling.put_to_be_told(found.uids)
            self._deliver(Delivery(broker), len(found.uids))
        except NotKept as exc:
            raise CommandError(str(exc)) from exc
        except ControlAway as exc:
            raise CommandError(f"{exc}. What is to be told stays noted.") from exc

    def _into(self, path: Path, *, if_lost: bool) -> None:
        try:
            written = reconciling.write_into(path, only_if_lost=if_lost)
        except OSError as exc:
            raise CommandError(f"{path} is not written: {exc}") from exc
        if written is None:
            self._say("nothing is lost")
            return
        self._say(f"{written.devices} devices written into {path}; start the broker again")
        if written.without:
            self._say(f"{written.without} devices need new tokens: theirs are older than accounts")

    def _deliver(self, delivery: Delivery, total: int) -> None:
        """Here, or wherever the lease is: `manage.py runengine` may be at it already."""
        said = 0.0
        try:
            # What the broker refused is tried again later, by the engine.
            waiting = BrokerAccount.objects.filter(failures=0).exclude(told=F("wanted"))
            while left := waiting.count():
                wait = delivery.step()
                if time.monotonic() - said > SAY_EVERY:
                    said = time.monotonic()
                    self._say(f"{left} of {max(total, left)} to be told")
                time.sleep(wait)
        finally:
            delivery.close()
        refused = BrokerAccount.objects.exclude(error="").order_by("uid")
        for row in refused[:20]:
            self._say(f"{row.uid}: {row.error}")
        self._say(f"The broker is told of all devices; {refused.count()} have no right account.")

    def _say(self, text: str) -> None:
        self.stdout.write(text)
