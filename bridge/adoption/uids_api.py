"""REST: under which uids a registered device is known: merging, renaming, aliases."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import checked, for_change
from access.scope import Scope
from bridge.adoption import merge
from bridge.adoption import shapes as shape
from devices import signals
from devices.api.conflict import Conflict
from devices.changes import announce_devices
from devices.models import Device


class MergeView(APIView):
    @extend_schema(
        operation_id="devices_merge",
        summary="Merge another device into this one",
        description=(
            "Its series move here with all their readings, its uid means this device from now on,"
            " and it is deleted. 409 when both have a series of one metric: nothing is changed."
        ),
        tags=["Devices"],
        request=shape.MergeSerializer,
        responses={200: shape.MergedShape, 409: shape.CollisionShape},
    )
    def post(self, request: Request, uid: str) -> Response:
        device = _device(request, uid)
        other = named(request, shape.MergeSerializer, "other")
        if other.pk == device.pk:
            raise ValidationError({"other": ["It is the same device."]})
        try:
            with transaction.atomic():
                moved = merge.merge(device, other)
                note(request, device, "merged with", other.uid)
        except merge.Collision as exc:
            detail = "Both have these metrics. Delete one series of each first."
            return Response({"detail": detail, "metrics": exc.metrics}, status=409)
        return Response({"device": device.uid, "moved": moved, "aliases": _aliases(device)})


class RenameView(APIView):
    @extend_schema(
        operation_id="devices_rename",
        summary="Give a device another uid",
        description="Its history stays, and the old uid means it too. 409 when the uid is taken.",
        tags=["Devices"],
        request=shape.RenameSerializer,
        responses=shape.AliasesShape,
    )
    def post(self, request: Request, uid: str) -> Response:
        device = _device(request, uid)
        wanted = shape.RenameSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                before = merge.rename(device, wanted.validated_data["uid"])
                note(request, device, "uid", device.uid, before=before)
        except merge.Taken as exc:
            raise Conflict(str(exc)) from exc
        return Response({"device": device.uid, "aliases": _aliases(device)})


class AliasesView(APIView):
    @extend_schema(
        operation_id="devices_aliases",
        summary="List the uids that mean a device as well",
        tags=["Devices"],
        responses=shape.AliasesShape,
    )
    def get(self, request: Request, uid: str) -> Response:
        device = _device(request, uid)
        return Response({"device": device.uid, "aliases": _aliases(device)})


class AliasView(APIView):
    @extend_schema(
        operation_id="devices_alias_delete",
        summary="Have a uid mean a device no more",
        tags=["Devices"],
        responses={204: None},
    )
    def delete(self, request: Request, uid: str, alias: str) -> Response:
        device = _device(request, uid)
        with transaction.atomic():
            get_object_or_404(for_change(request, device.aliases.all()), alias=alias).delete()
            announce_devices("changed", [device.pk])
            merge.touch(device)
            note(request, device, "also known as", "", before=alias)
        return Response(status=204)


def _device(request: Request, uid: str) -> Device:
    visible = Device.objects.visible_to(Scope.seen_by(request))
    return checked(request, get_object_or_404(visible, uid=uid))


def named(request: Request, serializer: Any, name: str) -> Device:
    """The device that the request names, if who asks may change it."""
    wanted = serializer(data=request.data)
    wanted.is_valid(raise_exception=True)
    visible = Device.objects.visible_to(Scope.seen_by(request))
    found = visible.filter(uid=wanted.validated_data[name]).first()
    if found is None:
        raise ValidationError({name: ["No device has this uid."]})
    return checked(request, found)


def _aliases(device: Device) -> list[str]:
    return list(device.aliases.order_by("alias").values_list("alias", flat=True))


def note(request: Request, device: Device, what: str, now: str, *, before: str = "") -> None:
    """In the log, unless it is as before."""
    if before != now:
        signals.tell("edited", [device], request.user, changed={what: [before, now]})
