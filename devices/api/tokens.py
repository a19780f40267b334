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

from access.permission import given_to
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.api.authentication import ApiTokenAuthentication, PasswordAuthentication
from devices.api.fields import LineField
from devices.api_token_name import ApiTokenName
from devices.models import Site

# What a token may do at most, by the name it has here.
REACHES = {"read": Role.VIEWER, "write": Role.OPERATOR, "admin": Role.ADMINISTRATOR}
NAMES = {role: name for name, role in REACHES.items()}
FURTHER = "A token makes none that reaches further than itself, or lasts longer."


class ApiTokenSerializer(serializers.ModelSerializer):
    name = serializers.CharField(read_only=True, allow_null=True, source="given_name")
    used = serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        source="used_at",
        help_text="Its last use, within a minute or two; null: never.",
    )

    scope = serializers.SerializerMethodField(
        help_text="What it may do at most: read, write (as an operator) or admin."
    )
    sites = serializers.SerializerMethodField(
        help_text="The slugs of the only sites it reaches; null: all that you see."
    )

    class Meta:
        model = AuthToken
        fields = ["token_key", "name", "scope", "sites", "created", "expiry", "used"]

    def get_scope(self, token: AuthToken) -> str:
        given = getattr(token, "given", None)
        return NAMES[Role.ADMINISTRATOR if given is None else given.role]

    def get_sites(self, token: AuthToken) -> list[str] | None:
        given = getattr(token, "given", None)
        if given is None or given.every_site:
            return None
        return sorted(site.slug for site in given.sites.all())


class NewApiTokenSerializer(serializers.Serializer):
    """What a new token is made of; `token` is shown this once."""

    name = LineField(
        max_length=80, required=False, default="", help_text="What uses it, to tell yours apart."
    )
    expiry = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="Null: until revoked."
    )
    scope = serializers.ChoiceField(
        choices=list(REACHES),
        default="admin",
        help_text="What it may do at most, besides what you may: read, write (as an operator),"
        " admin (all that you may).",
    )
    sites = serializers.ListField(
        child=serializers.SlugField(max_length=64),
        allow_null=True,
        allow_empty=False,
        max_length=100,
        default=None,
        help_text="The slugs of the only sites it reaches; null: all that you see.",
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
        self._check_reach(attrs)
        return attrs

    def _check_reach(self, attrs: dict[str, Any]) -> None:
        request = self.context["request"]
        slugs = attrs["sites"]
        found = list(Site.objects.visible_to(Scope.of(request)).filter(slug__in=slugs or []))
        if missing := sorted(set(slugs or []) - {site.slug for site in found}):
            raise serializers.ValidationError({"sites": [f"No site has the slug {missing[0]!r}."]})
        attrs["found"] = found
        by = request.auth
        if not isinstance(by, AuthToken):
            return
        role = REACHES[attrs["scope"]]
        wanted = Scope.granted(
            (role, site) for site in ([s.pk for s in found] if slugs else [None])
        )
        given = getattr(by, "given", None)
        further = given is not None and given.reach() & wanted != wanted
        longer = by.expiry is not None and (attrs["expiry"] is None or attrs["expiry"] > by.expiry)
        if further or longer:
            raise serializers.ValidationError({"expiry" if longer else "scope": [FURTHER]})

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> dict[str, Any]:
        made, token = AuthToken.objects.create(self.context["request"].user, None)
        # Knox takes both from the clock of this host.
        made.expiry, made.created = validated_data["expiry"], clock.now()
        made.save(update_fields=["expiry", "created"])
        given = ApiTokenName.objects.create(
            token=made,
            name=validated_data["name"],
            role=REACHES[validated_data["scope"]],
            every_site=validated_data["sites"] is None,
        )
        given.sites.set(validated_data["found"])
        facts = {"token_key": made.token_key, "created": made.created, "expiry": made.expiry}
        asked = {name: validated_data[name] for name in ("name", "scope", "sites")}
        return {**asked, "token": token, **facts}


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
    checks_reach = True  # what a token makes reaches no further than itself

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
        if (by := given_to(self.request)) is not None:
            mine = mine.filter(pk__in=by.no_further())
        return (
            mine.annotate(
                given_name=NullIf(F("given__name"), Value("")), used_at=F("given__used_at")
            )
            .select_related("given")
            .prefetch_related("given__sites")
            .order_by("-created", "pk")
        )

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
