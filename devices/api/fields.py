"""Serializer fields that more than one resource needs."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.permission import check_named
from access.scope import Scope
from devices.line import check_line, check_prose
from devices.metadata import normalised_tags, validate_metadata
from devices.models import MAX_TAG_LENGTH, MAX_TAGS


class LineField(serializers.CharField):
    """A name, or whatever else is one line that people read."""

    default_validators = [check_line]


class ProseField(serializers.CharField):
    """Lines that people write, or paste."""

    default_validators = [check_prose]


class TagsField(serializers.ListField):
    """Tags as they are kept: see `normalised_tags`."""

    child = LineField(max_length=4 * MAX_TAG_LENGTH, allow_blank=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=4 * MAX_TAGS, **kwargs)  # before doubles are dropped

    def to_internal_value(self, data: Any) -> list[str]:
        return normalised_tags(super().to_internal_value(data))


@extend_schema_field(OpenApiTypes.OBJECT)
class MetadataField(serializers.JSONField):
    def to_internal_value(self, data: Any) -> dict[str, Any]:
        validate_metadata(data)
        return data


class PreloadedSlugField(serializers.SlugRelatedField):
    """A relation by its slug that first looks among the objects its serializer has preloaded.

    What the caller may not see is not found, and what he may not change is refused.
    """

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        # Empty, and for the schema: whom it looks for depends on who asks.
        super().__init__(queryset=model._default_manager.none(), **kwargs)

    def get_queryset(self) -> QuerySet:
        scope = Scope.of(self.context["request"])
        return self.queryset.model.objects.visible_to(scope)

    def to_internal_value(self, data: Any) -> Any:
        # A number would be compared as text, a list crash the lookup, and a NUL crash Postgres's.
        if not isinstance(data, str) or "\x00" in data:
            self.fail("invalid")
        found = self.context.get(self.preload_key(), {}).get(data)
        if found is not None:
            return found
        check_named(self.context["request"], self.queryset.model, **{self.slug_field: data})
        return super().to_internal_value(data)

    def preload(self, slugs: set[str]) -> None:
        # What Postgres cannot compare is left to the ordinary lookup, which says so.
        sound = [slug for slug in slugs if slug.isascii() and slug.isprintable()]
        found = self.get_queryset().filter(**{f"{self.slug_field}__in": sound})
        self.context[self.preload_key()] = {getattr(obj, self.slug_field): obj for obj in found}

    def preload_key(self) -> str:
        return f"preloaded_{self.field_name}"
