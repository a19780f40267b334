"""Removed devices: listing them, removing more, having them back."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from access.permission import check_named
from access.scope import Scope
from devices import removal
from devices.api.filters import LIST_FILTERS
from devices.api.strict import Strict
from devices.models import UID_PATTERN, Device
from devices.summary import unix_ms

MAX_UIDS = 2_000  # devices of one request


class UidsSerializer(Strict):
    """Which devices."""

    uids = serializers.ListField(
        child=serializers.RegexField(rf"\A{UID_PATTERN}\Z", max_length=64),
        allow_empty=False,
        max_length=MAX_UIDS,
    )


class OutcomeSerializer(serializers.Serializer):
    """What became of them."""

    total = serializers.IntegerField(help_text="How many are now as asked.")
    uids = serializers.ListField(child=serializers.CharField(), help_text="Which.")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="Uids that no device has, removed ones included."
    )


class RemovedDeviceSerializer(serializers.ModelSerializer):
    """A removed device; times are Unix milliseconds."""

    site = serializers.SlugRelatedField(slug_field="slug", read_only=True, allow_null=True)
    removed = serializers.SerializerMethodField(help_text="When it was removed.")
    by = serializers.SerializerMethodField(help_text="Who removed it, if they have an account.")
    gone = serializers.SerializerMethodField(help_text="Until when it can be restored.")

    class Meta:
        model = Device
        fields = ["uid", "name", "site", "kind", "removed", "by", "gone"]

    def get_removed(self, device: Device) -> int:
        return unix_ms(device.removed_at) or 0

    def get_by(self, device: Device) -> str | None:
        return device.removed_by.get_username() if device.removed_by else None

    def get_gone(self, device: Device) -> int:
        return unix_ms(device.removed_at and device.removed_at + removal.KEPT) or 0


def _told(outcome: removal.Outcome) -> Response:
    uids = [device.uid for device in outcome.devices]
    return Response({"total": len(uids), "uids": uids, "missing": outcome.missing})


def _asked(request: Request) -> tuple[Any, list[str]]:
    """The devices in sight, removed or not, and the uids that are named."""
    asked = UidsSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    check_named(request, Device, uid__in=asked.validated_data["uids"])
    visible = Device.with_removed.visible_to(Scope.of(request))
    return visible, asked.validated_data["uids"]


@extend_schema(tags=["Devices"])
@extend_schema_view(list=extend_schema(summary="List removed devices"))
class RemovedDeviceViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Devices that were deleted and can be had back."""

    queryset = Device.objects.none()  # for the schema
    serializer_class = RemovedDeviceSerializer
    filter_backends = LIST_FILTERS
    search_fields = ["uid", "name", "kind"]
    ordering_fields = {"removed": "removed_at", "name": "name", "uid": "uid"}
    ordering = ["-removed"]
    moving = frozenset({"removed"})

    def get_queryset(self) -> QuerySet[Device]:
        visible = Device.with_removed.visible_to(Scope.of(self.request))
        return visible.filter(removed_at__isnull=False).select_related("site", "removed_by")

    @extend_schema(
        summary="Delete devices so that it can be undone",
        description=(
            f"They are gone from every list and their messages are quarantined. For"
            f" {removal.KEPT.days} days they can be restored with all they had; then they are"
            " deleted in earnest. `DELETE /api/v1/devices/{uid}/` does that at once. Removing a"
            " removed device changes nothing."
        ),
        request=UidsSerializer,
        responses={200: OutcomeSerializer},
    )
    def create(self, request: Request) -> Response:
        visible, uids = _asked(request)
        return _told(removal.remove(visible, uids, request.user))


@extend_schema(tags=["Devices"])
class RestoredDeviceViewSet(viewsets.ViewSet):
    """Removed devices that are had back."""

    @extend_schema(
        operation_id="restored_devices_create",
        summary="Restore removed devices",
        description=(
            "With their readings, series, rules and tokens; what they sent meanwhile is stored from"
            " quarantine within seconds. Restoring a device that is not removed changes nothing."
        ),
        request=UidsSerializer,
        responses={200: OutcomeSerializer},
    )
    def create(self, request: Request) -> Response:
        visible, uids = _asked(request)
        return _told(removal.restore(visible, uids, request.user))
