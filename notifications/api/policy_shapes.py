"""How policies look over REST, and what is accepted of them."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from access.scope import Scope
from devices.api.fields import LineField, PreloadedSlugField
from devices.api.strict import Strict
from devices.models import Site
from notifications.api.fields import LabelsField, MomentField, SeverityField, UserField
from notifications.models import Channel, Policy, PolicyStep, Rota, Team
from notifications.models.channel import MAX_NAME

NAMED = ("users", "teams", "rotas", "channels")  # by a step
MAX_STEPS = 10  # of a policy
MAX_NAMED = 30  # of a kind that a step names
MAX_MINUTES = 7 * 24 * 60  # between two steps
MAX_REPEAT = 9


class NamedField(serializers.PrimaryKeyRelatedField):
    """A row by its id, among those that may be seen; of channels the shared ones."""

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        super().__init__(
            queryset=model._default_manager.none(),
            error_messages={"does_not_exist": "There is none with the id {pk_value}."},
            **kwargs,
        )

    def get_queryset(self) -> Any:
        rows = self.model.objects.visible_to(Scope.of(self.context["request"]))  # type: ignore[attr-defined]
        return rows.filter(owner=None) if self.model is Channel else rows


class StepSerializer(Strict):
    minutes = serializers.IntegerField(
        min_value=1, max_value=MAX_MINUTES, help_text="Until the next step, not acknowledged."
    )
    users = serializers.ListField(child=UserField(), max_length=MAX_NAMED, default=list)
    teams = serializers.ListField(child=NamedField(Team), max_length=MAX_NAMED, default=list)
    rotas = serializers.ListField(child=NamedField(Rota), max_length=MAX_NAMED, default=list)
    channels = serializers.ListField(
        child=NamedField(Channel), max_length=MAX_NAMED, default=list, help_text="Shared ones."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs[name] for name in NAMED):
            raise ValidationError("Name somebody: an account, a team, a rota or a shared channel.")
        return super().validate(attrs)

    def to_representation(self, instance: PolicyStep) -> dict[str, Any]:
        return {
            "minutes": instance.minutes,
            "users": sorted(user.get_username() for user in instance.users.all()),
            **{
                name: sorted(each.pk for each in getattr(instance, name).all())
                for name in ("teams", "rotas", "channels")
            },
        }


class StepsField(serializers.ListField):
    """Whole steps, also where a policy is changed field by field."""

    child = StepSerializer()

    def run_child_validation(self, data: Any) -> Any:
        steps = [StepSerializer(data=each, context=self.context) for each in data]
        for step in steps:
            step.is_valid(raise_exception=True)
        return [step.validated_data for step in steps]


class PolicySerializer(Strict):
    id = serializers.IntegerField(read_only=True)
    name = LineField(max_length=MAX_NAME)
    enabled = serializers.BooleanField(default=True)
    minimum = SeverityField(default="warning", help_text="It is for alerts from this severity on.")
    site = PreloadedSlugField(
        Site,
        slug_field="slug",
        allow_null=True,
        default=None,
        help_text="Null: every site.",
        error_messages={"does_not_exist": "No site has the slug {value!r}."},
    )
    labels = LabelsField(default=dict, help_text="Each must be a label of the alert.")
    repeat = serializers.IntegerField(
        default=0, min_value=0, max_value=MAX_REPEAT, help_text="Times the steps begin anew."
    )
    steps = StepsField(max_length=MAX_STEPS, min_length=1)

    def to_representation(self, instance: Policy) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "name": instance.name,
            "enabled": instance.enabled,
            "minimum": instance.minimum,
            "site": instance.site.slug if instance.site else None,
            "labels": instance.labels,
            "repeat": instance.repeat,
            "steps": [StepSerializer(step).data for step in instance.steps.all()],
        }


class PoliciesShape(serializers.Serializer):
    policies = PolicySerializer(many=True)


class TrialSerializer(Strict):
    """An alert that is made up."""

    severity = SeverityField()
    site = PreloadedSlugField(
        Site,
        slug_field="slug",
        allow_null=True,
        default=None,
        error_messages={"does_not_exist": "No site has the slug {value!r}."},
    )
    labels = LabelsField(default=dict)
    at = MomentField(required=False, help_text="When it fires; without it: now.")


class WouldBeToldShape(serializers.Serializer):
    who = serializers.CharField()
    why = serializers.CharField(help_text="As in the list of decisions.")
    at = MomentField(allow_null=True, help_text="Null: never.")
    said = serializers.CharField(help_text="In words; times in UTC.")
    channels = serializers.ListField(child=serializers.CharField())


class TrialStepShape(serializers.Serializer):
    policy = serializers.CharField()
    at = MomentField()
    told = WouldBeToldShape(many=True)


class TrialShape(serializers.Serializer):
    steps = TrialStepShape(many=True)
