"""`GET sites/{slug}/day/`: what came of a site's devices in the last 24 hours."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from devices import clock
from devices.models import Device, Site
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView
from telemetry.api.shapes import PointField, ms
from telemetry.history.read_limit import limited
from telemetry.models import QuarantinedMessage
from telemetry.moments import to_ms
from telemetry.sql import load

HOUR = timedelta(hours=1)
HOURS = 24  # the present one among them

_SQL = load("site_day")


class SiteDayShape(serializers.Serializer):
    now = ms()
    devices = serializers.IntegerField(help_text="That stand there.")
    heard = serializers.IntegerField(help_text="Of these, heard since `from`.")
    numbers = serializers.IntegerField(help_text="Readings stored since then, without texts.")
    hours = serializers.ListField(
        child=PointField(), help_text="[ms, numbers] of each hour that has any."
    )
    quarantined = serializers.IntegerField(help_text="Messages since then that are kept.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # Here because `from` is a keyword of the language.
        return super().get_fields() | {"from": ms("Where the first of the 24 hours begins.")}


class SiteDayView(HistoryView):
    """Counts of the day, of the devices that stand at a site now."""

    @extend_schema(
        operation_id="site_day",
        summary="Count a site's last 24 hours",
        tags=["Sites"],
        responses=SiteDayShape,
    )
    def get(self, request: Request, slug: str) -> Response:
        query.known(request, ())
        scope = Scope.of(request)
        site = get_object_or_404(Site.objects.visible_to(scope), slug=slug)
        now = clock.now()
        start = now.replace(minute=0, second=0, microsecond=0) - (HOURS - 1) * HOUR
        devices = Device.objects.visible_to(scope).filter(site=site)
        kept = QuarantinedMessage.objects.visible_to(scope).filter(received_at__gte=start)
        with limited(), connection.cursor() as cursor:
            stop = start + HOURS * HOUR
            cursor.execute(_SQL["count_by_hour"], {"site": site.pk, "start": start, "stop": stop})
            hours = cursor.fetchall()
            answer = {
                "now": to_ms(now),
                "from": to_ms(start),
                "devices": devices.count(),
                "heard": devices.filter(presence__last_seen_at__gte=start).count(),
                "numbers": sum(count for _, count in hours),
                "hours": [[to_ms(hour), count] for hour, count in hours],
                "quarantined": kept.filter(uid__in=devices.values("uid")).count(),
            }
        return Response(answer)
