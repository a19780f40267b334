"""How a correction is asked for in JSON, and how it is told."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from devices.api.fields import LineField
from devices.api.strict import Strict
from telemetry.api import parameters as query
from telemetry.api.moment import MomentField
from telemetry.api.shapes import exact_ms, ms
from telemetry.corrections import change
from telemetry.models import Correction
from telemetry.moments import in_ms, to_us

MAX_TEXT = 1_024  # characters of a text, as of one that a device sends
MAX_EXACT = 2**53  # beyond it an integer is no float


@extend_schema_field(
    {
        "type": "array",
        # OpenAPI 3.0 has no word for "first a number, then either".
        "items": {"oneOf": [{"type": "number"}, {"type": "string"}]},
        "minItems": 2,
        "maxItems": 2,
    }
)
class NewPointField(serializers.Field):
    """`[ms, value]`: to the microsecond, and exactly what would be stored."""

    def to_internal_value(self, data: Any) -> tuple[int, float | str]:
        if not isinstance(data, list) or len(data) != 2:
            raise ValidationError("Write [Unix milliseconds, value].")
        at, value = data
        if type(at) not in (int, float) or not 0 <= at <= query.MAX_MS:
            raise ValidationError("Write the time in Unix milliseconds.")
        us = round(at * 1_000)
        if isinstance(value, str):
            if not value or len(value) > MAX_TEXT or "\0" in value:
                raise ValidationError(f"A text has 1 to {MAX_TEXT} characters, and no NUL.")
            return us, value
        if type(value) not in (int, float, bool) or (abs(value) > MAX_EXACT and type(value) is int):
            raise ValidationError("A value is a number that a float holds, or a text.")
        if not math.isfinite(value):
            raise ValidationError("A value is a number that a float holds, or a text.")
        return us, float(value)

    def to_representation(self, value: tuple[int, float | str]) -> list[Any]:
        return [in_ms(value[0]), value[1]]


class NewCorrectionSerializer(Strict):
    action = serializers.ChoiceField(Correction.Action.choices)
    to = MomentField(help_text="End of the range, excluded; not later than now.")
    points = serializers.ListField(
        child=NewPointField(),
        max_length=change.MAX_POINTS,
        required=False,
        help_text="With `replace`: what the series then has in the range, and nothing else.",
    )
    reason = LineField(max_length=500, help_text="Why; it stands in the log.")

    def get_fields(self) -> dict[str, serializers.Field]:
        since = MomentField(help_text="Start of the range, included.")
        return {"from": since, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if attrs["from"] >= attrs["to"]:
            raise ValidationError({"from": ["It must be earlier than `to`."]})
        replaces = attrs["action"] == Correction.Action.REPLACE
        points = attrs.get("points")
        if replaces == (points is None):
            said = "With `replace` there are points, with `delete` none."
            raise ValidationError({"points": [said]})
        found = dict(points or [])
        if len(found) < len(points or []):
            raise ValidationError({"points": ["Two have one time."]})
        return attrs | {"points": found}


class CorrectionShape(serializers.Serializer):
    id = serializers.IntegerField(allow_null=True, help_text="null: it was a dry run.")
    series = serializers.IntegerField()
    device = serializers.CharField(help_text="The uid of its device.")
    metric = serializers.CharField()
    action = serializers.ChoiceField(Correction.Action.choices)
    to = exact_ms()
    reason = serializers.CharField()
    by = serializers.CharField()
    at = exact_ms("Unix milliseconds: when it was made.")
    removed = serializers.IntegerField(help_text="Readings that went, or have another value.")
    written = serializers.IntegerField(help_text="Readings that came, or have another value.")
    undone = exact_ms("When it was undone; null: it stands.", allow_null=True)
    undone_by = serializers.CharField()
    undo_until = exact_ms("Until when it can be undone; null: it cannot.", allow_null=True)
    state = serializers.ChoiceField(
        Correction.State.choices, help_text="`running` and `undoing` of many readings."
    )
    done_until = exact_ms("How far one is that is being made.", allow_null=True)
    error = serializers.CharField(help_text="Why it ended before its end.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return {**super().get_fields(), "from": exact_ms()}


class CorrectionsShape(serializers.Serializer):
    now = ms()
    corrections = CorrectionShape(many=True)


def form_of(correction: Correction) -> dict[str, Any]:
    """Its shape: `CorrectionShape`."""
    until = change.undoable_until(correction)
    times = {
        "from": correction.starts_at,
        "to": correction.ends_at,
        "at": correction.made_at,
        "undone": correction.undone_at,
        "undo_until": until if correction.pk else None,
        "done_until": correction.done_until,
    }
    return {
        "id": correction.pk,
        "series": correction.series_id,
        "device": correction.series.device.uid,
        "metric": correction.series.metric,
        "action": correction.action,
        "reason": correction.reason,
        "by": correction.by_name,
        "removed": correction.removed,
        "written": correction.written,
        "undone_by": correction.undone_by,
        "state": correction.state,
        "error": correction.error,
        **{name: at and in_ms(to_us(at)) for name, at in times.items()},
    }
