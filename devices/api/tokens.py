"""API tokens: an operator makes, lists and revokes their own."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import NullIf
from drf_spectacular.utils import extend_schema, extend_schema_view
from knox.models import AuthToken
from knox.settings import knox_settings
from rest_framework import mixins, serializers, viewsets
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from access.roles import Role
from devices import clock
from devices.api.authentication import ApiTokenAuthentication, PasswordAuthentication
from devices.events import announce_account
from devices.models import ApiTokenName


class ApiTokenSerializer(serializers.ModelSerializer):
    name = serializers.CharField(read_only=True, allow_null=True, source="given_name")
    used = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        source="used_at",
        help_text="Its last use, within a minute or two; null: never.",
    )

    class Meta:
        model = AuthToken
        fields = ["token_key", "name", "created", "expiry", "used"]


class NewApiTokenSerializer(serializers.Serializer):
    """What a new token is made of; `token` is shown this once."""

    name = serializers.CharField(
        max_length=80, required=False, default="", help_text="What uses it, to tell yours apart."
    )
    expiry = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Null: until revoked."
    )
    token_key = serializers.CharField(read_only=True, help_text="Its public name, to revoke it.")
    created = serializers.DateTimeField(read_only=True)
    token = serializers.CharField(read_only=True)

    def validate_expiry(self, expiry: Any) -> Any:
        if expiry is not None and expiry <= clock.now():
            raise serializers.ValidationError("This time has passed.")
        return expiry

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        mine = AuthToken.objects.filter(user=self.context["request"].user)
        mine.filter(expiry__lte=clock.now()).delete()
        held = mine.count()
        if held >= knox_settings.TOKEN_LIMIT_PER_USER:
            raise serializers.ValidationError(f"You hold {held} tokens; revoke one first.")
        return attrs

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> dict[str, Any]:
        made, token = AuthToken.objects.create(self.context["request"].user, None)
        # Knox takes both from the clock of this host.
        made.expiry, made.created = validated_data["expiry"], clock.now()
        made.save(update_fields=["expiry", "created"])
        if validated_data["name"]:
            ApiTokenName.objects.create(token=made, name=validated_data["name"])
        announce_account(made.user.get_username())
        facts = {"token_key": made.token_key, "created": made.created, "expiry": made.expiry}
        return {"name": validated_data["name"], "token": token, **facts}


@extend_schema(tags=["API tokens"])
@extend_schema_view(
    list=extend_schema(summary="List your API tokens"),
    destroy=extend_schema(summary="Revoke one of your API tokens"),
)
class ApiTokenViewSet(
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet,
):
    """Your own tokens, for scripts. Besides a session or a token, name and password by HTTP Basic
    are accepted here, and only here."""

    change_needs = Role.VIEWER

    queryset = AuthToken.objects.none()  # for the schema; each caller has their own
    authentication_classes = [
        ApiTokenAuthentication,
        SessionAuthentication,
        PasswordAuthentication,
    ]
    serializer_class = ApiTokenSerializer
    lookup_field = "token_key"
    lookup_value_regex = "[A-Za-z0-9_]{1,25}"

    def get_queryset(self) -> QuerySet[AuthToken]:
        mine = AuthToken.objects.filter(user=self.request.user).exclude(expiry__lte=clock.now())
        return mine.annotate(
            given_name=NullIf(F("given__name"), Value("")), used_at=F("given__used_at")
        ).order_by("-created", "pk")

    def perform_destroy(self, instance: AuthToken) -> None:
        super().perform_destroy(instance)
        announce_account(instance.user.get_username())

    @extend_schema(
        summary="Make an API token",
        request=NewApiTokenSerializer,
        responses={201: NewApiTokenSerializer},
    )
    def create(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        serializer = NewApiTokenSerializer(data=request.data, context={"request": request})
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(serializer.data, status=201)
