"""People and what they may do, for those who administer."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Max, Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import granting
from access.permission import Needs
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.api.strict import Strict
from devices.models import Site
from devices.summary import unix_ms

MAX_PEOPLE = 1_000  # of one answer
ROLES = {role.label: role for role in Role}
TAGS = ["People"]


class GrantShape(serializers.Serializer):
    role = serializers.ChoiceField(choices=list(ROLES))
    site = serializers.CharField(allow_null=True, help_text="Its slug; null: every site.")
    site_name = serializers.CharField(allow_null=True)


class PersonShape(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    active = serializers.BooleanField()
    superuser = serializers.BooleanField(help_text="Administers everything without a grant.")
    signed_in = serializers.IntegerField(allow_null=True, help_text="When last; Unix milliseconds.")
    grants = GrantShape(many=True, help_text="At the sites you administer, and for every site.")


class PeopleListShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    people = PersonShape(many=True)


class GivenSerializer(Strict):
    role = serializers.ChoiceField(choices=list(ROLES))
    site = serializers.SlugField(
        max_length=64, allow_null=True, default=None, help_text="Null: every site."
    )


class NewPersonGrantSerializer(GivenSerializer):
    name = serializers.CharField(max_length=150, help_text="The account's name.")


class PersonChangeSerializer(Strict):
    active = serializers.BooleanField()


class PeopleView(APIView):
    @extend_schema(
        operation_id="people_list", summary="List people and their roles", tags=TAGS,
        description="Who has a role where you administer.", responses=PeopleListShape,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        found = _people(request).order_by("username")[:MAX_PEOPLE]
        return Response({"now": clock.now_ms(), "people": [_shape(each) for each in found]})

    @extend_schema(
        operation_id="people_grant", summary="Give an account a role", tags=TAGS,
        request=NewPersonGrantSerializer, responses=PersonShape,
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        given = NewPersonGrantSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        site = _site(request, given.validated_data)
        user = User.objects.filter(username=given.validated_data["name"], is_active=True).first()
        if user is None:
            raise ValidationError({"name": ["Nobody has this name."]})
        return _given(request, user, given.validated_data, site)


class PersonView(APIView):
    @extend_schema(
        operation_id="people_change", summary="Let an account in, or no more", tags=TAGS,
        description="For who administers every site.", request=PersonChangeSerializer,
        responses=PersonShape,
    )  # fmt: skip
    def patch(self, request: Request, person_id: int) -> Response:
        user = _person(request, person_id)
        wanted = PersonChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        by = User.objects.get(pk=request.user.pk)
        if not Scope.of(request).may_administer(None):
            raise Needs(Role.ADMINISTRATOR, "for every site")
        _told(lambda: granting.set_active(by, user, wanted.validated_data["active"]))
        return Response(_shape(_person(request, person_id)))


class PersonGrantsView(APIView):
    @extend_schema(
        operation_id="people_grants_put", summary="Give somebody a role at a site", tags=TAGS,
        description="In place of what they have there.", request=GivenSerializer,
        responses=PersonShape,
    )  # fmt: skip
    def put(self, request: Request, person_id: int) -> Response:
        user = _person(request, person_id)
        given = GivenSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        site = _site(request, given.validated_data)
        return _given(request, user, given.validated_data, site)

    @extend_schema(
        operation_id="people_grants_take", summary="Take somebody's role at a site", tags=TAGS,
        parameters=[OpenApiParameter("site", str, description="Its slug; none: every site.")],
        responses={204: None},
    )  # fmt: skip
    def delete(self, request: Request, person_id: int) -> Response:
        user = _person(request, person_id)
        site = _site(request, {"site": request.query_params.get("site") or None})
        _told(lambda: granting.take(Scope.of(request), user, site))
        return Response(status=204)


def _people(request: Request) -> Any:
    scope = Scope.seen_by(request).where(Role.ADMINISTRATOR)
    if scope.sites == frozenset():
        raise Needs(Role.ADMINISTRATOR, "at some site")
    told = granting.grants(scope).select_related("site").order_by("site__name", "pk")
    people = granting.people(scope).prefetch_related(Prefetch("grants", told, to_attr="told"))
    return people.annotate(seen_at=Max("signin__seen_at"))


def _person(request: Request, person_id: int) -> Any:
    return get_object_or_404(_people(request), pk=person_id)


def _site(request: Request, given: dict[str, Any]) -> Site | None:
    if (slug := given["site"]) is None:
        return None
    site = Site.objects.visible_to(Scope.seen_by(request)).filter(slug=slug).first()
    if site is None:
        raise ValidationError({"site": [f"No site has the slug {slug!r}."]})
    return site


def _given(request: Request, user: User, given: dict[str, Any], site: Site | None) -> Response:
    _told(lambda: granting.give(Scope.of(request), user, ROLES[given["role"]], site))
    return Response(_shape(_person(request, user.pk)))


def _told(work: Any) -> None:
    try:
        work()
    except granting.NotYours as exc:
        raise Needs(Role.ADMINISTRATOR, "for what you give or take") from exc
    except granting.LastAdministrator as exc:
        raise ValidationError({"detail": str(exc)}) from exc


def _shape(user: Any) -> dict[str, Any]:
    last = max((at for at in (user.seen_at, user.last_login) if at is not None), default=None)
    return {
        "id": user.pk,
        "name": user.get_username(),
        "active": user.is_active,
        "superuser": user.is_superuser,
        "signed_in": unix_ms(last),
        "grants": [
            {
                "role": Role(each.role).label,
                "site": each.site and each.site.slug,
                "site_name": each.site and each.site.name,
            }
            for each in user.told
        ],
    }
