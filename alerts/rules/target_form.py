"""A target of a rule, a series or a device as a whole, as REST says it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from devices.models import Device
from telemetry.models import Series


class TargetShape(serializers.Serializer):
    id = serializers.IntegerField(help_text="Of the series; of the device where it has none.")
    series = serializers.IntegerField(allow_null=True)
    device = serializers.CharField(help_text="Its uid.")
    name = serializers.CharField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    kind = serializers.CharField()
    precision = serializers.IntegerField(allow_null=True)


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
