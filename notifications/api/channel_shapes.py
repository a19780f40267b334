"""The shapes of channels over REST, and what is wrong with what was sent."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from devices.api.fields import LineField
from devices.api.strict import Strict
from notifications.api.fields import SeverityField
from notifications.channels.fields import MAX_VALUE, complaints
from notifications.channels.ways import WAYS
from notifications.models import Channel, Delivery, Kind
from notifications.models.channel import MAX_NAME
from notifications.sealed import Unreadable
from telemetry.moments import to_ms

MAX_FACTS = 20  # values of one channel


@extend_schema_field(OpenApiTypes.OBJECT)
class FactsField(serializers.DictField):
    child = serializers.CharField(max_length=MAX_VALUE, allow_blank=True)


class FieldShape(serializers.Serializer):
    name = serializers.CharField()
    help = serializers.CharField()
    secret = serializers.BooleanField(help_text="Goes into `secrets`, and is never shown again.")
    required = serializers.BooleanField()
    default = serializers.CharField()


class KindShape(serializers.Serializer):
    kind = serializers.ChoiceField(choices=Kind.choices)
    label = serializers.CharField()
    fields = FieldShape(many=True)


class KindsShape(serializers.Serializer):
    kinds = KindShape(many=True)


class ChannelSerializer(Strict):
    """What is taken in."""

    name = LineField(max_length=MAX_NAME)
    kind = serializers.ChoiceField(choices=Kind.choices, help_text="It cannot be changed.")
    shared = serializers.BooleanField(
        default=False, help_text="Nobody's own, as a team's room. It cannot be changed."
    )
    enabled = serializers.BooleanField(default=True)
    minimum = SeverityField(default="info", help_text="What is milder is not told on it.")
    settings = FactsField(default=dict, help_text="By field; see `kinds`.")
    secrets = FactsField(
        default=dict, help_text="By field. One that is left out stays, an empty one goes."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        channel: Channel | None = self.instance
        if channel is not None:
            for name in ("kind", "shared"):
                if name in attrs and attrs[name] != shown(channel)[name]:
                    raise ValidationError({name: ["It cannot be changed; add another channel."]})
        if channel is None or "settings" in attrs or "secrets" in attrs:
            self._check(channel, attrs)
        return attrs

    def _check(self, channel: Channel | None, attrs: dict[str, Any]) -> None:
        """Settings and secrets as they would be, in `attrs` from then on."""
        kind = attrs["kind"] if channel is None else channel.kind
        settings = attrs.get("settings", channel.settings if channel else {})
        secrets = {**_stored(channel), **attrs.get("secrets", {})}
        secrets = {name: value for name, value in secrets.items() if value}
        secret = {each.name for each in WAYS[kind].FIELDS if each.secret}
        wrong: dict[str, dict[str, list[str]]] = {}
        for place, given in (("settings", settings), ("secrets", secrets)):
            for name in given:
                if (name in secret) != (place == "secrets"):
                    wrong.setdefault(place, {})[name] = ["There is no such field here."]
        if not wrong:
            for name, said in complaints(WAYS[kind].FIELDS, {**settings, **secrets}).items():
                place = "secrets" if name in secret else "settings"
                wrong.setdefault(place, {})[name] = [said]
        if wrong:
            raise ValidationError(wrong)
        attrs["settings"], attrs["secrets"] = settings, secrets


def _stored(channel: Channel | None) -> dict[str, str]:
    """Those that cannot be read any more have to be given again."""
    try:
        return channel.secrets() if channel is not None else {}
    except Unreadable:
        return {}


class ChannelShape(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Kind.choices)
    shared = serializers.BooleanField()
    owner = serializers.CharField(allow_null=True, help_text="Whose own it is; null: shared.")
    enabled = serializers.BooleanField()
    minimum = SeverityField(help_text="What is milder is not told on it.")
    settings = FactsField()
    secrets = serializers.ListField(child=serializers.CharField(), help_text="Which there are.")
    server = serializers.CharField(help_text="Whose server is told: its name.")
    trouble = serializers.CharField(help_text="Why the last attempt failed; empty: it did not.")
    failures = serializers.IntegerField(help_text="In a row.")
    reached_at = serializers.IntegerField(allow_null=True, help_text="Unix milliseconds.")
    resting_until = serializers.IntegerField(allow_null=True, help_text="Unix milliseconds.")


class ChannelsShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    channels = ChannelShape(many=True)


class DeliveryShape(serializers.Serializer):
    at = serializers.IntegerField(help_text="Unix milliseconds.")
    took_ms = serializers.IntegerField()
    outcome = serializers.ChoiceField(choices=Delivery.Outcome.choices)
    status = serializers.IntegerField(allow_null=True, help_text="Of HTTP or SMTP.")
    answer = serializers.CharField(help_text="What the other side said.")
    retry_at = serializers.IntegerField(allow_null=True, help_text="null: there is no other try.")


def shown(channel: Channel) -> dict[str, Any]:
    """A channel as it is answered, without what is secret."""
    try:
        secrets, unreadable = sorted(channel.secrets()), ""
    except Unreadable as exc:
        secrets, unreadable = [], str(exc)
    return {
        "id": channel.pk,
        "name": channel.name,
        "kind": channel.kind,
        "shared": channel.owner_id is None,
        "owner": channel.owner.get_username() if channel.owner else None,
        "enabled": channel.enabled,
        "minimum": channel.minimum,
        "settings": channel.settings,
        "secrets": secrets,
        "server": channel.lane,
        "trouble": unreadable or channel.trouble,
        "failures": channel.failures,
        "reached_at": to_ms(channel.reached_at) if channel.reached_at else None,
        "resting_until": to_ms(channel.resting_until) if channel.resting_until else None,
    }


def delivery_shown(delivery: Delivery) -> dict[str, Any]:
    return {
        "at": to_ms(delivery.at),
        "took_ms": delivery.took_ms,
        "outcome": delivery.outcome,
        "status": delivery.status,
        "answer": delivery.answer,
        "retry_at": to_ms(delivery.retry_at) if delivery.retry_at else None,
    }
