"""REST: teams, which stand at no site."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, checked, for_change
from access.scope import Scope
from devices.api.fields import LineField
from devices.api.strict import Strict
from notifications.api.fields import UserField
from notifications.api.noted import Noted
from notifications.api.saving import deleted, saved
from notifications.models import Team
from notifications.models.channel import MAX_NAME
from shiftlog.models import Kind
from telemetry.series.said import marked

MAX_MEMBERS = 50  # of a team


class TeamSerializer(Strict):
    id = serializers.IntegerField(read_only=True)
    name = LineField(max_length=MAX_NAME)
    members = serializers.ListField(child=UserField(), max_length=MAX_MEMBERS)

    def to_representation(self, instance: Team) -> dict[str, Any]:
        names = sorted(member.get_username() for member in instance.members.all())
        return {"id": instance.pk, "name": instance.name, "members": names}


NOTED = Noted(Kind.TEAM_CHANGED, marked("The team {name}"), lambda team: TeamSerializer(team).data)


class TeamsShape(serializers.Serializer):
    teams = TeamSerializer(many=True)


class TeamsView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="notifications_teams",
        summary="List teams",
        tags=["Notifications"],
        responses=TeamsShape,
    )
    def get(self, request: Request) -> Response:
        visible = Team.objects.visible_to(Scope.of(request))
        teams = visible.prefetch_related("members").order_by("name")
        return Response({"teams": TeamSerializer(teams, many=True).data})

    @extend_schema(
        operation_id="notifications_teams_create",
        summary="Add a team",
        tags=["Notifications"],
        request=TeamSerializer,
        responses={201: TeamSerializer},
    )
    def post(self, request: Request) -> Response:
        return Response(_saved_team(request, Team()), status=201)


class TeamView(APIView):
    @extend_schema(
        operation_id="notifications_teams_get",
        summary="One team",
        tags=["Notifications"],
        responses=TeamSerializer,
    )
    def get(self, request: Request, team_id: int) -> Response:
        return Response(TeamSerializer(_team(request, team_id)).data)

    @extend_schema(
        operation_id="notifications_teams_change",
        summary="Change a team",
        tags=["Notifications"],
        request=TeamSerializer(partial=True),
        responses=TeamSerializer,
    )
    @transaction.atomic
    def patch(self, request: Request, team_id: int) -> Response:
        return Response(_saved_team(request, _team(request, team_id)))

    @extend_schema(
        operation_id="notifications_teams_delete",
        summary="Delete a team",
        tags=["Notifications"],
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, team_id: int) -> Response:
        return deleted(request, _team(request, team_id), NOTED)


def _team(request: Request, team_id: int) -> Team:
    visible = Team.objects.visible_to(Scope.seen_by(request))
    return checked(request, get_object_or_404(for_change(request, visible), pk=team_id))


def _saved_team(request: Request, team: Team) -> Any:
    given = TeamSerializer(data=request.data, partial=team.pk is not None)
    given.is_valid(raise_exception=True)
    facts = given.validated_data
    members = facts.pop("members", None)

    def joined() -> None:
        if members is not None:
            team.members.set(members)

    saved(request, team, facts, joined, NOTED)
    return TeamSerializer(team).data
