"""REST: trying a rule out on messages, given and kept. Nothing is stored."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite
from access.scope import Scope
from bridge.decode.rules import definition
from bridge.decode.rules.problems import InvalidRule
from bridge.decode.rules.rule import Rule
from bridge.rules import kept
from bridge.rules.preview import SampleMessage, result, tried
from bridge.rules.serializers import PreviewSerializer, PreviewShape
from devices import clock
from telemetry.moments import to_us

MAX_KEPT = 20  # newest messages of a rule's topic that a preview shows


class RulePreviewView(APIView):
    changes_nothing = True

    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="rules_preview",
        summary="Try a definition on sample messages",
        description=(
            "Nothing is stored. Without mistakes in it each sample has its verdict, and what it"
            f" says of each device; so have the last messages of {MAX_KEPT} topics that came since"
            f" somebody asked, and the newest {MAX_KEPT} of the topic in quarantine."
        ),
        tags=["Rules"],
        request=PreviewSerializer,
        responses=PreviewShape,
    )
    def post(self, request: Request) -> Response:
        wanted = PreviewSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        answer = {"now": clock.now_ms(), "errors": {}, "filter": None, "samples": []}
        try:
            rule = definition.read(given["definition"], "")
        except InvalidRule as exc:
            return Response({**answer, "errors": exc.errors})
        samples = _given(given.get("samples", []))
        if given["kept"]:
            samples += _last(request, rule)
        shown = tried(rule, samples)
        for sample, one in zip(given.get("samples", []), shown, strict=False):
            one["passed"] = None
            if sample.get("expected") is not None:
                one["passed"] = sample["expected"] == result(one["devices"])
        return Response({**answer, "filter": rule.topic.filter, "samples": shown})


def _given(samples: list[dict[str, Any]]) -> list[SampleMessage]:
    now_us = clock.now_us()
    return [
        SampleMessage(each["topic"], each["payload"].encode(), now_us, "given") for each in samples
    ]


def _last(request: Request, rule: Rule) -> list[SampleMessage]:
    """What came just now, then what is in quarantine, without what is in both."""
    live = kept.just_now(rule.topic, MAX_KEPT)
    shown = {(each.topic, each.received_us // 1_000) for each in live}
    return live + [
        SampleMessage(
            each.topic, bytes(each.payload), to_us(each.received_at), "quarantine", each.retained
        )
        for each in kept.newest(Scope.of(request), rule.topic, MAX_KEPT)
        if (each.topic, to_us(each.received_at) // 1_000) not in shown
    ]
