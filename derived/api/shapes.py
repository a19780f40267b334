"""The shapes of the answers, for the OpenAPI schema."""

from __future__ import annotations

from rest_framework import serializers

from telemetry.api.shapes import PointField, SeriesShape, ms
from telemetry.models import Series


class DerivedInputShape(serializers.Serializer):
    name = serializers.CharField()
    series = serializers.IntegerField(allow_null=True, help_text="Null: deleted, or out of sight.")
    device = serializers.CharField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    hold = serializers.FloatField(help_text="Seconds.")
    deleted = serializers.BooleanField()


class BackfillShape(serializers.Serializer):
    state = serializers.CharField(help_text="running, done, cancelled or failed.")
    to = ms()
    left_to = ms("From the start to here is still to be done.")
    rows = serializers.IntegerField(help_text="Results computed.")
    estimate = serializers.IntegerField(help_text="Of about how many.")
    error = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field]:
        # Here because `from` is a keyword of the language.
        return super().get_fields() | {"from": ms()}


class DerivedShape(serializers.Serializer):
    id = serializers.IntegerField()
    series = SeriesShape()
    device = serializers.CharField(help_text="uid of the device its series is of.")
    device_name = serializers.CharField()
    stands_at = serializers.CharField(
        allow_null=True, help_text="The slug of the site whose roles count; null: of no site."
    )
    formula = serializers.CharField()
    at = serializers.CharField()
    inputs = DerivedInputShape(many=True)
    enabled = serializers.BooleanField()
    state = serializers.CharField(
        help_text="current, computing, failing, off or stopped: an input was deleted."
    )
    problem = serializers.CharField()
    revision = serializers.IntegerField()
    computed_at = ms(allow_null=True)
    backfill = BackfillShape(allow_null=True)


class DerivedListShape(serializers.Serializer):
    now = ms()
    derived = DerivedShape(many=True)


class DerivedPreviewShape(serializers.Serializer):
    now = ms()
    errors = serializers.DictField(child=serializers.CharField(), help_text="By field.")
    character = serializers.IntegerField(
        allow_null=True, help_text="Of a mistake in the formula: where, from 1."
    )
    names = serializers.ListField(child=serializers.CharField(), help_text="That it names.")
    kind = serializers.ChoiceField(choices=Series.Kind.choices, allow_null=True)
    unit = serializers.CharField()
    reach_ms = ms("How far back of a result readings count.", allow_null=True)
    points = serializers.ListField(child=PointField(), help_text="[ms, value], oldest first.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | {"from": ms()}
