"""`manage.py ready_made_rules`: rules for the kinds of device that the simulator has."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from alerts import ready_made


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Make the ready-made alert rules that are not there yet, and say which."

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(each.name for each in ready_made.READY_MADE)
        parser.add_argument("names", nargs="*", help=f"only these: {names}")
        parser.add_argument(
            "--first", action="store_true", help="nothing where there has been a rule already"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        names = options["names"] or [each.name for each in ready_made.READY_MADE if each.kind]
        made = ready_made.install_first(names) if options["first"] else ready_made.install(names)
        for rule in made:
            self.stdout.write(f"made {rule.ready_made}: {rule.name}")
