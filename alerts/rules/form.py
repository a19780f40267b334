"""A rule as it stands in a file and in its history: by names, without what only this database
knows."""

from __future__ import annotations

from typing import Any

from alerts.models import AlertRule

APPLIES = ("site", "device", "uid_pattern", "kind", "tag", "metric")
MEANING = frozenset({*APPLIES, "condition", "schedule"})  # a change of these judges anew
# What each field is of which nothing is said.
EMPTY: dict[str, Any] = {
    "enabled": False, "severity": "warning", "site": None, "device": None, "uid_pattern": "",
    "kind": "", "tag": "", "metric": "", "schedule": None, "labels": {}, "text": "", "runbook": "",
}  # fmt: skip


def written(rule: AlertRule) -> dict[str, Any]:
    """What is left empty is left out."""
    form = {
        "name": rule.name,
        "enabled": rule.enabled,
        "severity": str(rule.severity),
        "site": rule.site.slug if rule.site else "",
        "device": rule.device.uid if rule.device else "",
        "uid_pattern": rule.uid_pattern,
        "kind": rule.kind,
        "tag": rule.tag,
        "metric": rule.metric,
        "condition": rule.condition,
        "schedule": rule.schedule,
        "labels": rule.labels,
        "text": rule.text,
        "runbook": rule.runbook,
    }
    return {name: value for name, value in form.items() if value not in ("", None, {})}
