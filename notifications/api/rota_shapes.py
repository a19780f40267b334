"""How rotas look over REST, with who is on call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import prefetch_related_objects
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from devices import clock
from devices.api.fields import LineField
from devices.api.strict import Strict
from notifications.api.fields import MomentField, UserField, ZoneField
from notifications.models import Rota, Substitution
from notifications.models.channel import MAX_NAME
from notifications.people.duty import MAX_SHIFT, duties
from notifications.targets import rota_of
from telemetry.moments import to_ms

MAX_PLACES = 50  # of a rota
SHOWN_DUTIES = 6  # the one that holds now, and what comes next
FARTHEST = timedelta(days=92)  # that what comes next is looked for


class SubstitutionSerializer(Strict):
    id = serializers.IntegerField(read_only=True)
    starts = MomentField()
    ends = MomentField()
    user = UserField(allow_null=True, help_text="Null: nobody is on call.")
    by = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["starts"] >= attrs["ends"]:
            raise ValidationError({"ends": ["It ends before it starts."]})
        return super().validate(attrs)

    def to_representation(self, instance: Substitution) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "starts": to_ms(instance.starts_at),
            "ends": to_ms(instance.ends_at),
            "user": instance.user.get_username() if instance.user else None,
            "by": instance.created_by.get_username() if instance.created_by else "",
        }


class DutyShape(serializers.Serializer):
    user = serializers.CharField(allow_null=True, help_text="Null: nobody is on call.")
    starts = MomentField()
    ends = MomentField(allow_null=True, help_text="Null: not in the next three months.")
    substitute = serializers.BooleanField(help_text="Instead of somebody.")


@extend_schema_field({"type": "string", "example": "09:00"})
class WallTimeField(serializers.TimeField):
    """Without seconds and a zone, so what OpenAPI calls a time it is not."""


class RotaSerializer(Strict):
    id = serializers.IntegerField(read_only=True)
    name = LineField(max_length=MAX_NAME)
    zone = ZoneField(help_text="Shifts begin by the clock on its walls.")
    starts_on = serializers.DateField(help_text="On which the first shift begins.")
    starts_at = WallTimeField(
        format="%H:%M", help_text="What the wall's clock shows when a shift begins: 09:00."
    )
    shift_hours = serializers.IntegerField(
        min_value=1, max_value=MAX_SHIFT // timedelta(hours=1), help_text="A week has 168."
    )
    members = serializers.ListField(child=UserField(), max_length=MAX_PLACES)
    substitutions = SubstitutionSerializer(many=True, read_only=True)
    duties = DutyShape(many=True, read_only=True, help_text="Who is on call now, and who next.")

    def to_representation(self, instance: Rota) -> dict[str, Any]:
        now = clock.now()
        places = list(instance.places.all())
        substitutions = [each for each in instance.substitutions.all() if each.ends_at > now]
        # Nothing is read of what a list has read at once.
        prefetch_related_objects(places, "user")
        prefetch_related_objects(substitutions, "user", "created_by")
        names = {place.user_id: place.user.get_username() for place in places}
        names.update({each.user.pk: str(each.user) for each in substitutions if each.user})
        return {
            "id": instance.pk,
            "name": instance.name,
            "zone": instance.zone,
            "starts_on": instance.starts_on.isoformat(),
            "starts_at": instance.starts_at.strftime("%H:%M"),
            "shift_hours": instance.shift_hours,
            "members": [names[place.user_id] for place in places],
            "substitutions": SubstitutionSerializer(substitutions, many=True).data,
            "duties": _duties(instance, names, now),
        }


class RotasShape(serializers.Serializer):
    now = MomentField()
    rotas = RotaSerializer(many=True)


def _duties(rota: Rota, names: dict[int, str], now: datetime) -> list[dict[str, Any]]:
    shift = timedelta(hours=rota.shift_hours)
    stop = now + min(SHOWN_DUTIES * shift + timedelta(days=1), FARTHEST)
    found = duties(rota_of(rota), now, stop)[:SHOWN_DUTIES]
    return [
        {
            "user": names.get(each.member) if each.member is not None else None,
            "starts": to_ms(each.starts),
            "ends": to_ms(each.ends) if each.ends < stop else None,
            "substitute": each.substitute,
        }
        for each in found
    ]
