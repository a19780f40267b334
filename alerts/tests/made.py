"""Alerts as an engine would have found them, for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from alerts.models import Alert, AlertRule
from devices import clock
from devices.models import Device, Site
from telemetry.models import Series


def make_rule(name: str = "Too warm", **facts: Any) -> AlertRule:
    given = {
        "enabled": True,
        "metric": "temperature",
        "condition": {"type": "threshold", "op": "above", "limit": -15},
    }
    rule, _ = AlertRule.objects.get_or_create(name=name, defaults=given | facts)
    return rule


def make_alert(uid: str = "freezer-1", site: Site | None = None, **facts: Any) -> Alert:
    """Of a device's temperature, two minutes ago."""
    device, _ = Device.objects.get_or_create(
        uid=uid, defaults={"name": uid.replace("-", " ").capitalize(), "site": site}
    )
    series, _ = Series.objects.get_or_create(
        device=device, metric="temperature", defaults={"unit": "°C", "precision": 1}
    )
    rule = facts.pop("rule", None) or make_rule()
    then = clock.now() - timedelta(minutes=2)
    given = {
        "rule_name": rule.name,
        "severity": "warning",
        "site": device.site,
        "device": device,
        "device_name": device.name,
        "uid": device.uid,
        "series": series,
        "metric": series.metric,
        "unit": series.unit,
        "sentence": f"Temperature of {device.name} is −12.5 °C, above −15 °C for 5 min.",
        "started_at": then,
        "fired_at": then,
        "value": -12.5,
        "worst": -12.5,
        "limit": -15.0,
    }
    return Alert.objects.create(rule=rule, **given | facts)
