"""Which devices and series a rule is for, now: one that joins later fits by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db.models import Q

from access.scope import ScopedQuerySet
from alerts.models import AlertRule
from devices.models import Device
from telemetry.models import Series


def devices_of(rule: AlertRule) -> ScopedQuerySet[Device]:
    """The devices it is for, or whose series it is for. The rule may be one that is not stored.

    A disabled device is not judged: its messages are not stored, so every one would be silent.
    """
    return Device.objects.get_queryset().filter(_of_device(rule, ""))


def series_of(rule: AlertRule) -> ScopedQuerySet[Series]:
    """The series it is for; none of a rule that is about whole devices."""
    found = Series.objects.get_queryset()
    if not rule.metric:
        return found.none()
    return found.filter(_of_device(rule, "device__") & _written("metric", rule.metric))


def _of_device(rule: AlertRule, path: str) -> Q:
    """`path` leads from what is filtered to the device."""
    found = Q(**{f"{path}enabled": True})
    if rule.site_id is not None:
        found &= Q(**{f"{path}site": rule.site_id})
    if rule.device_id is not None:
        found &= Q(**{f"{path}id": rule.device_id})
    if rule.kind:
        found &= Q(**{f"{path}kind": rule.kind})
    if rule.tag:
        found &= Q(**{f"{path}tags__contains": [rule.tag]})
    if rule.uid_pattern:
        found &= _written(f"{path}uid", rule.uid_pattern)
    return found


def _written(field: str, pattern: str) -> Q:
    """That a field is as the pattern says, in which a `*` stands for any characters."""
    if "*" not in pattern:
        return Q(**{field: pattern})
    return Q(**{f"{field}__regex": f"^{'.*'.join(map(re.escape, pattern.split('*')))}$"})


def written_as(pattern: str) -> Callable[[str], Any]:
    """The same for a text at hand; everything fits the empty pattern."""
    if not pattern:
        return lambda _text: True
    if "*" not in pattern:
        return lambda text: text == pattern
    first, *within, last = map(re.escape, pattern.split("*"))
    # Each piece where it is found first, and never looked for further on: with `.*` between them, a
    # name that nearly fits is tried in as many ways as the stars can share it out, for hours.
    # PostgreSQL tries all ways at once.
    pieces = "".join(f"(?>.*?{each})" for each in within if each)
    return re.compile(f"{first}{pieces}.*{last}", re.DOTALL).fullmatch
