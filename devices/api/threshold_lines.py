"""The lines on the chart of a metric, written one metric at a time: two people who draw on
two charts of a device are not in each other's way."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import checked
from access.scope import Scope
from devices import signals
from devices.api.edits import Overtaken
from devices.api.fields import LineField
from devices.api.strict import Strict
from devices.metadata import validate_metadata
from devices.models import Device
from devices.thresholds import KEY, Op, told_thresholds


class ThresholdLineSerializer(Strict):
    """One line."""

    value = serializers.FloatField()
    label = LineField(required=False, allow_blank=True)
    op = serializers.ChoiceField(
        choices=list(Op.__args__),  # type: ignore[attr-defined]
        required=False,
        help_text="On which side a value is a problem; without it what was measured says it.",
    )


class ThresholdLinesSerializer(Strict):
    """The lines of one metric."""

    metric = serializers.CharField(max_length=200)
    lines = ThresholdLineSerializer(many=True)
    was = ThresholdLineSerializer(
        many=True,
        required=False,
        help_text="The lines as you read them; if they are others by now, the answer is 409.",
    )


class ThresholdsSerializer(serializers.Serializer):
    """The lines of a device, by metric."""

    thresholds = serializers.DictField(child=ThresholdLineSerializer(many=True))


class ThresholdsView(APIView):
    """The threshold lines of a device."""

    @extend_schema(
        tags=["Devices"],
        operation_id="devices_thresholds_update",
        summary="Replace the threshold lines of one metric",
        description="No lines take them away. Those of other metrics stay as they are.",
        request=ThresholdLinesSerializer,
        responses=ThresholdsSerializer,
    )
    @transaction.atomic
    def put(self, request: Request, uid: str) -> Response:
        visible = Device.objects.visible_to(Scope.seen_by(request))
        device = checked(request, get_object_or_404(visible.select_for_update(), uid=uid))
        asked = ThresholdLinesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        metric, lines = asked.validated_data["metric"], asked.validated_data["lines"]
        told = told_thresholds(device.metadata.get(KEY))
        now: list[Any] = [dict(line) for line in told.get(metric, [])]
        was = asked.validated_data.get("was")
        if was is not None and _plain(was) != _plain(now):
            raise Overtaken({"lines": now})
        written = {**told, metric: [dict(line) for line in lines]}
        kept = {name: each for name, each in written.items() if each}
        metadata = {name: each for name, each in device.metadata.items() if name != KEY}
        device.metadata = {**metadata, KEY: kept} if kept else metadata
        try:
            validate_metadata(device.metadata)
        except ValidationError as exc:
            raise serializers.ValidationError({"lines": exc.messages}) from exc
        if _plain(lines) != _plain(now):
            device.save(update_fields=["metadata", "updated_at"])
            changed = {"thresholds": [now, kept.get(metric, [])]}
            signals.tell("edited", [device], request.user, series=metric, changed=changed)
        return Response({"thresholds": kept})


def _plain(lines: list[Any]) -> list[tuple[float, str, str | None]]:
    return [(line["value"], line.get("label", ""), line.get("op")) for line in lines]
