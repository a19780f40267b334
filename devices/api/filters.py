"""How lists are searched, filtered and ordered: what is not understood is told, never ignored."""

from __future__ import annotations

from typing import Any

import django_filters
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import F, Q, QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.views import APIView

from access.scope import Scope
from devices.metadata import normalised_tags
from devices.models import Device, Presence, Site

MAX_SEARCH_LENGTH = 200  # characters
MAX_TAG_FILTERS = 8  # tags asked for at once
PAGE_PARAMETERS = frozenset({"page", "page_size", "listing", "search", "ordering", "format"})


class KnownFilters(DjangoFilterBackend):
    """Refuses a parameter it does not know: `?sit=roof` must not answer with the whole fleet."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: APIView) -> QuerySet:
        filterset_class = self.get_filterset_class(view, queryset)
        known = PAGE_PARAMETERS | set(filterset_class.base_filters if filterset_class else ())
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            words = ", ".join(sorted(known - {"format"}))
            raise ValidationError({name: [f"No such filter. Known: {words}."] for name in unknown})
        return super().filter_queryset(request, queryset, view)


class BoundedSearch(SearchFilter):
    def get_search_terms(self, request: Request) -> list[str]:
        if len(request.query_params.get(self.search_param, "")) > MAX_SEARCH_LENGTH:
            raise ValidationError(
                {"search": [f"Longer than {MAX_SEARCH_LENGTH} characters; search for less."]}
            )
        return super().get_search_terms(request)


class StrictOrdering(OrderingFilter):
    """`?ordering=-last_seen,name` over the view's `ordering_fields` (shown name -> column).

    Empty values come last either way, and the primary key breaks ties, so no row is on two pages.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        words = request.query_params.get(self.ordering_param, "").split(",")
        wanted = [word.strip() for word in words if word.strip()] or list(view.ordering)
        order: list[Any] = []
        for word in dict.fromkeys(wanted):  # Postgres orders by so many columns, and no more
            column = view.ordering_fields.get(word.removeprefix("-"))
            if column is None:
                known = ", ".join(view.ordering_fields)
                raise ValidationError(
                    {"ordering": [f"Cannot order by {word[:40]!r}. Known: {known}."]}
                )
            order.append(
                F(column).desc(nulls_last=True)
                if word.startswith("-")
                else F(column).asc(nulls_last=True)
            )
        return queryset.order_by(*order, "pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [sign + name for name in view.ordering_fields for sign in ("", "-")]
        return [
            {
                "name": self.ordering_param,
                "required": False,
                "in": "query",
                "description": f"Names with commas between. Known: {', '.join(names)}.",
                "schema": {"type": "string"},
                "example": names[0],
            }
        ]


LIST_FILTERS = [KnownFilters, BoundedSearch, StrictOrdering]


class DeviceFilter(django_filters.FilterSet):
    site = django_filters.ModelChoiceFilter(
        queryset=lambda request: Site.objects.visible_to(Scope.of(request)),
        to_field_name="slug",
        help_text="A site's slug.",
        error_messages={"invalid_choice": "No site has this slug."},
    )
    kind = django_filters.CharFilter(help_text="Exactly this kind.")
    tag = django_filters.CharFilter(
        method="with_tags", help_text="A tag it carries; several with commas between: all of them."
    )
    enabled = django_filters.TypedChoiceFilter(
        choices=[("true", "true"), ("false", "false")], coerce=lambda word: word == "true"
    )
    connection = django_filters.ChoiceFilter(
        choices=Presence.Connection.choices,
        method="with_connection",
        help_text="What its status topic last said; unknown when it has never used it.",
    )

    class Meta:
        model = Device
        fields: list[str] = []

    def with_tags(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        words = value.split(",")
        if len(words) > MAX_TAG_FILTERS:
            raise ValidationError({name: [f"More than {MAX_TAG_FILTERS} tags."]})
        # A blank word would be refused as a tag; in a filter it is a stray comma.
        try:
            tags = normalised_tags(word for word in words if word.strip())
        except DjangoValidationError as exc:
            raise ValidationError({name: exc.messages}) from exc
        return queryset.filter(tags__contains=tags)

    def with_connection(self, queryset: QuerySet, _name: str, value: str) -> QuerySet:
        if value == Presence.Connection.UNKNOWN:
            # A device the bridge has not heard yet has no presence row.
            return queryset.filter(Q(presence=None) | Q(presence__connection=value))
        return queryset.filter(presence__connection=value)


class SiteFilter(django_filters.FilterSet):
    class Meta:
        model = Site
        fields: list[str] = []
