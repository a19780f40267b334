"""What the inbox answers and accepts, for the OpenAPI schema."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from bridge.quarantine.api import SummaryShape
from devices.api.fields import LineField
from devices.models import Device
from telemetry.api.shapes import ms

MAX_ADOPTED = 500  # devices of one request


class CandidateMetricShape(serializers.Serializer):
    metric = serializers.CharField()
    value = serializers.JSONField(allow_null=True, help_text="Its newest: a number or a text.")
    unit = serializers.CharField()
    quantity = serializers.CharField(help_text="What it measures: temperature, energy …")

    def get_fields(self) -> dict[str, serializers.Field]:
        # Here because `label` is a field's own attribute.
        label = serializers.CharField(help_text="Its name for people.")
        return super().get_fields() | {"label": label}


class CandidateShape(serializers.Serializer):
    uid = serializers.CharField()
    convention = serializers.CharField(help_text="The dialect it speaks.")
    topic = serializers.CharField(help_text="Of its newest message.")
    gateway = serializers.CharField(help_text="The uid of who speaks for it.")
    first_seen = ms()
    last_seen = ms()
    messages = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="Messages that are replayed when it is adopted.")
    kind = serializers.CharField(help_text="What it probably is.")
    described = serializers.JSONField(
        help_text="What it said of itself: name, manufacturer, model, firmware, area …"
    )
    aliases = serializers.ListField(child=serializers.CharField())
    online = serializers.BooleanField(allow_null=True)
    ignored = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why it was not adopted by itself.")
    sample = serializers.CharField(help_text="Its newest payload as text, cut.")
    metrics = CandidateMetricShape(many=True)


class InboxShape(serializers.Serializer):
    now = ms()
    total = serializers.IntegerField(help_text="Also those beyond the limit.")
    most = serializers.IntegerField(help_text="How many may wait, ignored ones among them.")
    turned_away = serializers.IntegerField(
        help_text="Messages of devices for which there was no room, if there were any lately."
    )
    memory_full = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Messages that a convention could not remember, by its name, if any lately.",
    )
    conventions = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many wait, by convention."
    )
    devices = CandidateShape(many=True)


class ChoiceSerializer(serializers.Serializer):
    """Those named by `uids`, or all of a `convention`, or of a `kind` in it."""

    uids = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=MAX_ADOPTED
    )
    convention = serializers.CharField(required=False, max_length=40)
    kind = serializers.CharField(required=False, max_length=64, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("uids" in attrs) == ("convention" in attrs):
            raise ValidationError("Name `uids`, or a `convention`.")
        if any("\0" in uid for uid in attrs.get("uids", ())):
            raise ValidationError({"uids": ["A uid has no NUL."]})
        return attrs


class AdoptSerializer(ChoiceSerializer):
    name = LineField(required=False, max_length=120, help_text="Of the only one.")
    site = serializers.CharField(required=False, max_length=64, help_text="The slug of its site.")


class RefusedShape(serializers.Serializer):
    uid = serializers.CharField()
    detail = serializers.CharField()


class AdoptedShape(serializers.Serializer):
    adopted = serializers.ListField(child=serializers.CharField())
    refused = RefusedShape(many=True)
    more = serializers.BooleanField()
    replay = SummaryShape()


class IgnoreSerializer(ChoiceSerializer):
    ignored = serializers.BooleanField(default=True)


class IgnoredShape(serializers.Serializer):
    uids = serializers.ListField(child=serializers.CharField())
    more = serializers.BooleanField()


class TakeInSerializer(serializers.Serializer):
    device = serializers.CharField(max_length=64, help_text="The uid of the device it is.")


class TakenInShape(serializers.Serializer):
    device = serializers.CharField()
    replay = SummaryShape()


class MergeSerializer(serializers.Serializer):
    other = serializers.CharField(max_length=64, help_text="The uid of the device that goes.")


class MergedShape(serializers.Serializer):
    device = serializers.CharField()
    moved = serializers.ListField(child=serializers.CharField(), help_text="Metrics.")
    aliases = serializers.ListField(child=serializers.CharField())


class CollisionShape(serializers.Serializer):
    detail = serializers.CharField()
    metrics = serializers.ListField(child=serializers.CharField())


class RenameSerializer(serializers.Serializer):
    uid = serializers.CharField(
        max_length=64,
        trim_whitespace=False,
        validators=list(Device._meta.get_field("uid").validators),
    )


class AliasesShape(serializers.Serializer):
    device = serializers.CharField()
    aliases = serializers.ListField(child=serializers.CharField())
