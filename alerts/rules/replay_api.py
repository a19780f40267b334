"""REST: which targets a rule would have, and what it would have done to them over stored readings.

Both are asked while a rule is written, before it is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from alerts.conditions import Subject, read
from alerts.conditions.schedule import zone_of
from alerts.models import AlertRule
from alerts.replay.page import replayed
from alerts.replay.presence import replay_presence
from alerts.replay.replayed import Replayed
from alerts.rules.serializers import DraftSerializer
from alerts.rules.summary import summary
from alerts.rules.target_form import TargetShape, target_form
from alerts.targets import devices_of, series_of
from devices import clock
from devices.models import Device
from telemetry.api.history_view import HistoryView
from telemetry.api.shapes import ms
from telemetry.expression import TooMuch, sentence
from telemetry.history.buckets import DAY
from telemetry.history.columns import MINUTE_US
from telemetry.models import Series
from telemetry.moments import to_us
from telemetry.storage import retention

MAX_SPAN = 31 * DAY  # ms
PAGE = 200  # targets of one answer
MAX_LISTED = 100  # targets named while a rule is written
MAX_EPISODES = 500  # of one target; all are counted


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
            try:
                done, last = replayed(condition, page[:PAGE], start_us, stop_us)
            except TooMuch as exc:
                raise ValidationError({"condition.formula": [sentence(exc)]}) from exc
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
