"""Changes of rules: one at a time, each kept with who made it, and told to every page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connection, transaction

from access.scope import Scope
from alerts.errors import AlertsError
from alerts.models import AlertRule, RuleChange
from alerts.models.change import KEPT_CHANGES, KEPT_DELETED
from alerts.rules.form import EMPTY, MEANING, written
from devices.events import announce_after_commit
from shiftlog.models import Kind
from shiftlog.record import record_change
from telemetry.live import contract

T = TypeVar("T")

MAX_RULES = 500  # each is looked at for every device; more than people keep in mind anyway
LOCK = 7_461_004  # of Postgres, held by who changes rules

By = User | None


class TooManyRules(AlertsError):
    """The list is full."""


class NameTaken(AlertsError):
    """Another rule has this name."""


class ChangedMeanwhile(AlertsError):
    """It is not the rule any more that its writer looked at."""


def create(facts: dict[str, Any], by: By) -> AlertRule:
    """Raises `TooManyRules` and `NameTaken`."""
    return _alone(lambda: _create(facts, by))


def change(
    rule: AlertRule, facts: dict[str, Any], by: By, *, seen: datetime | None = None
) -> AlertRule:
    """`seen` is when the rule was changed last as its writer knows it; None: they do not say.

    Raises `NameTaken`, `ChangedMeanwhile`, and `AlertRule.DoesNotExist` when it was deleted.
    """

    def work() -> AlertRule:
        stored = AlertRule.objects.select_related("site", "device").get(pk=rule.pk)
        if seen is not None and stored.updated_at != seen:
            raise ChangedMeanwhile("Somebody has changed this rule meanwhile: read it again.")
        _change(stored, facts, by)
        return stored

    return _alone(work)


def delete(rule: AlertRule, by: By) -> None:
    """Its alerts stay. Of one that is gone already nothing happens."""

    def work() -> None:
        stored = AlertRule.objects.select_related("site", "device").filter(pk=rule.pk).first()
        if stored is None:
            return
        _keep(stored, by, written(stored), None)
        _tell(_sites(stored))
        stored.delete()
        gone = RuleChange.objects.filter(rule=None).order_by("-id")
        _drop(gone.values_list("id", flat=True)[KEPT_DELETED:])

    _alone(work)


def take_in(scope: Scope, rules: Iterable[dict[str, Any]], by: By) -> tuple[int, int]:
    """Rules of a file: those whose name is there already take its place. How many are new, and how
    many are changed. All or none. Raises `TooManyRules`, and `NameTaken` of a name that is there
    already where the scope does not look."""

    def work() -> tuple[int, int]:
        new = changed = 0
        for facts in rules:
            visible = AlertRule.objects.visible_to(scope).select_related("site", "device")
            stored = visible.filter(name=facts["name"]).first()
            if stored is None:
                _create(facts, by)
                new += 1
            # What a file leaves out is empty, also of a rule that is there already.
            elif _change(stored, {**EMPTY, **facts}, by):
                changed += 1
        return new, changed

    return _alone(work)


def _create(facts: dict[str, Any], by: By) -> AlertRule:
    if AlertRule.objects.count() >= MAX_RULES:
        raise TooManyRules(f"There are {MAX_RULES} rules, which is the most there may be.")
    _refuse_taken(facts["name"])
    rule = AlertRule.objects.create(created_by=by, **facts)
    _keep(rule, by, None, written(rule))
    _tell(_sites(rule))
    return rule


def _change(rule: AlertRule, facts: dict[str, Any], by: By) -> bool:
    """Whether anything is another."""
    before, sites = written(rule), _sites(rule)
    for name, value in facts.items():
        setattr(rule, name, value)
    after = written(rule)
    if after == before:
        return False
    _refuse_taken(rule.name, rule.pk)
    if any(before.get(name) != after.get(name) for name in MEANING):
        rule.revision += 1
    rule.save()
    _keep(rule, by, before, after)
    _tell(sites | _sites(rule))
    return True


def _refuse_taken(name: str, by: int | None = None) -> None:
    """`by` is the id of the rule that has it itself."""
    if AlertRule.objects.filter(name=name).exclude(pk=by or 0).exists():
        raise NameTaken("Another rule has this name.")


def _keep(rule: AlertRule, by: By, before: Any, after: Any) -> None:
    RuleChange.objects.create(rule=rule, name=rule.name, by=by, before=before, after=after)
    _note(rule, by, before, after)
    _drop(rule.changes.order_by("-id").values_list("id", flat=True)[KEPT_CHANGES:])


def _note(rule: AlertRule, by: By, before: Any, after: Any) -> None:
    """In the log, where its readers are. One that was or is elsewhere is for who sees every site:
    the others would read of a site that is not theirs."""
    where = {(form.get("site", ""), form.get("device", "")) for form in (before, after) if form}
    sites = _sites(rule) if len(where) == 1 else {None}
    site_id = sites.pop() if len(sites) == 1 else None
    thing = f"The alert rule {rule.name}"
    record_change(Kind.ALERT_RULE_CHANGED, thing, before, after, by=by, site_id=site_id)


def _drop(ids: Iterable[int]) -> None:
    RuleChange.objects.filter(pk__in=list(ids)).delete()


def _sites(rule: AlertRule) -> set[int | None]:
    """Where its change is told; None: to who sees everything."""
    found = {rule.site_id, rule.device.site_id if rule.device else None}
    return found - {None} or {None}


def _tell(sites: set[int | None]) -> None:
    told = [contract.event("alert_rules", site=site) for site in sites]
    announce_after_commit(lambda: told)


def _alone(work: Callable[[], T]) -> T:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return work()
