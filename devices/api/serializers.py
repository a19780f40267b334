"""How sites and devices look in JSON, and what is accepted of them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from access.json_rows import insert_all
from access.permission import check_site
from access.scope import Scope
from devices import removal, signals
from devices.api.bulk import BulkSerializer
from devices.api.edits import Editable
from devices.api.fields import LineField, MetadataField, PreloadedSlugField, TagsField
from devices.changes import announce_devices
from devices.given_topics import check_given
from devices.models import Device, Presence, Site
from devices.mqtt_filters import MAX_FILTER_LENGTH, MAX_FILTERS, check_filter
from devices.summary import presence_form

MAX_BULK_DEVICES = 500  # devices of one array
TAKEN = "A device with this uid is registered already."
REMOVED = (
    "A device with this uid was deleted, and can be restored"
    f" for {removal.KEPT.days} days. Restore it, or delete it for good first."
)


class SiteSerializer(Editable):
    device_count = serializers.IntegerField(read_only=True, default=0)

    class Meta:
        model = Site
        fields = [
            "slug",
            "name",
            "notes",
            "zone",
            "address",
            "contact",
            "phone",
            "email",
            "device_count",
            "created_at",
            "updated_at",
        ]

    def validate_zone(self, zone: str) -> str:
        Site(zone=zone).clean()
        return zone


class PresenceSerializer(serializers.Serializer):
    """What is known of a device's connection; times are Unix milliseconds."""

    connection = serializers.ChoiceField(choices=Presence.Connection.choices)
    since = serializers.IntegerField(allow_null=True)
    last_seen = serializers.IntegerField(allow_null=True)
    lead = serializers.IntegerField(help_text="How far its clock is ahead of ours.")
    clock_replaced = serializers.IntegerField(allow_null=True)


class DeviceSerializer(Editable):
    site = PreloadedSlugField(
        Site,
        slug_field="slug",
        allow_null=True,
        required=False,
        help_text="The slug of its site, or null.",
        error_messages={"does_not_exist": "No site has the slug {value!r}."},
    )
    tags = TagsField(required=False)
    metadata = MetadataField(required=False, help_text="Any JSON object; not used by Pulseboard.")
    name = LineField(
        max_length=120, required=False, help_text="What people call it; its uid when not given."
    )
    former_token_until = serializers.DateTimeField(
        source="former_ends",
        read_only=True,
        allow_null=True,
        help_text="Until when its token before this one works; null when it does not.",
    )
    mqtt_filters = serializers.ListField(
        child=serializers.CharField(max_length=MAX_FILTER_LENGTH, validators=[check_filter]),
        max_length=MAX_FILTERS,
        required=False,
        help_text=(
            "Topics it may use beside its own, at a broker that holds devices to theirs:"
            " `tele/plug/#`; of a gateway also those of its children: `devices/child-1/#`."
        ),
    )
    presence = serializers.SerializerMethodField()

    class Meta:
        model = Device
        fields = [
            "id",
            "uid",
            "name",
            "site",
            "kind",
            "tags",
            "enabled",
            "expected_interval",
            "location",
            "latitude",
            "longitude",
            "notes",
            "metadata",
            "token_prefix",
            "mqtt_username",
            "former_token_until",
            "mqtt_filters",
            "presence",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["id", "token_prefix", "mqtt_username", "created_at", "updated_at"]

    @extend_schema_field(PresenceSerializer)
    def get_presence(self, device: Device) -> dict[str, Any]:
        return presence_form(device)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        site = attrs.get("site", self.instance.site if self.instance else None)
        check_site(self.context["request"], site.pk if site else None)
        if not Scope.of(self.context["request"]).sees_site(site.pk if site else None):
            # Written where its writer may not look, it would be gone for them.
            raise serializers.ValidationError({"site": ["Name a site you may see."]})
        if attrs.get("mqtt_filters"):
            self._check_filters(attrs, site.pk if site else None)
        return attrs

    def _check_filters(self, attrs: dict[str, Any], site_id: int | None) -> None:
        uid = self.instance.uid if self.instance else attrs.get("uid")
        try:
            check_given(Scope.of(self.context["request"]), attrs["mqtt_filters"], uid, site_id)
        except DjangoValidationError as exc:
            raise serializers.ValidationError({"mqtt_filters": exc.messages}) from exc

    def validate_uid(self, uid: str) -> str:
        if self.instance is not None and uid != self.instance.uid:
            raise serializers.ValidationError(
                "The uid is part of the device's topics and cannot change. Register a new device."
            )
        return uid


class NewDeviceSerializer(DeviceSerializer):
    """A device just registered: the only time its token can be read."""

    was = None  # it never was anything
    token = serializers.CharField(
        read_only=True, help_text="Shown once. Keep it on the device; only its digest is stored."
    )

    class Meta(DeviceSerializer.Meta):
        fields = [*DeviceSerializer.Meta.fields, "token"]
        list_serializer_class = BulkSerializer
        # Without DRF's unique check, one query a row; `conflicts` asks once for all of them.
        extra_kwargs = {
            "uid": {
                "validators": list(Device._meta.get_field("uid").validators),
                "trim_whitespace": False,  # " a" is a mistake somewhere, not the device "a"
            }
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if not isinstance(self.parent, BulkSerializer):
            errors = self.conflicts([attrs])[0]
            if errors:
                raise serializers.ValidationError(errors)
        return attrs

    def preload(self, rows: list[dict[str, Any]]) -> None:
        slugs = (row.get("site") for row in rows)
        self.fields["site"].preload({slug for slug in slugs if isinstance(slug, str)})

    def conflicts(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        uids = [row["uid"] for row in rows]
        taken = Device.taken(uids)
        removed = Device.removed(taken)
        seen: set[str] = set()
        errors: list[dict[str, Any]] = []
        for row in rows:
            uid = row["uid"]
            if uid in removed:
                errors.append({"uid": [REMOVED]})
            elif uid in taken:
                errors.append({"uid": [TAKEN]})
            elif uid in seen:
                errors.append({"uid": ["An earlier row of this array has the same uid."]})
            else:
                errors.append({})
            seen.add(uid)
        return errors

    def create(self, validated_data: dict[str, Any]) -> Device:
        return self.create_all([validated_data])[0]

    def create_all(self, rows: list[dict[str, Any]]) -> list[Device]:
        devices = [Device(**{"name": row["uid"], **row}) for row in rows]
        for device in devices:
            device.issue_token()
            # Nobody has heard a new device; without this the answer asks once for each.
            Device._meta.get_field("presence").set_cached_value(device, None)
        insert_all(devices)
        announce_devices("created", [device.pk for device in devices])
        pairs = zip(devices, rows, strict=True)
        each = {device.pk: given for device, row in pairs if (given := _given(row))}
        told = {"each": each} if each else {}
        signals.tell("registered", devices, self.context["request"].user, **told)
        return devices


def _given(row: dict[str, Any]) -> dict[str, list[Any]]:
    """What a device was registered with, from nothing to what by field."""
    site = row.get("site")
    given = {**row, "site": site and site.slug}
    return {name: [None, value] for name, value in given.items() if value and name != "uid"}
