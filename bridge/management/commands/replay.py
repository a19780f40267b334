"""`manage.py replay`: store quarantined messages whose cause is mended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bridge.decode.items import Reason
from bridge.quarantine import noted
from bridge.quarantine.replay import Replay, Summary
from bridge.quarantine.selection import Selection
from telemetry.moments import from_us, parse
from telemetry.storage import errors


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Replay quarantined messages, oldest first; what is stored leaves quarantine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--id", type=int, help="Only this message.")
        parser.add_argument(
            "--uid", help="Only messages of this device; '' for those that name none."
        )
        parser.add_argument(
            "--reason", default="", choices=["", *Reason], metavar="REASON", help="Only with it."
        )
        moment = "ISO 8601, UTC without an offset"
        parser.add_argument("--since", type=_moment, help=f"Received then or later: {moment}.")
        parser.add_argument("--until", type=_moment, help=f"Received before: {moment}.")
        parser.add_argument("--dry-run", action="store_true", help="Say what would become of them.")

    def handle(self, *_args: Any, dry_run: bool, **options: Any) -> None:
        selection = Selection(
            uid=options["uid"],
            reason=options["reason"],
            since=options["since"],
            until=options["until"],
            id=options["id"],
        )
        replay = Replay(selection, dry_run=dry_run)
        try:
            total = selection.messages().count()
            done = replay.run(
                lambda so_far: self.stdout.write(f"{so_far.replayed} of {total} messages")
            )
        except errors.ERRORS as exc:
            raise CommandError(
                f"the database failed after {replay.summary.replayed} messages, which are done;"
                f" run it again for the rest: {exc}"
            ) from exc
        if not dry_run:
            noted.note(selection, done, None)
        self.stdout.write(_closing(done, dry_run=dry_run))


def _closing(done: Summary, *, dry_run: bool) -> str:
    text = (
        f"{done.replayed} replayed: {done.stored} stored, {done.partial} partly stored,"
        f" {done.still_bad} still bad, {done.cut} not kept whole; {done.readings} new readings."
    )
    return f"Nothing was changed. It would be: {text}" if dry_run else text


def _moment(text: str) -> datetime:
    try:
        return from_us(parse(text))
    except OverflowError as exc:
        raise ValueError(text) from exc
