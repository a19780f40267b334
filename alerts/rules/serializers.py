"""The shapes of rules over REST, and what is wrong with what was sent."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.permission import Needs
from access.roles import Role
from access.scope import Scope
from alerts.conditions import InvalidCondition, Subject, read, template
from alerts.conditions.deviation import Deviation
from alerts.models import AlertRule
from alerts.rules.counts import Counts
from alerts.rules.form import APPLIES, EMPTY
from alerts.rules.words import applies_to, holds
from devices.api.fields import LineField, PreloadedSlugField
from devices.api.strict import Strict
from devices.line import check_line
from devices.metadata import normalised_tags, validate_object
from devices.models import Device, Site

MAX_LABELS = 16  # labels of one rule
MAX_LABEL = 100  # characters of one's text

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}\Z", re.ASCII)


@extend_schema_field(OpenApiTypes.OBJECT)
class ObjectField(serializers.JSONField):
    """An object that Postgres can hold; what it means is read with the whole rule."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            validate_object(data, self.label or "", "Write an object.")
        except DjangoValidationError as exc:
            raise ValidationError(exc.messages) from exc
        return data


class DraftSerializer(Strict, serializers.ModelSerializer):
    """What a rule is for and what must hold there: enough to try it."""

    site = PreloadedSlugField(
        Site,
        slug_field="slug",
        allow_null=True,
        required=False,
        help_text="The slug of a site; null: every site.",
        error_messages={"does_not_exist": "No site has the slug {value!r}."},
    )
    device = PreloadedSlugField(
        Device,
        slug_field="uid",
        allow_null=True,
        required=False,
        help_text="The uid of one device; null: every one.",
        error_messages={"does_not_exist": "No device has the uid {value!r}."},
    )
    condition = ObjectField(label="A condition", help_text="docs/alerts.md has each type.")
    schedule = ObjectField(
        label="A schedule", allow_null=True, required=False, help_text="Null: always."
    )

    class Meta:
        model = AlertRule
        fields = [*APPLIES, "condition", "schedule"]

    def validate_tag(self, tag: str) -> str:
        return normalised_tags([tag])[0] if tag.strip() else ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        rule = self.drafted(attrs)
        scope = Scope.of(self.context["request"])
        if not _stands_in(scope, rule):
            if _stands_in(Scope.seen_by(self.context["request"]), rule):
                raise Needs(Role.ADMINISTRATOR, "where it applies")
            raise ValidationError({"site": ["Name a site or a device you may see."]})
        if rule.condition is not None:
            self._validate_meaning(Scope.seen_by(self.context["request"]), rule)
        return attrs | _in_zone_of_its_site(rule, attrs)

    def drafted(self, attrs: dict[str, Any]) -> AlertRule:
        """The rule as it would be, not stored."""
        facts = {**EMPTY, "condition": None}
        if self.instance is not None:
            facts |= {name: getattr(self.instance, name) for name in facts}
        facts |= {name: value for name, value in attrs.items() if name in facts}
        return AlertRule(**facts)

    def _validate_meaning(self, scope: Scope, rule: AlertRule) -> None:
        try:
            condition = read(rule.condition, rule.schedule)
        except InvalidCondition as exc:
            raise ValidationError(told(exc)) from exc
        if condition.subject is Subject.SERIES and not rule.metric:
            raise ValidationError({"metric": ["Name a metric, or * for every one."]})
        if condition.subject in (Subject.DEVICE, Subject.SEVERAL) and rule.metric:
            raise ValidationError({"metric": ["It is about devices: leave the metric empty."]})
        named = _devices_named(rule.condition)
        seen = Device.objects.visible_to(scope).filter(uid__in=named)
        missed = sorted(named - set(seen.values_list("uid", flat=True)))
        if missed:
            raise ValidationError({"condition": {"names": [f"No device has the uid {missed[0]}."]}})


class LabelsField(serializers.DictField):
    child = LineField(max_length=MAX_LABEL)

    def to_internal_value(self, data: Any) -> dict[str, str]:
        labels: dict[str, str] = super().to_internal_value(data)
        if len(labels) > MAX_LABELS:
            raise ValidationError([f"A rule has at most {MAX_LABELS} labels."])
        for name in labels:
            if not _LABEL.match(name):
                raise ValidationError([f"{name[:40]!r} is no name: letters, digits and _."])
        return labels


class AlertRuleSerializer(DraftSerializer):
    labels = LabelsField(required=False, help_text="Names with texts; notifications carry them.")
    applies = serializers.SerializerMethodField(help_text="What it is for, in words.")
    holds = serializers.SerializerMethodField(
        help_text="What must hold, in words; empty: this version cannot use it."
    )
    created_by = serializers.SlugRelatedField(
        slug_field="username", read_only=True, allow_null=True, help_text="null: the server."
    )

    class Meta(DraftSerializer.Meta):
        fields = [
            "id",
            "name",
            "enabled",
            "severity",
            *DraftSerializer.Meta.fields,
            "labels",
            "text",
            "runbook",
            "ready_made",
            "applies",
            "holds",
            "created_by",
            "created_at",
            "updated_at",
        ]
        read_only_fields = ["id", "ready_made", "created_at", "updated_at"]
        # Whether another has its name is asked when it is stored.
        extra_kwargs: ClassVar[dict[str, Any]] = {"name": {"validators": [check_line]}}

    def validate_text(self, text: str) -> str:
        try:
            template.check(text)
        except InvalidCondition as exc:
            raise ValidationError([exc.errors["text"]]) from exc
        return text

    def get_applies(self, rule: AlertRule) -> str:
        return applies_to(rule)

    def get_holds(self, rule: AlertRule) -> str:
        counted = self.context.get("counts", {}).get(rule.pk)
        try:
            return holds(rule, counted.unit if counted else "")
        except InvalidCondition:
            return ""


_STANDING = ["targets", "firing", "pending", "last_fired", "stands_at"]


class ListedRuleSerializer(AlertRuleSerializer):
    """A rule in the list, with how it stands."""

    targets = serializers.SerializerMethodField(help_text="Devices or series it is for.")
    firing = serializers.SerializerMethodField(help_text="How many of them it fires for.")
    pending = serializers.SerializerMethodField(help_text="For how many it may be about to.")
    last_fired = serializers.SerializerMethodField(help_text="Unix milliseconds, or null.")
    stands_at = serializers.SerializerMethodField(
        help_text="The slug of the site whose roles count for it; null: of no site."
    )

    class Meta(AlertRuleSerializer.Meta):
        fields = [*AlertRuleSerializer.Meta.fields, *_STANDING]

    def _counts(self, rule: AlertRule) -> Counts:
        found: Counts = self.context["counts"][rule.pk]
        return found

    def get_targets(self, rule: AlertRule) -> int:
        return self._counts(rule).targets

    def get_firing(self, rule: AlertRule) -> int:
        return self._counts(rule).firing

    def get_pending(self, rule: AlertRule) -> int:
        return self._counts(rule).pending

    def get_last_fired(self, rule: AlertRule) -> int | None:
        return self._counts(rule).last_fired

    def get_stands_at(self, rule: AlertRule) -> str | None:
        site = rule.site or (rule.device and rule.device.site)
        return site.slug if site else None


def _in_zone_of_its_site(rule: AlertRule, attrs: dict[str, Any]) -> dict[str, Any]:
    """Hours that are written without a zone, of a rule for one site, are by its clocks. That is
    written down: they do not move when the site's zone is set later."""
    site = rule.site or (rule.device.site if rule.device is not None else None)
    if site is None or not site.zone:
        return {}
    return {
        name: {"zone": site.zone, **attrs[name]}
        for name in ("schedule", "condition")
        if attrs.get(name) and (name == "schedule" or attrs[name].get("type") == Deviation.type)
    }


def told(exc: InvalidCondition) -> dict[str, Any]:
    """Mistakes by field of the rule: those of the condition below `condition`."""
    found: dict[str, Any] = {}
    for name, said in exc.errors.items():
        if name.startswith("schedule"):
            found.setdefault("schedule", {})[name.partition(".")[2] or "detail"] = [said]
        else:
            found.setdefault("condition", {})[name or "detail"] = [said]
    return found


def _devices_named(condition: dict[str, Any]) -> set[str]:
    """Uids of the devices an expression reads beside the one it is for."""
    names = condition.get("names")
    named = names.values() if isinstance(names, dict) else ()
    return {str(each["uid"]) for each in named if isinstance(each, dict) and "uid" in each}


def _stands_in(scope: Scope, rule: AlertRule) -> bool:
    """As `AlertRule.standing_at` of one that is not stored."""
    if scope.sees_everything:
        return True
    if rule.site_id is not None:
        return scope.sees_site(rule.site_id)
    return rule.device is not None and scope.sees_site(rule.device.site_id)
