"""REST: which targets a rule would have, and what it would have done to them over stored readings.

Both are asked while a rule is written, before it is stored.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import EVERYTHING, Scope
from alerts.conditions import Condition, Subject, Takes, read
from alerts.conditions.expression import Expression
from alerts.conditions.schedule import zone_of
from alerts.models import AlertRule
from alerts.replay import (
    Budget,
    HeardOf,
    NumbersOf,
    Replayed,
    replay,
    replay_formula,
    replay_words,
    silently_calm,
)
from alerts.replay_presence import replay_presence
from alerts.rules.serializers import DraftSerializer
from alerts.rules.summary import summary
from alerts.targets import devices_of, series_of
from devices import clock
from devices.models import Device
from telemetry.api.history_view import HistoryView
from telemetry.api.shapes import ms
from telemetry.history.buckets import DAY
from telemetry.history.columns import MINUTE_US
from telemetry.history.read_limit import limited
from telemetry.models import Series
from telemetry.moments import to_us
from telemetry.storage import kept, retention

MAX_SPAN = 31 * DAY  # ms
PAGE = 200  # targets of one answer
MAX_LISTED = 100  # targets named while a rule is written
MAX_EPISODES = 500  # of one target; all are counted
BUDGET_SECONDS = 5.0  # of one answer; a target begun is ended
BUDGET_READINGS = 10_000_000  # of one answer: what Postgres gives in about as long


class TargetShape(serializers.Serializer):
    id = serializers.IntegerField(help_text="Of the series; of the device where it has none.")
    series = serializers.IntegerField(allow_null=True)
    device = serializers.CharField(help_text="Its uid.")
    name = serializers.CharField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    kind = serializers.CharField()
    precision = serializers.IntegerField(allow_null=True)


class TargetsShape(serializers.Serializer):
    errors = serializers.DictField(help_text="By field, as for a rule that is saved.")
    total = serializers.IntegerField()
    devices = serializers.IntegerField()
    targets = TargetShape(many=True, help_text=f"The first {MAX_LISTED}.")


class ReplaySerializer(serializers.Serializer):
    rule = serializers.DictField(help_text="What it is for, its condition and its schedule.")
    start = ms(help_text="Unix milliseconds; to the minute.")
    stop = ms(required=False, help_text="Unix milliseconds; now if absent.")
    zone = serializers.CharField(default="UTC", help_text="IANA; says when it is night.")
    target = serializers.IntegerField(required=False, help_text="Only this one.")
    after = serializers.IntegerField(required=False, help_text="Those behind this one: a page.")

    def validate_zone(self, zone: str) -> str:
        try:
            zone_of(zone)
        except ValueError as exc:
            raise ValidationError([str(exc)]) from exc
        return zone


class ReplayedShape(TargetShape):
    episodes = serializers.ListField(
        child=serializers.ListField(), help_text="[from when it held, fired, cleared or null], ms."
    )
    judged = ms(help_text="Up to when its readings were judged, Unix milliseconds.")
    fired = serializers.IntegerField()
    stood = ms(help_text="How long alerts stood in all, ms.")
    short = serializers.IntegerField(help_text="Alerts that stood for less than a minute.")
    flapped = serializers.IntegerField(help_text="That came within 10 min of the one before.")
    nights = serializers.DictField(child=serializers.IntegerField())


class ReplayShape(serializers.Serializer):
    now = ms()
    start = ms(help_text="From when on: older readings may be gone.")
    stop = ms()
    total = serializers.IntegerField(help_text="Targets there are.")
    targets = ReplayedShape(many=True, help_text="Those that fired, or all with `target`.")
    looked = serializers.IntegerField(help_text="Targets judged in this answer.")
    next = serializers.IntegerField(allow_null=True, help_text="Ask with `after` for the rest.")


class AlertRuleTargetsView(HistoryView):
    changes_nothing = True

    @extend_schema(
        operation_id="alert_rules_targets",
        summary="What a rule would be for, now, and what is wrong with it",
        tags=["Alert rules"],
        request=DraftSerializer,
        responses=TargetsShape,
    )
    def post(self, request: Request) -> Response:
        nothing = {"errors": {}, "total": 0, "devices": 0, "targets": []}
        try:
            rule = _draft(request, request.data)
        except ValidationError as exc:
            return Response({**nothing, "errors": exc.detail})
        found = _targets(Scope.of(request), rule)
        shown = [target_form(each) for each in found[:MAX_LISTED]]
        devices = found if found.model is Device else found.order_by().values("device").distinct()
        answer = {"total": found.count(), "devices": devices.count(), "targets": shown}
        return Response({**nothing, **answer})


class AlertRuleReplayView(HistoryView):
    changes_nothing = True

    @extend_schema(
        operation_id="alert_rules_replay",
        summary="What a rule would have done over stored readings",
        description=(
            "As if it had been switched on at the start. Exact, by the judge that judges rules."
            " Comes in pages of targets, each within seconds."
        ),
        tags=["Alert rules"],
        request=ReplaySerializer,
        responses=ReplayShape,
    )
    def post(self, request: Request) -> Response:
        asked = ReplaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        rule = _draft(request, given["rule"])
        if rule.condition is None:
            raise ValidationError({"condition": ["Write what must hold."]})
        condition = read(rule.condition, rule.schedule)
        start_us, stop_us = _span(given)
        targets = _targets(Scope.of(request), rule)
        total = targets.count()
        if "target" in given:
            targets = targets.filter(pk=given["target"])
        page = list(targets.filter(pk__gt=given.get("after", 0))[: PAGE + 1])
        done: Sequence[tuple[Series | Device, Replayed]]
        if condition.subject is Subject.DEVICE:
            done = replay_presence(condition, page[:PAGE], start_us, stop_us)
            last = done[-1][0].pk if done else None
        else:
            done, last = _replayed(condition, page[:PAGE], start_us, stop_us)
        zone = ZoneInfo(given["zone"])
        shown = [
            _form(target, found, stop_us, zone)
            for target, found in done
            if found.episodes or found.judged_us < stop_us or "target" in given
        ]
        is_last = last is None or last == page[-1].pk
        return Response(
            {
                "now": clock.now_ms(),
                "start": start_us // 1_000,
                "stop": stop_us // 1_000,
                "total": total,
                "targets": shown,
                "looked": len(done),
                "next": None if is_last else last,
            }
        )


def _draft(request: Request, facts: Any) -> AlertRule:
    draft = DraftSerializer(data=facts, partial=True, context={"request": request})
    draft.is_valid(raise_exception=True)
    return draft.drafted(draft.validated_data)


def _targets(scope: Scope, rule: AlertRule) -> Any:
    """By id. Series where it has a metric, otherwise devices."""
    if rule.metric:
        return series_of(rule).select_related("device").visible_to(scope).order_by("pk")
    return devices_of(rule).select_related("presence").visible_to(scope).order_by("pk")


def _span(given: dict[str, Any]) -> tuple[int, int]:
    now = clock.now()
    floor = to_us(retention.cutoffs(now).raw)
    stop = min(given.get("stop", to_us(now) // 1_000) * 1_000, to_us(now))
    start = max(given["start"] * 1_000, floor)
    start_us, stop_us = start // MINUTE_US * MINUTE_US, stop // MINUTE_US * MINUTE_US
    if start_us >= stop_us:
        raise ValidationError({"start": ["It must be earlier than `stop`, and readings be kept."]})
    if stop_us - start_us > MAX_SPAN * 1_000:
        raise ValidationError({"start": [f"A replay goes over at most {MAX_SPAN // DAY} days."]})
    return start_us, stop_us


@limited()
def _replayed(
    condition: Condition, targets: Sequence[Series | Device], start_us: int, stop_us: int
) -> tuple[list[tuple[Series | Device, Replayed]], int | None]:
    """Those there was time for, and the id of the last."""
    budget = Budget(BUDGET_READINGS, time.monotonic() + BUDGET_SECONDS)
    ids = [each.pk for each in targets if isinstance(each, Series)]
    calm = (
        set(silently_calm(condition, ids, start_us, stop_us))
        if condition.takes is Takes.NUMBERS
        else set()
    )
    done: list[tuple[Series | Device, Replayed]] = []
    for target in targets:
        if isinstance(target, Series) and target.pk in calm:
            done.append((target, Replayed(judged_us=stop_us)))
            continue
        if done and budget.is_over:
            break
        done.append((target, _of_one(condition, target, start_us, stop_us, budget)))
    return done, done[-1][0].pk if done else None


def _of_one(
    condition: Condition, target: Series | Device, start_us: int, stop_us: int, budget: Budget
) -> Replayed:
    device = target.device if isinstance(target, Series) else target
    fitted = condition.fitted(round(device.expected_interval * 1_000_000))
    inputs: dict[str, int] = {}
    ids: tuple[int, ...] = (target.pk,)
    if isinstance(target, Device) and isinstance(condition.judging, Expression):
        inputs = _inputs(condition.judging, target)
        ids = tuple(inputs.values())
    elif isinstance(target, Device):
        ids = tuple(target.series.order_by("id").values_list("id", flat=True))
    # Some series are kept for a shorter time than others.
    start_us = min(max(start_us, to_us(kept.all_of(ids, clock.now()).raw)), stop_us)
    if isinstance(target, Device) and isinstance(condition.judging, Expression):
        if len(inputs) < len(condition.judging.inputs):  # one of them is not there: no values
            return Replayed(judged_us=stop_us)
        return replay_formula(fitted, inputs, start_us, stop_us, budget)
    if isinstance(target, Device):
        return replay(fitted, HeardOf(ids), start_us, stop_us, budget)
    if condition.takes is Takes.WORDS:
        return replay_words(fitted, target.pk, start_us, stop_us, budget)
    if condition.takes is Takes.TIMES:
        return replay(fitted, HeardOf((target.pk,)), start_us, stop_us, budget)
    return replay(fitted, NumbersOf(target.pk), start_us, stop_us, budget)


def _inputs(formula: Expression, device: Device) -> dict[str, int]:
    """The series of each name that there is. Which devices may be named was asked for the rule."""
    found = {}
    for name, (metric, uid) in formula.inputs:
        owner = Q(device__uid=uid) if uid else Q(device=device)
        series = Series.objects.visible_to(EVERYTHING).filter(owner, metric=metric).first()
        if series is not None:
            found[name] = series.pk
    return found


def target_form(target: Series | Device) -> dict[str, Any]:
    device = target.device if isinstance(target, Series) else target
    series = target if isinstance(target, Series) else None
    return {
        "id": target.pk,
        "series": series.pk if series else None,
        "device": device.uid,
        "name": device.name,
        "metric": series.metric if series else "",
        "unit": series.unit if series else "",
        "kind": series.kind if series else "",
        "precision": series.precision if series else None,
    }


def _form(target: Series | Device, found: Replayed, stop_us: int, zone: ZoneInfo) -> dict[str, Any]:
    sums = summary(found.episodes, min(stop_us, found.judged_us), zone)
    return {
        **target_form(target),
        "episodes": [
            [since // 1_000, fired // 1_000, None if cleared is None else cleared // 1_000]
            for since, fired, cleared in found.episodes[:MAX_EPISODES]
        ],
        "judged": found.judged_us // 1_000,
        "fired": sums.fired,
        "stood": sums.stood_us // 1_000,
        "short": sums.short,
        "flapped": sums.flapped,
        "nights": sums.nights,
    }
