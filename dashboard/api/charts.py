"""`charts/{uid}/`: how a person lays out the charts of a device, on whatever machine."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.scope import Scope
from dashboard.models import MAX_LAYOUT, ChartLayout
from devices.api.strict import Strict
from devices.events import announce_account
from devices.models import Device
from telemetry.api import parameters as query

TAGS = ["Charts"]


class ChartLayoutSerializer(Strict):
    layout = serializers.CharField(
        max_length=MAX_LAYOUT, allow_blank=True, trim_whitespace=False,
        help_text="As `charts` of the address of the device's page; empty: the usual one.",
    )  # fmt: skip


class ChartLayoutView(APIView):
    changes_nothing = True  # a choice of one's own

    @extend_schema(
        operation_id="charts_get", summary="How you lay out the charts of a device", tags=TAGS,
        responses=ChartLayoutSerializer,
    )  # fmt: skip
    def get(self, request: Request, uid: str) -> Response:
        query.known(request, ())
        return Response({"layout": ChartLayout.of(_person(request), _device(request, uid)) or ""})

    @extend_schema(
        operation_id="charts_keep", summary="Keep how you lay out the charts of a device",
        tags=TAGS, request=ChartLayoutSerializer, responses=ChartLayoutSerializer,
    )  # fmt: skip
    def put(self, request: Request, uid: str) -> Response:
        device, person = _device(request, uid), _person(request)
        given = ChartLayoutSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        layout = given.validated_data["layout"]
        # An empty one is kept too: the usual layout holds on the person's other machines.
        ChartLayout.objects.update_or_create(
            owner=person, device=device, defaults={"layout": layout}
        )
        announce_account(person.get_username())
        return Response({"layout": layout})


def _device(request: Request, uid: str) -> Device:
    device: Device = get_object_or_404(Device.objects.visible_to(Scope.of(request)), uid=uid)
    return device


def _person(request: Request) -> User:
    """A device's token is nobody."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Only people lay out charts.")
    return request.user
