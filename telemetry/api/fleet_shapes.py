"""The shapes of the fleet and of its newest readings, for the OpenAPI schema."""

from __future__ import annotations

from rest_framework import serializers

from devices.models import Presence
from telemetry.api.shapes import PointField, SeriesShape, SiteShape, ms


class SeriesStateShape(serializers.Serializer):
    name = serializers.ChoiceField(choices=["online", "late", "silent", "waiting"])
    since = ms(allow_null=True)
    evidence = serializers.ChoiceField(choices=["reading", "none"])


class LatestSeriesShape(SeriesShape):
    latest = PointField(allow_null=True, help_text="[ms, value] of its newest reading.")
    interval = serializers.FloatField(help_text="Seconds; what it is judged by.")
    state = SeriesStateShape(
        allow_null=True, help_text="Null for text and boolean, which may come only on change."
    )


class FleetPresenceShape(serializers.Serializer):
    connection = serializers.ChoiceField(choices=Presence.Connection.choices)
    since = ms(allow_null=True)
    last_seen = ms("Receive time of its newest telemetry.", allow_null=True)
    lead = ms("How far its clock is ahead of ours, in ms.")
    clock_replaced = ms("Last time its timestamp was implausible.", allow_null=True)


class LatestShape(serializers.Serializer):
    now = ms()
    device = serializers.CharField()
    presence = FleetPresenceShape()
    series = LatestSeriesShape(many=True)


class LatestOfOneShape(SeriesShape):
    device = serializers.CharField(help_text="uid of its device.")
    site = serializers.CharField(allow_null=True, help_text="Slug of its site.")
    latest = PointField(allow_null=True, help_text="[ms, value] of its newest reading.")


class LatestOfManyShape(serializers.Serializer):
    now = ms()
    at = ms("The moment asked for.")
    series = LatestOfOneShape(many=True)


class ThresholdShape(serializers.Serializer):
    value = serializers.FloatField()
    label = serializers.CharField()
    op = serializers.ChoiceField(
        choices=["above", "below"], allow_null=True,
        help_text="Where a value is a problem; null: nobody knows.",
    )  # fmt: skip


class FleetDeviceShape(serializers.Serializer):
    id = serializers.IntegerField()
    uid = serializers.CharField()
    name = serializers.CharField()
    site = SiteShape(allow_null=True)
    kind = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    enabled = serializers.BooleanField()
    expected_interval = serializers.FloatField(help_text="Seconds between two messages.")
    location = serializers.CharField()
    position = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="Latitude, longitude."
    )
    presence = FleetPresenceShape()
    thresholds = serializers.DictField(
        child=ThresholdShape(many=True), help_text="Lines of its charts, by metric."
    )
    series = LatestSeriesShape(many=True)


class FleetShape(serializers.Serializer):
    now = ms()
    total = serializers.IntegerField(help_text="Devices that match, also those beyond the limit.")
    devices = FleetDeviceShape(many=True)
