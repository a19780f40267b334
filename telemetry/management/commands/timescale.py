"""Move a plain store into TimescaleDB's hypertables."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from telemetry.jobs import NotYet
from telemetry.storage import backend, moving, moving_begin, moving_end


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = (
        "Moves readings of a plain store, rows and packs, and their summaries into TimescaleDB's"
        " hypertables, beside a running bridge. Ended early, it goes on where it was. It needs room"
        " for the compressed copies beside what there is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--raise-floor",
            action="store_true",
            help="take no late readings any more of times of which rules removed single series",
        )
        parser.add_argument(
            "--give-up", action="store_true", help="drop what was copied; the store stays plain"
        )

    def handle(self, *, raise_floor: bool, give_up: bool, **_options: Any) -> None:
        if backend.is_timescale():
            self.stdout.write("The readings are in hypertables.")
            return
        if give_up:
            try:
                moving.give_up()
            except NotYet as exc:
                raise CommandError(f"{exc}. Call this again.") from exc
            self.stdout.write("What was copied is dropped; the store stays plain.")
            return
        try:
            self._move(raise_floor=raise_floor)
        except (NotYet, DatabaseError) as exc:
            if backend.is_timescale():  # another process that was at it as well ended it
                pass
            elif isinstance(exc, NotYet):
                raise CommandError(f"{exc}. Call this again, or with --give-up.") from exc
            elif moving.is_under_way():
                raise
            else:
                raise CommandError("What was copied was dropped meanwhile.") from exc
        self.stdout.write("The readings are in hypertables.")

    def _move(self, *, raise_floor: bool) -> None:
        moving_begin.begin()
        for progress in moving.copy():
            whole = (progress.stop - progress.start).total_seconds()
            done = (progress.done_until - progress.start).total_seconds()
            self.stdout.write(
                f"{done / whole:4.0%}, to {progress.done_until:%Y-%m-%d %H:%M}:"
                f" {progress.readings} readings copied"
            )
        self.stdout.write("All is copied. Batches wait for a moment.")
        moving_end.finish(raise_floor=raise_floor)
