"""What is sent to make or change a derived series."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from derived.models.derived_series import MAX_HOLD
from devices.api.fields import LineField
from devices.api.strict import Whole
from telemetry.expression.parser import MAX_NAMES
from telemetry.formula_bounds import MAX_LENGTH, MAX_NAME
from telemetry.models import MAX_METRIC_LENGTH


class DerivedInputSerializer(Whole):
    name = serializers.RegexField(r"\A[A-Za-z_][A-Za-z0-9_]*\Z", max_length=MAX_NAME)
    series = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    hold = serializers.FloatField(
        required=False,
        allow_null=True,
        min_value=0.001,
        max_value=MAX_HOLD,
        help_text="Seconds a value holds; absent: three expected intervals, at least 180.",
    )


class DefinitionSerializer(serializers.Serializer):
    formula = serializers.CharField(max_length=MAX_LENGTH, help_text="docs/derived.md.")
    inputs = DerivedInputSerializer(many=True, max_length=MAX_NAMES)
    at = serializers.CharField(
        max_length=MAX_NAME,
        required=False,
        allow_blank=True,
        help_text="At whose readings there is a result; absent: the first name's.",
    )

    def validate_inputs(self, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [each["name"] for each in inputs]
        if len(set(names)) < len(names):
            raise serializers.ValidationError("Two inputs have one name.")
        return inputs


class NewDerivedSerializer(DefinitionSerializer):
    device = serializers.CharField(max_length=64, help_text="The uid of whose series it becomes.")
    metric = LineField(max_length=MAX_METRIC_LENGTH)
    unit = LineField(
        max_length=32, required=False, allow_blank=True, help_text="Absent: the formula's."
    )
    label = LineField(max_length=120, required=False, allow_blank=True)
    backfill_from = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Have the results from here on computed too."
    )


class DerivedChangeSerializer(DefinitionSerializer):
    """Any of it; what is left out stays."""

    enabled = serializers.BooleanField(required=False)


class DerivedPreviewSerializer(DefinitionSerializer):
    formula = serializers.CharField(max_length=MAX_LENGTH, allow_blank=True)
    hours = serializers.FloatField(default=6, min_value=0.01, max_value=24 * 31)


class BackfillSerializer(serializers.Serializer):
    to = serializers.DateTimeField(required=False, allow_null=True, help_text="Absent: now.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # Here because `from` is a keyword of the language.
        return super().get_fields() | {"from": serializers.DateTimeField()}
