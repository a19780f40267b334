"""What a change of one rule of retention would remove, before it is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from telemetry.retention_rule import RetentionRule
from telemetry.sql import load
from telemetry.storage import kept
from telemetry.storage.kept import Days, Kept, Owner, Rules

_SQL = load("kept")


class Loss(NamedTuple):
    """What of one kind would go: readings, or the summaries of minutes, hours or days."""

    what: str  # a field of `Kept`
    before: datetime  # so far it goes
    since: datetime  # the oldest day of it
    days: int  # that have some of it
    series: int
    readings: int  # that these days hold, or sum up


class Effect(NamedTuple):
    """Of how many series the rule is, what of them is kept then, and what goes."""

    series: int
    kept: list[Days]  # each once: more specific rules may say otherwise of some
    losses: list[Loss]


def effect(rule: RetentionRule, now: datetime, *, deleted: bool = False) -> Effect:
    """Of storing the rule as it is, or of deleting it. Texts are not counted: nothing sums them
    up."""
    others = _rows(RetentionRule.objects.exclude(pk=rule.pk))
    before = Rules.stored()
    after = Rules(others if deleted else [*others, *_rows([rule])])
    alike: dict[tuple[Days, Days], list[int]] = defaultdict(list)
    for series_id, owner in _owned(rule):
        alike[before.days(owner), after.days(owner)].append(series_id)
    losses = []
    for (old, new), series in sorted(alike.items()):
        edges = zip(Kept._fields, kept.since(old, now), kept.since(new, now), strict=True)
        found = (_loss(what, series, start, stop) for what, start, stop in edges if start < stop)
        losses += [loss for loss in found if loss is not None]
    return Effect(sum(map(len, alike.values())), sorted({new for _, new in alike}), losses)


def _rows(rules: Iterable[RetentionRule]) -> list[tuple[Any, ...]]:
    return [
        (
            each.site_id, each.kind, each.device_id, each.series_id,
            each.raw_days, each.minute_days, each.hour_days, each.day_days,
        )
        for each in rules
    ]  # fmt: skip


def _owned(rule: RetentionRule) -> list[tuple[int, Owner]]:
    of = {
        "site": rule.site_id, "of_kind": rule.kind,
        "device": rule.device_id, "of_series": rule.series_id,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SQL["list_owned"], of)
        return [
            (series_id, Owner(site, kind, device, series_id))
            for series_id, site, kind, device in cursor.fetchall()
        ]


def _loss(what: str, series: list[int], start: datetime, stop: datetime) -> Loss | None:
    with connection.cursor() as cursor:
        cursor.execute(_SQL["count_between"], {"series": series, "start": start, "stop": stop})
        readings, since, days, held_by = cursor.fetchone()
    return Loss(what, stop, since, days, held_by, readings) if readings else None
