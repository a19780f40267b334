"""Changes of rules: one at a time, each kept with who made it, and told to every page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from access.scope import Scope
from access.small import MAX_NAMED
from alerts.engine import worse
from alerts.errors import AlertsError
from alerts.models import AlertRule, RuleChange
from alerts.models.change import KEPT_CHANGES, KEPT_DELETED
from alerts.rules.form import EMPTY, MEANING, written
from devices import clock, turn
from devices.events import announce_after_commit
from shiftlog.models import Kind
from shiftlog.record import About, record, record_change
from telemetry.live import contract
from telemetry.series.said import say

MAX_EACH = 10  # rules made at once that have an entry of the log each; of more, one for each site
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
    (rule,) = turn.alone(LOCK, lambda: _create_all([facts], by))
    return rule


def create_those_free(rules: Iterable[dict[str, Any]], by: By) -> list[AlertRule]:
    """Many at once; one whose name another rule has is left out. All the others or none. Raises
    `TooManyRules`."""

    def work() -> list[AlertRule]:
        taken = set(AlertRule.objects.values_list("name", flat=True))
        return _create_all([facts for facts in rules if facts["name"] not in taken], by)

    return turn.alone(LOCK, work)


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

    return turn.alone(LOCK, work)


def delete(rule: AlertRule, by: By) -> None:
    """Its alerts stay. Of one that is gone already nothing happens."""

    def work() -> None:
        stored = AlertRule.objects.select_related("site", "device").filter(pk=rule.pk).first()
        if stored is None:
            return
        before = written(stored)
        _keep(stored, by, before, None)
        _note(stored, by, before, None)
        _tell(_sites(stored))
        stored.delete()
        gone = RuleChange.objects.filter(rule=None).order_by("-id")
        _drop(gone.values_list("id", flat=True)[KEPT_DELETED:])

    turn.alone(LOCK, work)


def take_in(scope: Scope, rules: Iterable[dict[str, Any]], by: By) -> tuple[int, int]:
    """Rules of a file: those whose name is there already take its place. How many are new, and how
    many are changed. All or none. Raises `TooManyRules`, and `NameTaken` of a name that is there
    already where the scope does not look."""

    def work() -> tuple[int, int]:
        new: list[AlertRule] = []
        changed = 0
        for facts in rules:
            visible = AlertRule.objects.visible_to(scope).select_related("site", "device")
            stored = visible.filter(name=facts["name"]).first()
            if stored is None:
                new.append(_create(facts, by))
            # What a file leaves out is empty, also of a rule that is there already.
            elif _change(stored, {**EMPTY, **facts}, by):
                changed += 1
        _note_made(new, by)
        return len(new), changed

    return turn.alone(LOCK, work)


def _create_all(rules: list[dict[str, Any]], by: By) -> list[AlertRule]:
    made = [_create(facts, by) for facts in rules]
    _note_made(made, by)
    return made


def _create(facts: dict[str, Any], by: By) -> AlertRule:
    """Without an entry of the log."""
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
    if before["severity"] != after["severity"]:
        worse.regrade(rule, clock.now_us())
    _keep(rule, by, before, after)
    _note(rule, by, before, after)
    _tell(sites | _sites(rule))
    return True


def _refuse_taken(name: str, by: int | None = None) -> None:
    """`by` is the id of the rule that has it itself."""
    if AlertRule.objects.filter(name=name).exclude(pk=by or 0).exists():
        raise NameTaken("Another rule has this name.")


def _keep(rule: AlertRule, by: By, before: Any, after: Any) -> None:
    RuleChange.objects.create(rule=rule, name=rule.name, by=by, before=before, after=after)
    _drop(rule.changes.order_by("-id").values_list("id", flat=True)[KEPT_CHANGES:])


def _note(rule: AlertRule, by: By, before: Any, after: Any) -> None:
    """In the log, where its readers are. One that was or is elsewhere is for who sees every site:
    the others would read of a site that is not theirs."""
    where = {(form.get("site", ""), form.get("device", "")) for form in (before, after) if form}
    site_id = _site(rule) if len(where) == 1 else None
    thing = say("The alert rule {name}", name=rule.name)
    record_change(Kind.ALERT_RULE_CHANGED, thing, before, after, by=by, site_id=site_id)


def _note_made(rules: list[AlertRule], by: By) -> None:
    if len(rules) <= MAX_EACH:
        for rule in rules:
            _note(rule, by, None, written(rule))
        return
    there: dict[int | None, list[AlertRule]] = defaultdict(list)
    for rule in rules:
        there[_site(rule)].append(rule)
    for site_id, made in there.items():
        if len(made) == 1:
            _note(made[0], by, None, written(made[0]))
            continue
        text = say("{n} alert rules were created.", n=len(made))
        facts = {"act": "created", "rules": len(made), "names": [r.name for r in made[:MAX_NAMED]]}
        about = About(site_id)
        record(Kind.ALERT_RULE_CHANGED, text, about=about, by=by, facts=facts)


def _drop(ids: Iterable[int]) -> None:
    RuleChange.objects.filter(pk__in=list(ids)).delete()


def _sites(rule: AlertRule) -> set[int | None]:
    """Where its change is told; None: to who sees everything."""
    found = {rule.site_id, rule.device.site_id if rule.device else None}
    return found - {None} or {None}


def _site(rule: AlertRule) -> int | None:
    """Whose readers read of it in the log; None: those who see every site."""
    sites = _sites(rule)
    return sites.pop() if len(sites) == 1 else None


def _tell(sites: set[int | None]) -> None:
    told = [contract.event("alert_rules", site=site) for site in sites]
    announce_after_commit(lambda: told)
