"""A time in a request's body, however it was written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from telemetry.api.parameters import MAX_MS
from telemetry.moments import from_ms, from_us, parse, to_ms


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string", "format": "date-time"}]})
class MomentField(serializers.Field):
    """Unix milliseconds or ISO 8601, UTC without an offset."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            if type(data) is int and 0 <= data <= MAX_MS:
                return from_ms(data)
            if isinstance(data, str):
                return from_us(parse(data))
        except (ValueError, OverflowError):
            pass
        raise ValidationError("Write Unix milliseconds or ISO 8601, as 2026-11-22T06:00:00Z.")

    def to_representation(self, value: datetime) -> int:
        return to_ms(value)
