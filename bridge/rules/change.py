"""Changes of the list of rules: one at a time, in one order, and told to every page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max

from bridge.decode.rules import MAX_RULES
from bridge.errors import BridgeError
from bridge.models import DecodeRule
from devices import turn
from devices.events import announce_after_commit
from telemetry.live import contract

T = TypeVar("T")

LOCK = 7_461_003  # of Postgres, held by who changes the list


class TooManyRules(BridgeError):
    """The list is full."""


class OtherRules(BridgeError):
    """The list is not the one whose order was sent."""


def create(facts: dict[str, Any]) -> DecodeRule:
    """A rule behind all others. Raises `TooManyRules`, and `IntegrityError` for a name twice."""

    def work() -> DecodeRule:
        if DecodeRule.objects.count() >= MAX_RULES:
            raise TooManyRules(f"There are {MAX_RULES} rules, which is the most there may be.")
        last = DecodeRule.objects.aggregate(last=Max("position"))["last"]
        return DecodeRule.objects.create(position=0 if last is None else last + 1, **facts)

    return _alone(work)


def change(rule: DecodeRule, facts: dict[str, Any]) -> DecodeRule:
    """Raises `IntegrityError` for a name that another has."""

    def work() -> DecodeRule:
        for name, value in facts.items():
            setattr(rule, name, value)
        rule.save()
        return rule

    return _alone(work)


def delete(rule: DecodeRule) -> None:
    _alone(rule.delete)


def order(ids: list[int]) -> None:
    """Raises `OtherRules` when these are not all rules there are, each once."""

    def work() -> None:
        rules = {rule.pk: rule for rule in DecodeRule.objects.order_by("id")}
        if sorted(ids) != sorted(rules):
            raise OtherRules("These are not all rules there are now: read the list again.")
        for position, rule_id in enumerate(ids):
            rules[rule_id].position = position
        DecodeRule.objects.bulk_update(rules.values(), ["position"])

    _alone(work)


def take_in(files: list[dict[str, Any]]) -> tuple[int, int]:
    """Rules of a file: those whose name is there already take its place. How many are new, and how
    many are changed. All or none. Raises `TooManyRules`."""

    def work() -> tuple[int, int]:
        by_name = {rule.name: rule for rule in DecodeRule.objects.order_by("id")}
        new = changed = 0
        last = max((rule.position for rule in by_name.values()), default=-1)
        for facts in files:
            rule = by_name.get(facts["name"])
            if rule is None:
                last += 1
                new += 1
                by_name[facts["name"]] = DecodeRule.objects.create(position=last, **facts)
                continue
            changed += 1
            for name, value in facts.items():
                setattr(rule, name, value)
            rule.save()
        if len(by_name) > MAX_RULES:
            raise TooManyRules(f"There may be {MAX_RULES} rules, and these would be too many.")
        return new, changed

    return _alone(work)


def take_turn() -> None:
    """Nobody else changes the list until the transaction ends."""
    turn.take_turn(LOCK)


def _alone(work: Callable[[], T]) -> T:
    with transaction.atomic():
        take_turn()
        done = work()
        announce_after_commit(lambda: [contract.event("rules")])
    return done
