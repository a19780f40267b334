"""Shapes that many answers have, for the OpenAPI schema; views build plain dicts for speed."""

from __future__ import annotations

from rest_framework import serializers

from telemetry.models import Series


def ms(help_text: str = "Unix milliseconds.", **options: bool) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=help_text, **options)


def exact_ms(help_text: str = "Unix milliseconds.", **options: bool) -> serializers.FloatField:
    """Of what is told to the microsecond: with a fraction."""
    return serializers.FloatField(help_text=help_text, **options)


class PointField(serializers.ListField):
    """`[ms, value]`; a value is a number, or a text."""

    child = serializers.JSONField()


class SeriesShape(serializers.Serializer):
    id = serializers.IntegerField()
    metric = serializers.CharField()
    unit = serializers.CharField()
    kind = serializers.ChoiceField(choices=Series.Kind.choices)
    precision = serializers.IntegerField(allow_null=True)
    label = serializers.CharField(help_text="Its name for people.")
    quantity = serializers.CharField(help_text="What it measures: temperature, energy …")


class SiteShape(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()
