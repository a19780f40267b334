"""The admin within a scope: staff of some sites look at these alone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from access.scope import Scope, ScopedQuerySet


class ScopedAdmin(admin.ModelAdmin):
    """Of a scoped model: its rows, and what they may be given of other scoped models."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        rows: Any = super().get_queryset(request)
        visible: models.QuerySet = rows.visible_to(Scope.of(request))
        return visible

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and isinstance(field.queryset, ScopedQuerySet):
            field.queryset = field.queryset.visible_to(Scope.of(request))
        return field


class ScopedRelation(admin.RelatedFieldListFilter):
    """A filter that offers only what may be seen."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> list[tuple[str, Any]]:
        visible = field.related_model._default_manager.visible_to(Scope.of(request))
        seen = {str(pk) for pk in visible.values_list("pk", flat=True)}
        offered = super().field_choices(field, request, model_admin)
        return [(key, name) for key, name in offered if str(key) in seen]
