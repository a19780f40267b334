"""`search/series/`: the series somebody means by some words, with what a chart of them needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.scope import Scope
from devices.models import Device
from devices.search import MAX_SEARCH, with_words
from devices.thresholds import KEY, told_thresholds
from telemetry.api import parameters as query
from telemetry.api.shapes import SeriesShape, SiteShape
from telemetry.models import Series
from telemetry.series.form import series_form

LIMIT = 40  # series, when the request does not say
MOST = 200
MAX_NAMES = 200  # series and devices asked for by name
GROUPS = 6  # metrics of a site that are offered together
SEARCHED = (
    *("metric", "label", "unit", "kind", "quantity"),
    *("device__name", "device__uid", "device__kind", "device__location", "device__site__name"),
)


class OwnerShape(serializers.Serializer):
    uid = serializers.CharField()
    name = serializers.CharField()
    site = SiteShape(allow_null=True)
    expected_interval = serializers.FloatField(help_text="Seconds.")
    thresholds = serializers.ListField(
        child=serializers.DictField(), help_text="Limits of this metric."
    )
    lead = serializers.IntegerField(help_text="How far its clock is ahead of ours, in ms.")


class OwnedSeriesShape(SeriesShape):
    name = serializers.CharField(help_text="The uid of its device, a dot, its metric.")
    device = OwnerShape()


class SeriesGroupShape(serializers.Serializer):
    metric = serializers.CharField()
    site = SiteShape(allow_null=True)
    count = serializers.IntegerField()


class MissingSeriesShape(serializers.Serializer):
    at = serializers.IntegerField(help_text="Its place among the names asked for, from 0.")
    why = serializers.ChoiceField(choices=["device", "removed", "metric"])


class SeriesFoundShape(serializers.Serializer):
    series = OwnedSeriesShape(many=True)
    total = serializers.IntegerField(help_text="Found, also those beyond the limit.")
    groups = SeriesGroupShape(many=True, help_text="Those that measure the same at one site.")
    missing = MissingSeriesShape(many=True, help_text="Names that no series has.")


class SeriesSearchView(APIView):
    @extend_schema(
        operation_id="search_series",
        summary="Find series",
        description=(
            "By every word of `q`, in the metric, its name for people, unit, kind and quantity, or"
            " in the name, uid, kind, location, tags and site of its device; or by name; or all of"
            " some devices. In the order of the names, otherwise by metric and device."
        ),
        tags=["Search"],
        parameters=[
            query.described("q", "Words: `temperature harbour`."),
            query.described("name", "Names of series: `boiler-1.temperature`.", many=True),
            query.described("device", "Uids of devices.", many=True),
            query.described("site", "The slug of a site."),
            query.described("metric", "Exactly this metric."),
            query.described("limit", f"Most series; {LIMIT}, at most {MOST}.", int),
        ],
        responses=SeriesFoundShape,
    )
    def get(self, request: Request) -> Response:
        known = {"q", "name", "device", "site", "metric", "limit"}
        query.known(request, known, lists={"name", "device"})
        most = query.integer(request, "limit", LIMIT, least=1, most=MOST)
        scope = Scope.of(request)
        names = _listed(request, "name")
        found = _asked(request, scope, names)
        rows = found.select_related("device__site", "device__presence").order_by(
            "metric", "device__name", "pk"
        )
        shown = [_shaped(each) for each in rows[:most]]
        shown.sort(key=lambda each: names.index(each["name"]) if names else 0)
        grouped = found.values("metric", "device__site__slug", "device__site__name")
        groups = grouped.annotate(count=Count("pk")).filter(count__gt=1)
        ordered = groups.order_by("-count", "metric", "device__site__slug")[:GROUPS]
        there = {each["name"] for each in shown}
        return Response(
            {
                "series": shown,
                "total": found.count(),
                "groups": [_group(each) for each in ordered],
                "missing": _missing(scope, names, there),
            }
        )


def _listed(request: Request, name: str) -> list[str]:
    found = query.words(request, name)
    if len(found) > MAX_NAMES:
        query.refuse(name, f"At most {MAX_NAMES}.")
    return found


def _asked(request: Request, scope: Scope, names: list[str]) -> QuerySet[Series]:
    devices = Device.objects.visible_to(scope)
    found: QuerySet[Series] = Series.objects.visible_to(scope).filter(device__in=devices)
    words = query.text(request, "q")
    if len(words) > MAX_SEARCH:
        query.refuse("q", f"At most {MAX_SEARCH} characters.")
    found = with_words(found, words, *SEARCHED, tags="device__tags")
    if names:
        wanted = Q(pk=None)
        for name in names:
            uid, _, metric = name.partition(".")  # a uid has no dot
            wanted |= Q(device__uid=uid, metric=metric)
        found = found.filter(wanted)
    uids = _listed(request, "device")
    if uids:
        found = found.filter(device__uid__in=uids)
    for name, field in (("site", "device__site__slug"), ("metric", "metric")):
        if word := query.text(request, name):
            found = found.filter(**{field: word})
    return found


def _shaped(series: Series) -> dict[str, Any]:
    device = series.device
    lines = told_thresholds(device.metadata.get(KEY))
    site = device.site
    heard = getattr(device, "presence", None)  # none before it was heard first
    return series_form(series) | {
        "name": f"{device.uid}.{series.metric}",
        "device": {
            "uid": device.uid,
            "name": device.name or device.uid,
            "site": None if site is None else {"slug": site.slug, "name": site.name},
            "expected_interval": device.expected_interval,
            "thresholds": lines.get(series.metric, []),
            "lead": (heard and heard.clock_lead) or 0,
        },
    }


def _group(row: Mapping[str, Any]) -> dict[str, Any]:
    slug, name = row["device__site__slug"], row["device__site__name"]
    site = None if slug is None else {"slug": slug, "name": name}
    return {"metric": row["metric"], "site": site, "count": row["count"]}


def _missing(scope: Scope, names: list[str], there: set[str]) -> list[dict[str, Any]]:
    """Told by their places: an answer repeats nothing of what its caller may not know."""
    wanted = [(at, name.partition(".")[0]) for at, name in enumerate(names) if name not in there]
    devices = Device.with_removed.visible_to(scope).filter(uid__in={uid for _, uid in wanted})
    removed = dict(devices.values_list("uid", "removed_at"))
    return [
        {
            "at": at,
            "why": "device" if uid not in removed else "removed" if removed[uid] else "metric",
        }
        for at, uid in wanted
    ]
