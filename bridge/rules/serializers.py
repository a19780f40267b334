"""The shapes of rules over REST, and what is wrong with what was sent."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from bridge.decode.rules import definition
from bridge.decode.rules.problems import InvalidRule
from bridge.models import DecodeRule
from devices.api.strict import Strict, Whole

MAX_SAMPLES = 20  # messages a rule is tested against
MAX_SAMPLE = 16_384  # characters of the payload of one
MAX_TOPIC = 512  # characters


class DefinitionField(serializers.JSONField):
    """A definition; each mistake is told under its own dotted name."""

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        try:
            definition.read(value, "this rule")
        except InvalidRule as exc:
            raise ValidationError({name: [said] for name, said in exc.errors.items()}) from exc
        return value


class SampleSerializer(Whole):
    topic = serializers.CharField(max_length=MAX_TOPIC)
    payload = serializers.CharField(
        max_length=MAX_SAMPLE, allow_blank=True, trim_whitespace=False, help_text="As text."
    )
    expected = serializers.JSONField(
        required=False,
        allow_null=True,
        help_text="By uid, the value of each metric it has to give; null: not tested.",
    )


class RuleSerializer(Strict, serializers.ModelSerializer):
    definition = DefinitionField(help_text="docs/rules.md has each field.")
    samples = serializers.ListField(
        child=SampleSerializer(), required=False, max_length=MAX_SAMPLES
    )
    filter = serializers.SerializerMethodField(help_text="What the bridge subscribes to for it.")

    class Meta:
        model = DecodeRule
        fields = ["id", "name", "position", "enabled", "definition", "samples", "filter"]
        read_only_fields = ["id", "position"]

    def get_filter(self, rule: DecodeRule) -> str:
        return filter_of(rule)


class SavedRuleSerializer(RuleSerializer):
    waiting = serializers.SerializerMethodField(
        help_text="Messages in quarantine that came on its topic, and could be decoded again."
    )

    class Meta(RuleSerializer.Meta):
        fields = [*RuleSerializer.Meta.fields, "waiting"]

    def get_waiting(self, _rule: DecodeRule) -> int:
        return int(self.context.get("waiting", 0))


class RulesShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    rules = RuleSerializer(many=True)


class OrderSerializer(serializers.Serializer):
    ids = serializers.ListField(child=serializers.IntegerField(), help_text="Of every rule, once.")


class PreviewSerializer(serializers.Serializer):
    definition = serializers.JSONField()
    samples = serializers.ListField(
        child=SampleSerializer(), required=False, max_length=MAX_SAMPLES
    )
    kept = serializers.BooleanField(
        default=True,
        help_text="Also try it on what comes on its topic now, and on the newest in quarantine.",
    )


class PreviewShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    errors = serializers.DictField(
        child=serializers.CharField(), help_text="What is wrong, by field of the definition."
    )
    filter = serializers.CharField(allow_null=True, help_text="What would be subscribed.")
    samples = serializers.ListField(
        child=serializers.DictField(), help_text="What becomes of each message."
    )


class TransferSerializer(serializers.Serializer):
    """Rules as a file."""

    pulseboard_rules = serializers.ChoiceField(choices=[1], help_text="The version of the form.")
    rules = serializers.ListField(child=serializers.DictField())


class ImportedShape(serializers.Serializer):
    created = serializers.IntegerField()
    changed = serializers.IntegerField()


def filter_of(rule: DecodeRule) -> str:
    """ "" of a rule that cannot be used any more."""
    try:
        return definition.read(rule.definition, rule.name).topic.filter
    except InvalidRule:
        return ""


def exported(rule: DecodeRule) -> dict[str, Any]:
    """A rule as it stands in a file."""
    return {
        "name": rule.name,
        "enabled": rule.enabled,
        "definition": rule.definition,
        "samples": rule.samples,
    }
