"""Have packed days in rows again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from telemetry.jobs import NotYet
from telemetry.storage import unpacking


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = (
        "Puts what is packed back into rows, the newest day first, beside a running bridge."
        " A reading then takes some 80 bytes again. Ended early, it goes on where it was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, help="so many of the newest packed days; else all")

    def handle(self, *, days: int | None, **_options: Any) -> None:
        if settings.PACK_AFTER_DAYS:
            raise CommandError(
                "`maintain` would pack the days again: set PULSEBOARD_PACK_AFTER_DAYS=0, restart"
                " `maintain`, and call this with the same setting"
            )
        wanted = unpacking.days()[:days]
        done = 0
        for n, day in enumerate(wanted, 1):
            try:
                for moved in unpacking.unpack_day(day):
                    done += moved
                    self.stdout.write(f"day {n} of {len(wanted)}, {day}: {moved} readings moved")
            except NotYet as exc:
                raise CommandError(f"{exc}. Call this again.") from exc
        self.stdout.write(f"{len(wanted)} days are in rows again, {done} readings were moved")
