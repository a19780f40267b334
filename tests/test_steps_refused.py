"""Every writing operation of the API, as somebody would carry it out who may, is refused to those
who may not: they see the site and have no role there, have a lower one, or none, while they
administer another; and to tokens that reach less. Nothing is written.

Which role an operation needs is said here once more, after docs/roles.md: the views say it too, and
one that says too little would pass a test that asked it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from knox.models import AuthToken
from rest_framework.test import APIClient

from access.roles import Role
from devices.models import ApiTokenName, Site
from tests.test_rest_live import OF_ONES_OWN, OPERATIONS, STEPS, Step

OPERATOR = {
    "alerts_acknowledge", "alerts_unacknowledge", "alerts_assign", "alerts_snooze",
    "alerts_comment", "silences_create", "silences_change", "silences_end", "log_write",
    "log_edit", "log_pin", "log_react", "log_take_back", "log_delete", "corrections_create",
    "corrections_undo", "readings_import", "quarantine_replay_one", "quarantine_replay",
    "quarantine_destroy", "quarantine_discard", "rules_replay", "notifications_substitute",
    "notifications_substitute_delete", "views_create", "views_change", "views_delete",
}  # fmt: skip
# Everybody has matters of their own, and a mark of what they have read. Others' are not found.
OWN = {
    "web_push_subscribe",
    "notifications_me_change",
    "tokens_create",
    "charts_keep",
    "log_read",
}
# A session alone may.
BY_SESSION = {"account_invitations_create", "account_invitations_destroy"}
NOTED = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) (?!"access_auditentry")', re.IGNORECASE)
NONE_DONE = re.compile(r'"(?:replayed|discarded|created|total|changed)":(?:0|\[\])[,}]')


class Attacker(NamedTuple):
    """Somebody, and what they may where the steps are carried out."""

    named: str
    client: APIClient
    has: Role | None
    is_token: bool = False


def somebody(name: str, *roles: tuple[Role, Site | None]) -> APIClient:
    user = User.objects.create_user(name)
    user.grants.all().delete()
    for role, site in roles:
        user.grants.create(role=role, site=site)
    client = APIClient()
    client.force_authenticate(user)
    return client


def holding(user: User, role: Role, *sites: Site) -> APIClient:
    token, _ = AuthToken.objects.create(user)
    given = ApiTokenName.objects.create(token=token, role=role, every_site=not sites)
    given.sites.set(sites)
    client = APIClient()
    client.force_authenticate(user, token)
    return client


@contextmanager
def written() -> Iterator[list[str]]:
    """The statements that write anything but the audit log."""
    seen: list[str] = []

    def look(execute: Any, sql: Any, *rest: Any) -> Any:
        if NOTED.match(str(sql)):
            seen.append(str(sql)[:200])
        return execute(sql, *rest)

    with connection.execute_wrapper(look):
        yield seen


@pytest.mark.django_db
def test_each_is_refused_to_who_may_not_and_writes_nothing(settings: Any) -> None:
    settings.API_REQUESTS = 1e9
    root = User.objects.create_superuser("root")
    User.objects.create_user("olga")
    rightful = APIClient()
    rightful.force_authenticate(root)
    far = Site.objects.create(slug="far", name="Far")
    admin = (Role.ADMINISTRATOR, far)
    attackers: list[Attacker] = [
        Attacker("sees every site", somebody("a", (Role.VIEWER, None), admin), Role.VIEWER),
        Attacker("operates all", somebody("b", (Role.OPERATOR, None), admin), Role.OPERATOR),
        Attacker("token that reads", holding(root, Role.VIEWER), None, is_token=True),
        Attacker("token that writes", holding(root, Role.OPERATOR), Role.OPERATOR, is_token=True),
        Attacker("token elsewhere", holding(root, Role.ADMINISTRATOR, far), None, is_token=True),
        Attacker("elsewhere", somebody("c", admin), None),
    ]
    there: list[Attacker] = []
    failed, tried = [], 0
    for step in STEPS:
        method, path = OPERATIONS[step.operation]
        plant = Site.objects.filter(slug="plant").first()
        if plant is not None and not there:
            there = [
                Attacker("sees it", somebody("d", (Role.VIEWER, plant), admin), Role.VIEWER),
                Attacker(
                    "operates it", somebody("e", (Role.OPERATOR, plant), admin), Role.OPERATOR
                ),
            ]
        body = step.body() if callable(step.body) else step.body
        address = path.format(**step.where()) + step.query
        for who in [*attackers, *there]:
            if may(step, who):
                continue
            tried += 1
            with transaction.atomic(), written() as statements:
                answer = getattr(who.client, method)(address, body, format="json")
                transaction.set_rollback(True)
            text = answer.getvalue().decode()
            is_refused = answer.status_code in (400, 403, 404, 409) or NONE_DONE.search(text)
            if not is_refused or statements:
                said = f"{answer.status_code} {text[:150]} {statements[:2]}"
                failed.append(f"{step.operation} by {who.named}: {said}")
        answer = getattr(rightful, method)(address, body, format="json")
        assert answer.status_code < 300, f"{step.operation}: {answer.content!r}"
    assert not failed, "\n".join(failed)
    assert tried > 500


def may(step: Step, who: Attacker) -> bool:
    if who.is_token and step.operation in BY_SESSION:
        return True  # it is not asked for a session here
    if step.operation in OWN | OF_ONES_OWN:
        return True
    needed = Role.OPERATOR if step.operation in OPERATOR else Role.ADMINISTRATOR
    return who.has is not None and who.has >= needed
