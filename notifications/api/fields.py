"""Fields that several resources of who is told have, and what refuses a mistake by its name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from devices.events import announce_after_commit
from notifications.errors import NotificationsError
from notifications.people.decision import SEVERITIES
from notifications.people.hours import read_times, read_windows
from notifications.people.zones import zone_named
from telemetry.live import contract
from telemetry.moments import from_ms, to_ms

MAX_LABELS = 20
MAX_LABEL = 100  # characters of a name, and of a value
LATEST_MS = 253_370_764_800_000  # year 9999


class SeverityField(serializers.ChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(each, each.capitalize()) for each in SEVERITIES], **kwargs)


class ZoneField(serializers.CharField):
    def to_internal_value(self, data: Any) -> str:
        return str(_read(zone_named, super().to_internal_value(data)))


@extend_schema_field(OpenApiTypes.INT64)
class MomentField(serializers.Field):
    """Unix milliseconds."""

    def to_internal_value(self, data: Any) -> datetime:
        if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data <= LATEST_MS:
            raise ValidationError("Write a time in Unix milliseconds.")
        return from_ms(data)

    def to_representation(self, value: datetime) -> int:
        return to_ms(value)


@extend_schema_field({"type": "array", "items": {"type": "object"}})
class QuietField(serializers.JSONField):
    def to_internal_value(self, data: Any) -> Any:
        _read(read_windows, data)
        return data


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class TimesField(serializers.JSONField):
    def to_internal_value(self, data: Any) -> list[str]:
        return [each.strftime("%H:%M") for each in _read(read_times, data)]


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class LabelsField(serializers.JSONField):
    def to_internal_value(self, data: Any) -> dict[str, str]:
        if (
            not isinstance(data, dict)
            or len(data) > MAX_LABELS
            or not all(
                isinstance(each, str) and 0 < len(each) <= MAX_LABEL and "\0" not in each
                for pair in data.items()
                for each in pair
            )
        ):
            raise ValidationError(
                f"Write at most {MAX_LABELS} labels, each a text of at most {MAX_LABEL} characters."
            )
        return dict(data)


class UserField(serializers.SlugRelatedField):
    """An account by its name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            slug_field="username",
            queryset=get_user_model()._default_manager.filter(is_active=True),
            error_messages={"does_not_exist": "No account is called {value}."},
            **kwargs,
        )

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid")
        return super().to_internal_value(data)


def changed() -> None:
    """Every page reads who is told again, once this transaction is committed."""
    announce_after_commit(lambda: [contract.event("notifications")])


def _read(reader: Callable[[Any], Any], data: Any) -> Any:
    try:
        return reader(data)
    except NotificationsError as exc:
        raise ValidationError(str(exc)) from exc
