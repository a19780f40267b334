"""`GET devices/{uid}/presence/` and `GET presence/`: how devices were there, in the past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.scope import Scope
from devices import clock
from devices.models import Device
from devices.presence_past import WORST_FIRST, Stretch, reduced, totals
from telemetry.api import parameters as query
from telemetry.api.history_view import HistoryView
from telemetry.api.shapes import ms
from telemetry.api.window import window
from telemetry.history import buckets
from telemetry.presence import past

DEFAULT_SPAN = buckets.DAY
MAX_DEVICES = 200  # of one answer
MOST, LARGEST = 1_000, 5_000  # stretches of a device, unless asked; and at most

_MOST = query.described(
    "most",
    f"Most stretches of a device, 10 to {LARGEST}; of more, the worst of each part is told.",
    int,
)


class StretchShape(serializers.Serializer):
    to = ms()
    state = serializers.ChoiceField(
        choices=WORST_FIRST,
        help_text="`waiting`: it has never sent anything. `unknown`: nobody listened.",
    )
    evidence = serializers.ChoiceField(choices=["telemetry", "status", "none"])
    heard = ms("When its telemetry was heard last before it was late or away.", allow_null=True)
    said = ms("Since when its status topic said what it said then.", allow_null=True)
    interval = serializers.FloatField(
        help_text="Seconds it was expected after; what it is judged by."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        # Here because `from` is a keyword of the language.
        return super().get_fields() | {"from": ms()}


class DevicePastShape(serializers.Serializer):
    device = serializers.CharField(help_text="Its uid.")
    name = serializers.CharField()
    reduced = serializers.BooleanField(
        help_text="True: there are more stretches than were asked for."
    )
    stretches = StretchShape(many=True, help_text="In order; none from before it was registered.")
    totals = serializers.DictField(
        child=serializers.IntegerField(), help_text="Milliseconds in each state that there was."
    )


class _WindowShape(serializers.Serializer):
    now = ms()
    to = ms()
    until = ms("Until when it is known; what is after it, is not yet.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return super().get_fields() | {"from": ms()}


class PastShape(_WindowShape, DevicePastShape):
    """Of one device."""


class PastsShape(_WindowShape):
    """Of several."""

    total = serializers.IntegerField(help_text="Devices that match, also those beyond the limit.")
    devices = DevicePastShape(many=True)


class DevicePastView(HistoryView):
    """The states of a device through a window, with what each rests on."""

    @extend_schema(
        operation_id="device_presence",
        tags=["Devices"],
        summary="Read the past of a device's presence",
        parameters=[query.FROM, query.TO, _MOST],
        responses=PastShape,
    )
    def get(self, request: Request, uid: str) -> Response:
        query.known(request, {"from", "to", "most"})
        visible = Device.objects.visible_to(Scope.of(request)).select_related("presence")
        device = get_object_or_404(visible, uid=uid)
        answer, (its,) = _answer(request, [device])
        return Response(answer | its)


class PastView(HistoryView):
    """The states of several devices through a window."""

    @extend_schema(
        operation_id="presence",
        tags=["Devices"],
        summary="Read the past of several devices' presence",
        parameters=[
            query.described(
                "device", "Uids, with commas or several times; absent: all.", many=True
            ),
            query.described("site", "Those at the site with this slug."),
            query.FROM,
            query.TO,
            _MOST,
        ],
        responses=PastsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, {"device", "site", "from", "to", "most"}, lists={"device"})
        devices = Device.objects.visible_to(Scope.of(request)).select_related("presence")
        uids = query.words(request, "device")
        if uids:
            devices = devices.filter(uid__in=uids)
        if site := query.text(request, "site"):
            devices = devices.filter(site__slug=site)
        total = devices.count()
        answer, pasts = _answer(request, list(devices.order_by("name", "id")[:MAX_DEVICES]))
        return Response(answer | {"total": total, "devices": pasts})


def _answer(
    request: Request, devices: Sequence[Device]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    most = query.integer(request, "most", MOST, least=10, most=LARGEST)
    now = round(clock.now().timestamp() * 1_000)
    start, stop = (round(each) for each in window(request, now, DEFAULT_SPAN))
    # What is still to come nobody knows.
    until, found = past.of_devices(devices, start, min(stop, now))
    answer = {"now": now, "from": start, "to": stop, "until": min(until, now)}
    return answer, [_past(each, found[each.pk], start, stop, most) for each in devices]


def _past(device: Device, found: list[Stretch], start: int, stop: int, most: int) -> dict[str, Any]:
    shown = found if len(found) <= most else reduced(found, start, stop, most)
    return {
        "device": device.uid,
        "name": device.name,
        "reduced": shown is not found,
        "stretches": [
            {
                "from": each.start,
                "to": each.stop,
                "state": each.state,
                "evidence": each.evidence,
                "heard": each.heard,
                "said": each.said,
                "interval": each.interval,
            }
            for each in shown
        ],
        "totals": totals(found),
    }
