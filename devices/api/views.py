"""The endpoints of sites and devices."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import (
    OpenApiExample,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_view,
)
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from access.permission import Needs
from access.roles import Role
from access.scope import Scope
from devices import broker_account, signals
from devices.api.bulk import BulkCreateMixin
from devices.api.edits import EditMixin
from devices.api.filters import LIST_FILTERS, DeviceFilter, SiteFilter
from devices.api.serializers import (
    MAX_BULK_DEVICES,
    DeviceSerializer,
    NewDeviceSerializer,
    SiteSerializer,
)
from devices.api.token_shapes import MqttAccountSerializer, RotationSerializer, TokenSerializer
from devices.models import UID_PATTERN, Device, Site

DEVICE_EXAMPLE = OpenApiExample(
    "A freezer",
    request_only=True,
    value={
        "uid": "freezer-1",
        "name": "Freezer 1",
        "site": "warehouse",
        "kind": "freezer",
        "tags": ["cold-chain"],
        "expected_interval": 10,
        "metadata": {"firmware": "1.4"},
    },
)


@extend_schema(tags=["Sites"])
@extend_schema_view(
    list=extend_schema(summary="List sites"),
    create=extend_schema(summary="Create a site"),
    retrieve=extend_schema(summary="Read a site"),
    update=extend_schema(summary="Replace a site"),
    partial_update=extend_schema(summary="Change a site"),
    destroy=extend_schema(summary="Delete a site", description="Its devices stay, without a site."),
)
class SiteViewSet(EditMixin, viewsets.ModelViewSet):
    """Places devices stand at."""

    queryset = Site.objects.none()  # for the schema
    serializer_class = SiteSerializer
    lookup_field = "slug"
    lookup_value_regex = "[-a-zA-Z0-9_]{1,64}"
    filter_backends = LIST_FILTERS
    filterset_class = SiteFilter
    search_fields = ["slug", "name", "notes", "address", "contact"]
    ordering_fields = {
        name: name for name in ("name", "slug", "created_at", "updated_at", "device_count")
    }
    ordering = ["name"]
    moving = frozenset({"updated_at", "device_count"})

    def get_queryset(self) -> QuerySet[Site]:
        sites = Site.objects.visible_to(Scope.seen_by(self.request))
        return sites.annotate(device_count=Count("devices", Q(devices__removed_at=None)))

    def perform_create(self, serializer: BaseSerializer) -> None:
        if not Scope.of(self.request).sees_everything:
            raise Needs(Role.ADMINISTRATOR, "for every site")
        with transaction.atomic():
            signals.tell_of_site("created", serializer.save(), self.request.user)

    def tell_changed(self, written: Site, changed: dict[str, list[Any]]) -> None:
        signals.tell_of_site("changed", written, self.request.user, changed=changed)

    @transaction.atomic
    def perform_destroy(self, site: Site) -> None:
        signals.tell_of_site("deleted", site, self.request.user)
        site.delete()


@extend_schema(tags=["Devices"])
@extend_schema_view(
    list=extend_schema(summary="List devices"),
    create=extend_schema(
        summary="Register devices",
        description=(
            "One object, or an array of them: all are registered or none. The answer has the same"
            f" shape and holds each token, this once. At most {MAX_BULK_DEVICES} in an array."
        ),
        request=PolymorphicProxySerializer(
            component_name="NewDevices",
            serializers=[NewDeviceSerializer, NewDeviceSerializer(many=True)],
            resource_type_field_name=None,
            many=False,
        ),
        responses={
            201: PolymorphicProxySerializer(
                component_name="RegisteredDevices",
                serializers=[NewDeviceSerializer, NewDeviceSerializer(many=True)],
                resource_type_field_name=None,
                many=False,
            )
        },
        examples=[DEVICE_EXAMPLE],
    ),
    retrieve=extend_schema(summary="Read a device"),
    update=extend_schema(summary="Replace a device"),
    partial_update=extend_schema(summary="Change a device"),
    destroy=extend_schema(
        summary="Delete a device",
        description=(
            "In earnest: its series go with it, and their readings at the next maintenance run."
            " To be able to undo it, `POST /api/v1/removed-devices/`."
        ),
    ),
)
class DeviceViewSet(BulkCreateMixin, EditMixin, viewsets.ModelViewSet):
    """The things that send readings."""

    queryset = Device.objects.none()  # for the schema
    lookup_field = "uid"
    lookup_value_regex = UID_PATTERN
    max_bulk = MAX_BULK_DEVICES
    filter_backends = LIST_FILTERS
    filterset_class = DeviceFilter
    search_fields = ["uid", "name", "kind", "location", "tags"]
    ordering_fields = {
        "name": "name",
        "uid": "uid",
        "created_at": "created_at",
        "updated_at": "updated_at",
        "last_seen": "presence__last_seen_at",
    }
    ordering = ["name"]
    moving = frozenset({"updated_at", "last_seen"})

    def get_queryset(self) -> QuerySet[Device]:
        scope = Scope.seen_by(self.request)
        # What is removed can be deleted in earnest.
        deleting = self.action == "destroy"
        devices = (
            Device.with_removed.visible_to(scope) if deleting else Device.objects.visible_to(scope)
        )
        return devices.select_related("site", "presence")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return NewDeviceSerializer if self.action == "create" else DeviceSerializer

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().create(request, *args, **kwargs)
        if not isinstance(request.data, list):
            broker_account.wait_until_told(answer.data["uid"])
        return answer

    @transaction.atomic
    def perform_destroy(self, device: Device) -> None:
        signals.tell("deleted", [device], self.request.user)
        device.delete()

    def tell_changed(self, written: Device, changed: dict[str, list[Any]]) -> None:
        signals.tell("edited", [written], self.request.user, changed=changed)

    @extend_schema(
        summary="Rotate a device's token",
        description=(
            "Makes a new token and shows it once. The old one works beside it for as long as `keep`"
            " says, an hour when nothing is said, so that the device need not fall silent; of two"
            " rotations in that time the first token stops at once. Over MQTT the new token has a"
            " user name of its own while the old one works: `mqtt_username`."
        ),
        request=RotationSerializer,
        responses=TokenSerializer,
    )
    @action(detail=True, methods=["post"], url_path="rotate-token", filterset_class=None)
    def rotate_token(self, request: Request, **_kwargs: Any) -> Response:
        with transaction.atomic():
            device = self._locked()
            asked = RotationSerializer(data=request.data)
            asked.is_valid(raise_exception=True)
            device.issue_token(timedelta(seconds=asked.validated_data["keep"]))
            device.save(update_fields=device.TOKEN_FIELDS)
            signals.tell("token_rotated", [device], request.user)
        broker_account.wait_until_told(device.uid)
        return Response(TokenSerializer(device).data)

    @extend_schema(
        summary="Revoke a device's tokens",
        description="All of them stop at once. It has none until it is given one by rotating.",
        request=None,
        responses={204: None},
    )
    @action(detail=True, methods=["post"], url_path="revoke-token", filterset_class=None)
    @transaction.atomic
    def revoke_token(self, request: Request, **_kwargs: Any) -> Response:
        device = self._locked()
        device.revoke_tokens()
        device.save(update_fields=device.TOKEN_FIELDS)
        signals.tell("token_revoked", [device], request.user)
        return Response(status=204)

    @extend_schema(
        summary="Read what the MQTT broker knows of a device",
        responses=MqttAccountSerializer,
    )
    @action(detail=True, url_path="mqtt-account", filterset_class=None)
    def mqtt_account(self, _request: Request, **_kwargs: Any) -> Response:
        device = self.get_object()
        state, error = broker_account.standing(device)
        return Response({"username": device.mqtt_username, "state": state, "error": error})

    def _locked(self) -> Device:
        """Of two who rotate at once, the second replaces the first one's token and not the one
        before that."""
        visible = Device.objects.visible_to(Scope.of(self.request))
        return get_object_or_404(visible.select_for_update(), pk=self.get_object().pk)
