"""Helps somebody in who cannot get in: `manage.py account unlock NAME`."""

from __future__ import annotations

import ipaddress
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from access import audit, tries


class Command(BaseCommand):
    help = "Helps somebody in who cannot get in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        unlock = acts.add_parser(
            "unlock", help="let an account, or all of an address, be tried again at once"
        )
        unlock.add_argument("who", help="a user name, or an IP address")
        unlock.set_defaults(run=self.unlock)

    def handle(self, *_args: Any, **options: Any) -> None:
        with transaction.atomic():
            self.stdout.write(options["run"](options))

    def unlock(self, options: dict[str, Any]) -> str:
        who = options["who"]
        try:
            address = str(ipaddress.ip_address(who))
        except ValueError:
            user = _account(who)
            emptied = tries.unlock(user.get_username()) + tries.unlock_code(user.pk)
            audit.record("command", "sign_in.unlocked", user)
        else:
            emptied = tries.unlock_address(address)
            audit.record("command", "sign_in.unlocked", audit.Of("address", label=address))
        return f"{who} may try again." if emptied else f"Nothing held {who} up."


def _account(name: str) -> User:
    """Raises CommandError."""
    try:
        return User.objects.get(username=User.normalize_username(name))
    except User.DoesNotExist as exc:
        raise CommandError(f"There is no account {name!r}.") from exc
