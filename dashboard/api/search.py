"""`search/`: everything with a name, for a palette that has no room for lists."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, IntegerField, QuerySet, When
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import own_id
from access.scope import Scope
from dashboard.api.saved_views import SavedViewSerializer
from dashboard.models import SavedView
from devices.models import Device, Site
from devices.search import MAX_SEARCH, found, with_words
from telemetry.api import parameters as query
from telemetry.models import Series

LIMIT = 8  # of each sort, when the request does not say
MOST = 50


class FoundDeviceShape(serializers.Serializer):
    uid = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    site = serializers.CharField(allow_null=True, help_text="The name of its site.")


class FoundSeriesShape(serializers.Serializer):
    id = serializers.IntegerField()
    metric = serializers.CharField()
    label = serializers.CharField()
    unit = serializers.CharField()
    device = serializers.CharField(help_text="uid")
    device_name = serializers.CharField()


class FoundSiteShape(serializers.Serializer):
    slug = serializers.CharField()
    name = serializers.CharField()


class FoundShape(serializers.Serializer):
    devices = FoundDeviceShape(many=True)
    series = FoundSeriesShape(many=True)
    sites = FoundSiteShape(many=True)
    views = SavedViewSerializer(many=True)


class SearchView(APIView):
    @extend_schema(
        operation_id="search",
        summary="Find devices, series, sites and views",
        description="By every word of `q`; what begins with it comes first.",
        tags=["Search"],
        parameters=[
            query.described("q", "Words of a name, uid, kind, tag, metric …"),
            query.described("limit", f"Of each sort; {LIMIT}, at most {MOST}.", int),
        ],
        responses=FoundShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, {"q", "limit"})
        words = query.text(request, "q")
        if len(words) > MAX_SEARCH:
            query.refuse("q", f"At most {MAX_SEARCH} characters.")
        most = query.integer(request, "limit", LIMIT, least=1, most=MOST)
        scope = Scope.of(request)
        devices = Device.objects.visible_to(scope)
        series = Series.objects.visible_to(scope).filter(device__in=devices)
        sites = Site.objects.visible_to(scope)
        named = {
            "devices": found(devices, words).values("uid", "name", "kind", "site__name"),
            "series": with_words(
                series, words, "metric", "label", "device__name", "device__uid"
            ).values("id", "metric", "label", "unit", "device__uid", "device__name"),
            "sites": with_words(sites, words, "name", "slug").values("slug", "name"),
        }
        if not words:  # each is like nothing
            most = 0
        answer: dict[str, Any] = {
            sort: [_shaped(row) for row in _first(rows, words)[:most]]
            for sort, rows in named.items()
        }
        views = with_words(SavedView.seen_by(own_id(request), scope), words, "name")
        answer["views"] = SavedViewSerializer(_first(views, words)[:most], many=True).data
        return Response(answer)


def _first(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """What begins with the words before the rest."""
    name = "metric" if rows.model is Series else "name"
    begins = When(**{f"{name}__istartswith": words}, then=0)
    return rows.order_by(Case(begins, default=1, output_field=IntegerField()), name, "pk")


RENAMED = {"site__name": "site", "device__uid": "device", "device__name": "device_name"}


def _shaped(row: dict[str, Any]) -> dict[str, Any]:
    return {RENAMED.get(name, name): value for name, value in row.items()}
