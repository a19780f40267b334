"""The series a request asks for: `series`, or any of `device`, `metric`, `site`, `kind`, `tag`."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db.models import Q
from rest_framework.request import Request

from access.compiled_query import CompiledQuery
from access.scope import EVERYTHING, Scope
from devices.metadata import normalised_tags
from devices.models import Device
from telemetry.api import parameters as query
from telemetry.models import Series

LISTS = frozenset({"series", "device", "metric", "site", "kind", "tag"})
MAX_NAMES = 450  # characters of the names that a refusal tells
FEW = 100  # devices, whose series are read without being counted
MAX_WORDS = 1000  # devices, metrics, sites, kinds or tags of one request

PARAMETERS = [
    query.described(
        "series", "Ids of series, with commas or several times; or instead:", many=True
    ),
    query.described("device", "uids of devices.", many=True),
    query.described(
        "metric", "Metrics; absent is all. A comma in a name is written `\\,`.", many=True
    ),
    query.described("site", "Slugs of sites; `none` is for devices without one.", many=True),
    query.described("kind", "Kinds of devices, exactly.", many=True),
    query.described("tag", "Tags that a device carries: all of them.", many=True),
]


def selected(request: Request, scope: Scope, most: int, *, every: bool = False) -> list[Series]:
    """At most `most` series, with their devices and sites: ids in the order asked; otherwise by
    device and metric, in the order these were asked for. Nothing asked for is every series if
    `every`, and otherwise a mistake. Answers 400 when it finds none or too many."""
    asked = {name: query.words(request, name) for name in LISTS}
    for name, words in asked.items():
        if name != "series" and len(words) > MAX_WORDS:
            query.refuse(name, f"At most {MAX_WORDS} at once.")
    others = [name for name in sorted(LISTS - {"series"}) if asked[name]]
    if asked["series"] and others:
        query.refuse("series", f"Ask for series or for {' and '.join(others)}, not both.")
    if asked["series"] or not (others or every):
        ids = query.series_ids(request, "series", most)
        by_id = _by_id(scope, ids)
        if unknown := [str(each) for each in ids if each not in by_id]:
            query.refuse("series", f"No such series: {', '.join(sorted(unknown, key=int))}.")
        return [by_id[each] for each in ids]
    devices = _devices(asked, scope)
    where = Q(device__in=devices)
    if asked["metric"]:
        where &= Q(metric__in=asked["metric"])
    visible = Series.objects.visible_to(scope).filter(where)
    rows = visible.select_related("device__site").order_by("device__name", "device_id", "id")
    # Counted first where they are many: to read so many in order takes a second or more.
    is_over = len(devices) > FEW and visible.order_by()[: most + 1].count() > most
    found = [] if is_over else list(rows[: most + 1])
    if is_over or len(found) > most:
        name = next(iter(others), "metric")
        query.refuse(name, f"More than {most} series match, the most of one answer. Ask for fewer.")
    _refuse_unknown_metrics(asked, found)
    places = {uid: place for place, uid in enumerate(asked["device"])}
    metrics = {metric: place for place, metric in enumerate(asked["metric"])}
    found.sort(key=lambda one: (places.get(one.device.uid, 0), metrics.get(one.metric, 0)))
    if len(places) != 1 and metrics:
        found.sort(key=lambda one: places.get(one.device.uid, 0))
    return found


_STAND_IN = -987_654_321  # for the ids
_BY_ID: CompiledQuery[Series] = CompiledQuery(
    lambda: (
        Series.objects.visible_to(EVERYTHING)
        .select_related("device__site")
        .extra(where=["telemetry_series.id = ANY (%s)"], params=[_STAND_IN])
    ),
    _STAND_IN,
)


def _by_id(scope: Scope, ids: list[int]) -> dict[int, Series]:
    if scope.sees_everything:
        return {one.pk: one for one in _BY_ID.rows(ids)}
    return Series.objects.visible_to(scope).select_related("device__site").in_bulk(ids)


def _devices(asked: dict[str, list[str]], scope: Scope) -> list[int]:
    devices = Device.objects.visible_to(scope)
    if uids := asked["device"]:
        devices = devices.filter(uid__in=uids)
        there = set(devices.values_list("uid", flat=True))
        if unknown := [uid for uid in uids if uid not in there]:
            which = "." if len(uids) == 1 else f": {', '.join(unknown)}."
            query.refuse("device", f"No such device{which}"[:500])
    if sites := asked["site"]:
        here = Q(site__slug__in=[slug for slug in sites if slug != "none"])
        devices = devices.filter(here | Q(site=None) if "none" in sites else here)
    if asked["kind"]:
        devices = devices.filter(kind__in=asked["kind"])
    if asked["tag"]:
        try:
            devices = devices.filter(tags__contains=normalised_tags(asked["tag"]))
        except ValidationError as exc:
            query.refuse("tag", " ".join(exc.messages))
    return list(devices.values_list("id", flat=True))


def _refuse_unknown_metrics(asked: dict[str, list[str]], found: list[Series]) -> None:
    there = {one.metric for one in found}
    if unknown := [metric for metric in asked["metric"] if metric not in there]:
        names = ", ".join(unknown)[:MAX_NAMES]
        if len(asked["device"]) == 1:
            query.refuse("metric", f"The device has no {names}.")
        query.refuse("metric", f"None of the devices has {names}.")
