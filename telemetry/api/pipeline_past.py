"""`GET pipeline/past/`: 24 hours of the pipeline by the minute, and what is usual."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from statistics import quantiles

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from devices import clock
from telemetry.api import parameters as query
from telemetry.api.shapes import PointField, ms
from telemetry.moments import to_ms
from telemetry.workers import past
from telemetry.workers.past import MINUTE, Minute

SHOWN = timedelta(hours=24)
USUAL_OF = timedelta(days=7)  # what is usual is learnt from
FRESH = timedelta(hours=1)  # and not from the last of them, in which something may be wrong
LEAST = 60  # minutes below which nothing is usual yet
NORMAL_LAG_MS = 5_000  # beyond it the live pages say that storing is behind


class UsualShape(serializers.Serializer):
    messages = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    readings = serializers.ListField(child=serializers.FloatField(), allow_null=True)


class PipelinePastShape(serializers.Serializer):
    now = ms()
    to = ms("Where the present minute begins, which is not among them.")
    points = serializers.ListField(
        child=PointField(),
        help_text="[ms, messages finished a second, readings stored a second, messages refused a"
        " second, longest lag in ms, messages spooled at most] of each minute that is known.",
    )
    usual = UsualShape(help_text="[low, high] a second, of the last seven days; null: too short.")
    normal_lag_ms = ms("A lag up to this is normal.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # Here because `from` is a keyword of the language.
        return super().get_fields() | {"from": ms()}


class PipelinePastView(APIView):
    """How the pipeline did, of all workers together."""

    @extend_schema(
        operation_id="pipeline_past",
        summary="Read 24 hours of the pipeline",
        tags=["Pipeline"],
        responses=PipelinePastShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        now = clock.now()
        stop = now.replace(second=0, microsecond=0)
        start = stop - SHOWN
        minutes = past.minutes(stop - USUAL_OF, stop)
        learnt = [each for each in minutes if each.at < stop - FRESH]
        return Response(
            {
                "now": to_ms(now),
                "from": to_ms(start),
                "to": to_ms(stop),
                "points": [_point(each) for each in minutes if each.at >= start],
                "usual": {
                    "messages": _usual(learnt, lambda each: each.finished),
                    "readings": _usual(learnt, lambda each: each.readings),
                },
                "normal_lag_ms": NORMAL_LAG_MS,
            }
        )


def _per_second(of_a_minute: float) -> float:
    return round(of_a_minute / MINUTE.total_seconds(), 3)


def _point(minute: Minute) -> list[float]:
    rates = [_per_second(each) for each in (minute.finished, minute.readings, minute.rejected)]
    return [to_ms(minute.at), *rates, minute.lag_ms, minute.spooled]


def _usual(minutes: Sequence[Minute], of: Callable[[Minute], float]) -> list[float] | None:
    """Between which rates nine of ten minutes were."""
    if len(minutes) < LEAST:
        return None
    steps = quantiles([_per_second(of(each)) for each in minutes], n=20, method="inclusive")
    return [round(steps[0], 3), round(steps[-1], 3)]
