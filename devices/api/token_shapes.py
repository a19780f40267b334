"""How a device's token and its account at the broker look in JSON."""

from __future__ import annotations

from rest_framework import serializers

from devices.api.strict import Strict
from devices.token_holder import KEPT, MAX_KEPT


class RotationSerializer(Strict):
    """How a token is replaced."""

    keep = serializers.IntegerField(
        min_value=0,
        max_value=int(MAX_KEPT.total_seconds()),
        default=int(KEPT.total_seconds()),
        help_text="Seconds for which the old token works beside the new one; 0: it stops at once.",
    )


class TokenSerializer(serializers.Serializer):
    """A device's new token."""

    uid = serializers.CharField(read_only=True)
    token = serializers.CharField(read_only=True)
    token_prefix = serializers.CharField(read_only=True)
    mqtt_username = serializers.CharField(
        read_only=True, help_text="The user name the token is the password of, over MQTT."
    )
    former_token_until = serializers.DateTimeField(
        source="former_until",
        read_only=True,
        allow_null=True,
        help_text="Until when the old token works, with its own user name; null: it has stopped.",
    )


class MqttAccountSerializer(serializers.Serializer):
    """A device's account at the MQTT broker."""

    username = serializers.CharField(help_text="The user name its token is the password of.")
    state = serializers.ChoiceField(
        choices=["told", "waiting", "refused", "untold"],
        help_text=(
            "`told`: the broker has it as it is here. `waiting`: it is to be told. `refused`: it"
            " has it not, and `error` says why. `untold`: its accounts are not kept here, or it has"
            " no token."
        ),
    )
    error = serializers.CharField(allow_blank=True)
