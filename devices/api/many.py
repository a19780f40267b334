"""Change many devices in one request: what is selected on the fleet's page."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from access.json_rows import update_all
from access.permission import check_named, check_site
from access.scope import Scope
from devices import signals
from devices.api.edits import changes
from devices.api.fields import LineField, PreloadedSlugField, TagsField
from devices.api.removal import OutcomeSerializer, UidsSerializer
from devices.changes import announce_moved
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
    kind = LineField(max_length=64, allow_blank=True, required=False)
    expected_interval = serializers.FloatField(
        min_value=MIN_EXPECTED_INTERVAL, max_value=MAX_EXPECTED_INTERVAL, required=False
    )
    enabled = serializers.BooleanField(required=False)
    location = LineField(max_length=200, allow_blank=True, required=False)
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
        rows = visible.select_related("site").select_for_update(of=("self",))
        devices = list(rows.order_by("pk"))  # one order everywhere
        left = {device.pk: device.site_id for device in devices}
        each, errors = {}, {}
        for device in devices:
            try:
                if differs := _change(device, wanted):
                    each[device.pk] = differs
            except ValidationError as exc:
                errors[device.uid] = exc.messages
        if errors:
            raise serializers.ValidationError(errors)
        changed = [device for device in devices if device.pk in each]
        update_all(changed, [*FIELDS, "tags", "updated_at"])
        announce_moved(changed, left)
        asked_for = _as_asked(request.data)
        signals.tell("edited", changed, request.user, many=asked_for, left=left, each=each)
        found = [device.uid for device in devices]
        missing = sorted(set(uids) - set(found))
        return Response({"total": len(changed), "uids": found, "missing": missing})


def _change(device: Device, wanted: dict[str, Any]) -> dict[str, list[Any]]:
    """What of it is other than before, from what to what. Raises `ValidationError`."""
    before = _form(device)
    for name in FIELDS:
        if name in wanted:
            setattr(device, name, wanted[name])
    away = set(wanted.get("remove_tags", ()))
    kept = [tag for tag in device.tags if tag not in away]
    device.tags = normalised_tags([*kept, *wanted.get("add_tags", ())])
    return changes(before, _form(device))


def _form(device: Device) -> dict[str, Any]:
    form = {name: getattr(device, name) for name in (*FIELDS, "tags")}
    return {**form, "site": device.site and device.site.slug}


def _as_asked(data: Any) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != "uids"}
