"""What a rule is for and what must hold, in words."""

from __future__ import annotations

from alerts.conditions import describe, read
from alerts.models import AlertRule


def applies_to(rule: AlertRule) -> str:
    """ "temperature of every freezer tagged cold at Harbour plant"."""
    devices = _devices(rule)
    if not rule.metric:
        return devices
    return f"{'every value' if rule.metric == '*' else rule.metric} of {devices}"


def holds(rule: AlertRule, unit: str = "") -> str:
    """Raises `InvalidCondition` of one that another version wrote."""
    return describe(read(rule.condition, rule.schedule), unit)


def _devices(rule: AlertRule) -> str:
    found = f"every {rule.kind or 'device'}" if rule.device is None else str(rule.device)
    if rule.uid_pattern:
        found += f" with a uid like {rule.uid_pattern}"
    if rule.tag:
        found += f" tagged {rule.tag}"
    return f"{found} at {rule.site}" if rule.site is not None else found
