"""Helps somebody in: `manage.py account unlock|reset|remove-factors|invite`."""

from __future__ import annotations

import ipaddress
from argparse import ArgumentParser
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.urls import reverse

from access import audit, factor, invitation, links, tries
from access.roles import Role


class Command(BaseCommand):
    requires_system_checks = ["pulseboard"]
    help = "Helps somebody in: lifts a wait, gives a new way to a password, invites."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        unlock = acts.add_parser(
            "unlock", help="let an account, or all of an address, be tried again at once"
        )
        unlock.add_argument("who", help="a user name, or an IP address")
        unlock.set_defaults(run=self.unlock)
        reset = acts.add_parser("reset", help="print a link to set another password, for an hour")
        reset.add_argument("name", help="a user name")
        reset.set_defaults(run=self.reset)
        without = acts.add_parser(
            "remove-factors", help="let somebody in by the password alone who lost the rest"
        )
        without.add_argument("name", help="a user name")
        without.set_defaults(run=self.remove_factors)
        invite = acts.add_parser("invite", help="print a link to make an account, for a week")
        invite.add_argument("role", choices=[each.name.lower() for each in Role])
        invite.add_argument("--site", help="the slug of the one site; otherwise every site")
        invite.set_defaults(run=self.invite)

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

    def reset(self, options: dict[str, Any]) -> str:
        user = _account(options["name"])
        audit.record("command", "password.reset_link", user)
        return links.to(links.reset_path(user))

    def remove_factors(self, options: dict[str, Any]) -> str:
        user = _account(options["name"])
        gone = factor.remove_all(user)
        audit.record("command", "factor.removed", user, before={"count": gone})
        return f"{user} signs in by the password alone." if gone else f"{user} had none."

    def invite(self, options: dict[str, Any]) -> str:
        site = None
        if options["site"] is not None:
            # Sites are above: by their name.
            model = apps.get_model("devices", "Site")
            site = model.objects.filter(slug=options["site"]).first()
            if site is None:
                raise CommandError(f"There is no site {options['site']!r}.")
        token, made = invitation.make(
            None, Role[options["role"].upper()], None if site is None else site.pk
        )
        audit.record("command", "invitation.made", made)
        return links.to(reverse("invitation", args=[token]))


def _account(name: str) -> User:
    """Raises CommandError."""
    try:
        return User.objects.get(username=User.normalize_username(name))
    except User.DoesNotExist as exc:
        raise CommandError(f"There is no account {name!r}.") from exc
