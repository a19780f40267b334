"""REST: rotas, which stand at no site, and who stands in for whom."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, checked, for_change
from access.roles import Role
from access.scope import Scope
from devices import clock
from notifications.api.fields import changed
from notifications.api.noted import Noted
from notifications.api.rota_shapes import RotaSerializer, RotasShape, SubstitutionSerializer
from notifications.api.saving import deleted, saved
from notifications.models import Rota, RotaMember
from shiftlog.models import Kind
from telemetry.series.said import marked

MAX_SUBSTITUTIONS = 200  # of one rota that are not over


def _form(rota: Rota) -> dict[str, Any]:
    """Without what time alone changes."""
    form = RotaSerializer(rota).data
    return {name: value for name, value in form.items() if name != "duties"}


NOTED = Noted(Kind.ROTA_CHANGED, marked("The rota {name}"), _form)


class RotasView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="notifications_rotas",
        summary="List rotas, with who is on call",
        tags=["Notifications"],
        responses=RotasShape,
    )
    def get(self, request: Request) -> Response:
        visible = Rota.objects.visible_to(Scope.of(request))
        rotas = visible.prefetch_related(
            "places__user", "substitutions__user", "substitutions__created_by"
        ).order_by("name")
        shown = RotaSerializer(rotas, many=True).data
        return Response({"now": clock.now_ms(), "rotas": shown})

    @extend_schema(
        operation_id="notifications_rotas_create",
        summary="Add a rota",
        tags=["Notifications"],
        request=RotaSerializer,
        responses={201: RotaSerializer},
    )
    def post(self, request: Request) -> Response:
        return Response(_saved_rota(request, Rota()), status=201)


class RotaView(APIView):
    @extend_schema(
        operation_id="notifications_rotas_get",
        summary="One rota",
        tags=["Notifications"],
        responses=RotaSerializer,
    )
    def get(self, request: Request, rota_id: int) -> Response:
        return Response(RotaSerializer(_rota(request, rota_id)).data)

    @extend_schema(
        operation_id="notifications_rotas_change",
        summary="Change a rota",
        tags=["Notifications"],
        request=RotaSerializer(partial=True),
        responses=RotaSerializer,
    )
    @transaction.atomic
    def patch(self, request: Request, rota_id: int) -> Response:
        return Response(_saved_rota(request, _rota(request, rota_id)))

    @extend_schema(
        operation_id="notifications_rotas_delete",
        summary="Delete a rota",
        tags=["Notifications"],
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, rota_id: int) -> Response:
        return deleted(request, _rota(request, rota_id), NOTED)


class SubstitutionsView(APIView):
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="notifications_substitute",
        summary="Have somebody else on call for a time",
        description="Of two at one time the one that was made later counts.",
        tags=["Notifications"],
        request=SubstitutionSerializer,
        responses={201: RotaSerializer},
    )
    @transaction.atomic
    def post(self, request: Request, rota_id: int) -> Response:
        rota = _rota(request, rota_id)
        given = SubstitutionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        if rota.substitutions.filter(ends_at__gt=clock.now()).count() >= MAX_SUBSTITUTIONS:
            raise ValidationError({"detail": f"There are {MAX_SUBSTITUTIONS} already."})
        before = NOTED.form(rota)
        rota.substitutions.create(
            starts_at=facts["starts"],
            ends_at=facts["ends"],
            user=facts["user"],
            created_by=request.user,
        )
        NOTED.note(rota, before, NOTED.form(rota), request)
        changed()
        return Response(RotaSerializer(rota).data, status=201)


class SubstitutionView(APIView):
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="notifications_substitute_delete",
        summary="Take a substitution back",
        tags=["Notifications"],
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, rota_id: int, substitution_id: int) -> Response:
        rota = _rota(request, rota_id)
        before = NOTED.form(rota)
        get_object_or_404(rota.substitutions, pk=substitution_id).delete()
        NOTED.note(rota, before, NOTED.form(rota), request)
        changed()
        return Response(status=204)


def _rota(request: Request, rota_id: int) -> Rota:
    visible = Rota.objects.visible_to(Scope.seen_by(request))
    return checked(request, get_object_or_404(for_change(request, visible), pk=rota_id))


def _saved_rota(request: Request, rota: Rota) -> Any:
    given = RotaSerializer(data=request.data, partial=rota.pk is not None)
    given.is_valid(raise_exception=True)
    facts = given.validated_data
    members = facts.pop("members", None)

    def placed() -> None:
        if members is not None:
            rota.places.all().delete()
            RotaMember.objects.bulk_create(
                RotaMember(rota=rota, position=position, user=user)
                for position, user in enumerate(members)
            )

    saved(request, rota, facts, placed, NOTED)
    return RotaSerializer(rota).data
