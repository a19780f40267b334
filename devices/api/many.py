"""Change many devices in one request: what is selected on the fleet's page."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from access.permission import check_named, check_site
from access.scope import Scope
from devices import clock, signals
from devices.api.fields import PreloadedSlugField, TagsField
from devices.api.removal import OutcomeSerializer, UidsSerializer
from devices.changes import announce_devices
from devices.metadata import normalised_tags
from devices.models import MAX_EXPECTED_INTERVAL, MIN_EXPECTED_INTERVAL, Device, Site

FIELDS = ("site", "kind", "expected_interval", "enabled", "location")  # given the same value
NOTHING = "Say what is to change: a field, tags to add, or tags to take away."


class DeviceChangesSerializer(UidsSerializer):
    """Which devices, and what becomes of each. What is not given stays as it is."""

    site = PreloadedSlugField(
        Site,
        slug_field="slug",
        allow_null=True,
        required=False,
        help_text="The slug of its site, or null.",
        error_messages={"does_not_exist": "No site has the slug {value!r}."},
    )
    kind = serializers.CharField(max_length=64, allow_blank=True, required=False)
    expected_interval = serializers.FloatField(
        min_value=MIN_EXPECTED_INTERVAL, max_value=MAX_EXPECTED_INTERVAL, required=False
    )
    enabled = serializers.BooleanField(required=False)
    location = serializers.CharField(max_length=200, allow_blank=True, required=False)
    add_tags = TagsField(required=False)
    remove_tags = TagsField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if attrs.keys() == {"uids"}:
            raise serializers.ValidationError(NOTHING)
        site = attrs.get("site")
        scope = Scope.of(self.context["request"])
        if "site" in attrs:
            check_site(self.context["request"], site.pk if site else None)
        if "site" in attrs and not scope.sees_site(site.pk if site else None):
            raise serializers.ValidationError({"site": ["Name a site you may see."]})
        return attrs


@extend_schema(tags=["Devices"])
class DeviceChangesViewSet(viewsets.ViewSet):
    """Changes of many devices at once."""

    @extend_schema(
        operation_id="device_changes_create",
        summary="Change many devices at once",
        description="All are changed, or none. A device that is as asked already is not written.",
        request=DeviceChangesSerializer,
        responses={200: OutcomeSerializer},
    )
    @transaction.atomic
    def create(self, request: Request) -> Response:
        asked = DeviceChangesSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        uids = list(dict.fromkeys(wanted.pop("uids")))
        check_named(request, Device, uid__in=uids)
        visible = Device.objects.visible_to(Scope.of(request)).filter(uid__in=uids)
        devices = list(visible.select_for_update().order_by("pk"))  # one order everywhere
        left = {device.pk: device.site_id for device in devices}
        changed, errors = [], {}
        for device in devices:
            try:
                if _change(device, wanted):
                    changed.append(device)
            except ValidationError as exc:
                errors[device.uid] = exc.messages
        if errors:
            raise serializers.ValidationError(errors)
        for device in changed:
            device.updated_at = clock.now()  # tells the bridge's registry
        Device.objects.bulk_update(changed, [*FIELDS, "tags", "updated_at"])
        _announce(changed, left)
        signals.tell("edited", changed, request.user, many=_as_asked(request.data), left=left)
        found = [device.uid for device in devices]
        missing = sorted(set(uids) - set(found))
        return Response({"total": len(changed), "uids": found, "missing": missing})


def _change(device: Device, wanted: dict[str, Any]) -> bool:
    """Whether anything of it is other than before. Raises `ValidationError`."""
    before = [getattr(device, name) for name in (*FIELDS, "tags")]
    for name in FIELDS:
        if name in wanted:
            setattr(device, name, wanted[name])
    away = set(wanted.get("remove_tags", ()))
    kept = [tag for tag in device.tags if tag not in away]
    device.tags = normalised_tags([*kept, *wanted.get("add_tags", ())])
    return before != [getattr(device, name) for name in (*FIELDS, "tags")]


def _announce(changed: list[Device], left: dict[int, int | None]) -> None:
    """Who sees the site a device stood at, and not where it is now, is told that it is gone."""
    by_site: dict[int | None, list[int]] = defaultdict(list)
    for device in changed:
        by_site[left[device.pk] if left[device.pk] != device.site_id else None].append(device.pk)
    for site, ids in by_site.items():
        announce_devices("changed", ids, site)


def _as_asked(data: Any) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "uids"}
