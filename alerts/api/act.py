"""What people do about alerts, one or many in one request: `alerts/acknowledge/` and the like.

Each alert is answered by itself: what was done, or in words why it was not. When none of them is
there, 404.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import granting
from access.permission import check_named
from access.roles import Role
from access.scope import Scope
from alerts import actions
from alerts.api.shapes import AlertShape
from alerts.form import alert_form, with_all
from alerts.models import Alert
from devices import clock
from devices.api.fields import ProseField
from devices.api.strict import Strict
from telemetry.api import parameters as query
from telemetry.api.moment import MomentField

MAX_AT_ONCE = 200  # alerts of one request
MAX_PEOPLE = 500  # people to choose from
NOT_THERE = "There is no such alert, or it is gone."


class IdsSerializer(Strict):
    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=MAX_AT_ONCE,
    )


class AcknowledgeSerializer(IdsSerializer):
    note = ProseField(max_length=actions.MAX_NOTE, allow_blank=True, default="")


class AssignSerializer(IdsSerializer):
    to = serializers.CharField(max_length=150, allow_null=True, help_text="A user's name, or null.")


class SnoozeSerializer(IdsSerializer):
    until = MomentField(allow_null=True, help_text="null: no more.")


class CommentSerializer(IdsSerializer):
    text = ProseField(max_length=actions.MAX_NOTE)


class DoneShape(serializers.Serializer):
    id = serializers.IntegerField()
    changed = serializers.BooleanField()
    detail = serializers.CharField(help_text="In words, why nothing was changed.")
    alert = AlertShape(allow_null=True, help_text="As it is now; null: it is gone.")


class ActedShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    alerts = DoneShape(many=True)


class PeopleShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    people = serializers.ListField(child=serializers.CharField())


def acts(name: str, summary: str, shape: type[IdsSerializer]) -> Any:
    return extend_schema(
        operation_id=f"alerts_{name}",
        summary=summary,
        tags=["Alerts"],
        request=shape,
        responses=ActedShape,
    )


class AcknowledgeView(APIView):
    change_needs = Role.OPERATOR

    @acts("acknowledge", "Acknowledge alerts", AcknowledgeSerializer)
    def post(self, request: Request) -> Response:
        given = _given(request, AcknowledgeSerializer)
        return _answer(request, given, partial(actions.acknowledge, note=given["note"]))


class UnacknowledgeView(APIView):
    change_needs = Role.OPERATOR

    @acts("unacknowledge", "Have alerts be nobody's again", IdsSerializer)
    def post(self, request: Request) -> Response:
        return _answer(request, _given(request, IdsSerializer), actions.unacknowledge)


class AssignView(APIView):
    change_needs = Role.OPERATOR

    @acts("assign", "Assign alerts to somebody", AssignSerializer)
    def post(self, request: Request) -> Response:
        given = _given(request, AssignSerializer)
        to = None
        if given["to"] is not None:
            to = _assignable(request).filter(username=given["to"]).first()
            if to is None:
                raise ValidationError({"to": ["Nobody has this name."]})
        return _answer(request, given, partial(actions.assign, to=to))


class SnoozeView(APIView):
    change_needs = Role.OPERATOR

    @acts("snooze", "Have alerts be quiet until a time", SnoozeSerializer)
    def post(self, request: Request) -> Response:
        given = _given(request, SnoozeSerializer)
        return _answer(request, given, partial(actions.snooze, until=given["until"]))


class CommentView(APIView):
    change_needs = Role.OPERATOR

    @acts("comment", "Say something about alerts", CommentSerializer)
    def post(self, request: Request) -> Response:
        given = _given(request, CommentSerializer)
        return _answer(request, given, partial(actions.comment, text=given["text"]))


class PeopleView(APIView):
    @extend_schema(
        operation_id="alerts_people",
        summary="Whom an alert may be assigned to",
        description="Operators of something that you see.",
        tags=["Alerts"],
        responses=PeopleShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        names = list(_assignable(request).values_list("username", flat=True)[:MAX_PEOPLE])
        return Response({"now": clock.now_ms(), "people": names})


def _assignable(request: Request) -> QuerySet[User]:
    there = granting.holders(Scope.of(request).sites, Role.OPERATOR)
    return there.filter(is_active=True).order_by("username")


def _given(request: Request, shape: type[IdsSerializer]) -> dict[str, Any]:
    sent = shape(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def _answer(
    request: Request,
    given: dict[str, Any],
    act: Callable[[int, Scope, User | None], actions.Answer],
) -> Response:
    """Do it to each, in the order of their ids, so that two requests never wait for each other."""
    check_named(request, Alert, pk__in=given["ids"])
    scope = Scope.of(request)
    by = request.user if isinstance(request.user, User) else None
    done: dict[int, tuple[bool, str]] = {}
    for alert_id in sorted(set(given["ids"])):
        try:
            answer = act(alert_id, scope, by)
            done[alert_id] = (answer.changed, answer.detail)
        except actions.Refused as exc:
            done[alert_id] = (False, str(exc))
        except actions.NoSuchAlert:
            done[alert_id] = (False, NOT_THERE)
    now = with_all(Alert.objects.visible_to(scope)).in_bulk(list(done))
    if not now:
        raise NotFound(NOT_THERE)
    answers = [
        {
            "id": alert_id,
            "changed": changed,
            "detail": detail,
            "alert": alert_form(now[alert_id]) if alert_id in now else None,
        }
        for alert_id, (changed, detail) in done.items()
    ]
    return Response({"now": clock.now_ms(), "alerts": answers})
