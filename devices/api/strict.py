"""Refuses a field that a resource does not have: ignored, a mistake would do something else."""

from __future__ import annotations

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
