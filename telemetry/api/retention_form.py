"""A rule of retention in JSON, and what it would remove."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from devices import clock
from devices.api.strict import Strict
from telemetry.api.shapes import ms
from telemetry.models import RetentionRule
from telemetry.moments import to_ms
from telemetry.retention_rule import MAX_DAYS
from telemetry.storage import kept, retention
from telemetry.storage.retention_effect import Effect

NUMBERS = ("raw_days", "minute_days", "hour_days", "day_days")


def _days(said: str) -> serializers.IntegerField:
    return serializers.IntegerField(
        min_value=1, max_value=MAX_DAYS, allow_null=True, required=False,
        help_text=f"Days that {said} are kept; null: as a less specific rule or the settings say.",
    )  # fmt: skip


class RetentionRuleSerializer(Strict):
    """A site, a kind, a device or a series, and for how many days what of it is kept."""

    site = serializers.SlugField(required=False, help_text="Its slug.")
    kind = serializers.CharField(required=False, max_length=64, help_text="Of devices.")
    device = serializers.CharField(required=False, help_text="Its uid.")
    series = serializers.IntegerField(required=False, help_text="Its id.")
    raw_days = _days("readings")
    minute_days = _days("summaries of minutes")
    hour_days = _days("summaries of hours")
    day_days = _days("summaries of days")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        of = [name for name in ("site", "kind", "device", "series") if name in attrs]
        if self.partial and of:
            raise ValidationError({name: ["What a rule is of cannot change."] for name in of})
        if not self.partial and len(of) != 1:
            raise ValidationError({"detail": ["Name one site, kind, device or series."]})
        return attrs


class LossShape(serializers.Serializer):
    what = serializers.ChoiceField(kept.Kept._fields)
    before = ms(help_text="So far it goes.")
    since = ms(help_text="The oldest day of it.")
    days = serializers.IntegerField(help_text="That have some of it.")
    series = serializers.IntegerField()
    readings = serializers.IntegerField(help_text="That these days hold, or sum up; not texts.")


class EffectShape(serializers.Serializer):
    series = serializers.IntegerField(help_text="Of so many series the rule is.")
    kept = serializers.ListField(
        child=serializers.DictField(child=serializers.IntegerField()),
        help_text="Days of each kind that are kept then; several where other rules say otherwise.",
    )
    losses = LossShape(many=True)
    begins = ms(help_text="When something goes at the earliest.")


class RetentionRuleShape(RetentionRuleSerializer):
    id = serializers.IntegerField(allow_null=True, help_text="null: it was a dry run.")
    name = serializers.CharField(help_text="Of what it is of.")
    changed = ms(allow_null=True)
    effect = EffectShape(required=False)


class RetentionShape(serializers.Serializer):
    now = ms()
    by_setting = serializers.DictField(child=serializers.IntegerField())
    by_series = serializers.BooleanField(
        help_text="false on TimescaleDB: a day goes when no rule keeps it any more."
    )
    rules = RetentionRuleShape(many=True)


def effect_of(found: Effect) -> dict[str, Any]:
    """Its shape: `EffectShape`."""
    return {
        "series": found.series,
        "kept": [days._asdict() for days in found.kept],
        "losses": [
            loss._asdict() | {"before": to_ms(loss.before), "since": to_ms(loss.since)}
            for loss in found.losses
        ],
        "begins": to_ms(clock.now() + retention.GRACE),
    }


def form_of(rule: RetentionRule) -> dict[str, Any]:
    """Its shape: `RetentionRuleShape`."""
    of = {
        "site": rule.site and rule.site.slug,
        "kind": rule.kind,
        "device": rule.device and rule.device.uid,
        "series": rule.series_id,
    }
    return {
        "id": rule.pk,
        "name": str(rule),
        **{name: value for name, value in of.items() if value is not None},
        **{name: getattr(rule, name) for name in NUMBERS},
        "changed": rule.updated_at and to_ms(rule.updated_at),
    }
