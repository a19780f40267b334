"""Refuses a field that a resource does not have: ignored, a mistake would do something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError


# No docstring: the schema would say it of every resource that has none of its own.
class Strict(serializers.Serializer):
    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = self.initial_data if isinstance(getattr(self, "initial_data", None), dict) else {}
        unknown = sorted(set(given) - set(self.fields))
        if unknown:
            raise ValidationError({name: ["There is no such field."] for name in unknown})
        return attrs


class Whole(serializers.Serializer):
    """An object within another. By PATCH too it is given whole: Django REST framework would let its
    fields be missing, and what reads it later trips over them."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            needed = [each for each in self._writable_fields if each.required]
            missing = {each.field_name: each for each in needed if each.field_name not in data}
            if missing:
                said = {name: [each.error_messages["required"]] for name, each in missing.items()}
                raise ValidationError(said)
        return super().to_internal_value(data)
