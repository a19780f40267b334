"""Ready-made rules become somebody's rules: made once, and never touched again."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from alerts import ready_made
from alerts.models import AlertRule, RuleChange
from alerts.rules import change
from shiftlog.models import Entry

pytestmark = pytest.mark.django_db


def names() -> set[str]:
    return set(AlertRule.objects.values_list("ready_made", flat=True))


def test_what_is_taken_is_a_rule_that_says_where_it_came_from(admin_user) -> None:
    (rule,) = ready_made.install(["freezer-too-warm"], admin_user)
    assert rule.enabled
    assert (rule.kind, rule.metric, rule.severity) == ("freezer", "temperature", "critical")
    assert rule.created_by == admin_user
    assert RuleChange.objects.get(rule=rule).by == admin_user
    assert "freezer-too-warm" not in {each.name for each in ready_made.available()}
    assert len(ready_made.available()) == len(ready_made.READY_MADE) - 1


def test_a_rule_is_neither_made_twice_nor_changed_from_here() -> None:
    ready_made.install(["freezer-too-warm"])
    rule = AlertRule.objects.get()
    change.change(rule, {"name": "Mine", "enabled": False, "condition": {"type": "offline"}}, None)
    assert ready_made.install(["freezer-too-warm", "tank-low"])[0].ready_made == "tank-low"
    rule.refresh_from_db()
    assert (rule.name, rule.enabled) == ("Mine", False)
    assert names() == {"freezer-too-warm", "tank-low"}


def test_a_name_that_somebody_uses_is_left_to_him() -> None:
    change.create({"name": "Freezer too warm", "condition": {"type": "offline"}}, None)
    assert ready_made.install(["freezer-too-warm"]) == []
    assert AlertRule.objects.get().ready_made == ""


def test_the_log_has_one_entry_of_many() -> None:
    some, most = ready_made.READY_MADE[0], ready_made.READY_MADE[1:]
    ready_made.install([some.name])
    ready_made.install([each.name for each in most])
    entries = Entry.objects.order_by("id").values_list("kind", "text", "facts__rules")
    assert list(entries) == [
        ("alert_rule_changed", f"The alert rule {some.title} was created.", None),
        ("alert_rule_changed", f"{len(most)} alert rules were created.", len(most)),
    ]


def test_a_demo_gets_those_of_the_simulated_kinds_once() -> None:
    said = StringIO()
    call_command("ready_made_rules", "--first", stdout=said)
    assert names() == {each.name for each in ready_made.READY_MADE if each.kind}
    assert "made freezer-too-warm: Freezer too warm" in said.getvalue()
    for rule in AlertRule.objects.all():
        change.delete(rule, None)
    call_command("ready_made_rules", "--first")
    assert names() == set()
    call_command("ready_made_rules", "tank-low", stdout=said)
    assert names() == {"tank-low"}
