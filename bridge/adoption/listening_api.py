"""REST: what the bridge listens to, and filters of the user's."""

from __future__ import annotations

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, checked
from access.scope import Scope
from bridge import listening
from bridge.decode import CONVENTIONS
from bridge.models import TopicFilter
from devices import topic_filter
from devices.api.conflict import Conflict, refused_as
from devices.events import announce_after_commit
from telemetry.api import parameters as query
from telemetry.live import contract


class ListenedConventionShape(serializers.Serializer):
    name = serializers.CharField()
    on = serializers.BooleanField()
    auto_adopt = serializers.BooleanField(help_text="Its senders become devices by themselves.")
    filters = serializers.ListField(child=serializers.CharField())


class StoredFilterShape(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    filter = serializers.CharField(max_length=topic_filter.MAX_FILTER, trim_whitespace=False)


class ListeningShape(serializers.Serializer):
    conventions = ListenedConventionShape(many=True)
    settings = serializers.ListField(
        child=serializers.CharField(), help_text="Filters of PULSEBOARD_FILTERS."
    )
    filters = StoredFilterShape(many=True)
    auto_adopt = serializers.ListField(
        child=serializers.CharField(), help_text="Conventions and filters, of the settings."
    )
    subscribed = serializers.ListField(
        child=serializers.CharField(), help_text="What of all these is subscribed."
    )


class ListeningView(APIView):
    @extend_schema(
        operation_id="listening",
        summary="Read what the bridge listens to",
        tags=["Pipeline"],
        responses=ListeningShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        on = listening.conventions()
        scope = Scope.of(request)
        sees = scope.sees_site(None)  # a topic stands at no site
        stored = TopicFilter.objects.visible_to(scope).order_by("id")
        return Response(
            {
                "conventions": [
                    {
                        "name": each.NAME,
                        "on": each in on,
                        "auto_adopt": each.NAME in settings.AUTO_ADOPT,
                        "filters": list(each.FILTERS),
                    }
                    for each in CONVENTIONS
                ],
                "settings": settings.PULSEBOARD_FILTERS if sees else [],
                "filters": [{"id": each.pk, "filter": each.filter} for each in stored],
                "auto_adopt": settings.AUTO_ADOPT if sees else [],
                "subscribed": list(listening.subscriptions().names) if sees else [],
            }
        )


class FiltersView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="listening_filter_create",
        summary="Listen to another filter",
        description="Every bridge does within a second or two.",
        tags=["Pipeline"],
        request=StoredFilterShape,
        responses={201: StoredFilterShape},
    )
    def post(self, request: Request) -> Response:
        given = StoredFilterShape(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data["filter"]
        if not topic_filter.is_valid(wanted):
            detail = "Wildcards are whole levels, and # is the last: plant/+/sensors/#."
            raise ValidationError({"filter": [detail]})
        there = TopicFilter.objects.visible_to(Scope.of(request))
        if there.count() >= listening.MAX_FILTERS:
            raise ValidationError({"filter": [f"At most {listening.MAX_FILTERS} are kept."]})
        made = TopicFilter(filter=wanted)
        with refused_as(Conflict()):
            made.save()
        _announce()
        return Response({"id": made.pk, "filter": made.filter}, status=201)


class FilterView(APIView):
    @extend_schema(
        operation_id="listening_filter_delete",
        summary="Listen to a filter no more",
        tags=["Pipeline"],
        responses={204: None},
    )
    def delete(self, request: Request, filter_id: int) -> Response:
        visible = TopicFilter.objects.visible_to(Scope.seen_by(request))
        checked(request, get_object_or_404(visible, pk=filter_id)).delete()
        _announce()
        return Response(status=204)


def _announce() -> None:
    announce_after_commit(lambda: [contract.event("listening")])
