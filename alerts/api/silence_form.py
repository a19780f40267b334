"""A silence in JSON: how it looks, and what is accepted of one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.permission import check_named
from access.scope import Scope
from alerts import silences
from alerts.models import AlertRule, Silence
from alerts.models.silence import MAX_REASON
from devices.api.fields import LineField
from devices.api.strict import Strict
from devices.models import Device, Site
from telemetry.api.moment import MomentField


class Named(serializers.SlugRelatedField):
    """A row by a name, among those the caller sees; what he may not change is refused."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return super().to_internal_value(data)
        except ValidationError:
            if isinstance(data, str | int) and "\x00" not in str(data):
                named = {self.slug_field: data}
                check_named(self.context["request"], self.queryset.model, **named)
            raise

    def get_queryset(self) -> QuerySet:
        return self.queryset.model.objects.visible_to(Scope.of(self.context["request"]))


class SilenceSerializer(Strict, serializers.ModelSerializer):
    site = Named(
        slug_field="slug", queryset=Site.objects.none(), allow_null=True, required=False,
        help_text="A site's slug.",
    )  # fmt: skip
    device = Named(
        slug_field="uid", queryset=Device.objects.none(), allow_null=True, required=False,
        help_text="A device's uid.",
    )  # fmt: skip
    rule = Named(
        slug_field="id", queryset=AlertRule.objects.none(), allow_null=True, required=False,
        help_text="A rule's id.",
    )  # fmt: skip
    rule_name = serializers.CharField(
        source="rule.name", default=None, read_only=True, allow_null=True
    )
    site_name = serializers.CharField(
        source="site.name", default=None, read_only=True, allow_null=True
    )
    device_name = serializers.CharField(
        source="device.name", default=None, read_only=True, allow_null=True
    )
    stands_at = serializers.SerializerMethodField(
        help_text="The slug of the site whose roles count for it; null: of no site."
    )
    starts_at = MomentField(required=False, help_text="Without it, now.")
    ends_at = MomentField(allow_null=True, required=False, help_text="null: until it is ended.")
    recurrence = serializers.JSONField(
        allow_null=True, required=False,
        help_text='Only in these hours of each week: {"zone": "Europe/Berlin", "days": [1, 5], '
        '"from": "22:00", "to": "06:00"}; Monday is 1.',
    )  # fmt: skip
    reason = LineField(max_length=MAX_REASON, allow_blank=True, default="")
    created_by = serializers.SlugRelatedField(
        slug_field="username", read_only=True, allow_null=True, help_text="null: the server."
    )
    holds = serializers.SerializerMethodField(help_text="Whether it holds now.")
    held_back = serializers.SerializerMethodField(help_text="Alerts that stand and that it is for.")

    class Meta:
        model = Silence
        fields = [
            "id", "site", "site_name", "device", "device_name", "rule", "rule_name",
            "stands_at", "starts_at",
            "ends_at", "recurrence", "reason", "created_by", "holds", "held_back",
        ]  # fmt: skip
        read_only_fields = ["id"]

    def get_stands_at(self, silence: Silence) -> str | None:
        site = silence.device.site if silence.device is not None else silence.site
        return site.slug if site else None

    def get_holds(self, silence: Silence) -> bool:
        return silences.holds(silence, self.context["now"])

    def get_held_back(self, silence: Silence) -> int:
        return sum(
            silences.fits(silence, site=site, device=device, rule=rule)
            for site, device, rule in self.context["standing"]
        )

    def validate_recurrence(self, value: Any) -> Any:
        if value is not None:
            try:
                silences.read_recurrence(value)
            except silences.InvalidRecurrence as exc:
                raise ValidationError({name: [said] for name, said in exc.errors.items()}) from exc
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        before = self.instance
        start = attrs.get("starts_at") or (before.starts_at if before else self.context["now"])
        stop = attrs.get("ends_at", before.ends_at if before else None)
        if stop is not None and stop <= start:
            raise ValidationError({"ends_at": ["It ends before it begins."]})
        device, site = attrs.get("device"), attrs.get("site")
        site = device.site if device is not None else site
        if attrs.get("recurrence") and site is not None and site.zone:
            attrs["recurrence"] = {"zone": site.zone, **attrs["recurrence"]}
        return attrs | {"starts_at": start}
