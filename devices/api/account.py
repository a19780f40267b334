"""One's own account: the password, and where one is signed in. API tokens: `devices.api.tokens`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import password_validation, update_session_auth_hash
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.backend import is_own_password
from access.models import SignIn, end
from access.roles import Role
from access.tries import TooManyTries
from devices import clock
from devices.api.strict import Strict
from devices.events import announce_account
from devices.summary import unix_ms

MAX_PASSWORD = 1_000  # characters: a longer one only keeps the hash busy
MAX_SHOWN = 200  # sessions


class PasswordSerializer(Strict):
    current = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)
    new = serializers.CharField(max_length=MAX_PASSWORD, trim_whitespace=False)
    keep_tokens = serializers.BooleanField(
        default=False, help_text="Whether your API tokens go on; else they end with the password."
    )

    def validate_current(self, current: str) -> str:
        try:
            is_own = is_own_password(self.context["request"], current)
        except TooManyTries as exc:
            raise Throttled(wait=exc.wait) from exc
        if not is_own:
            raise serializers.ValidationError("This is not your password.")
        return current

    def validate_new(self, new: str) -> str:
        try:
            password_validation.validate_password(new, self.context["request"].user)
        except DjangoValidationError as exc:
            raise serializers.ValidationError(exc.messages) from exc
        return new


class PasswordView(APIView):
    change_needs = Role.VIEWER

    # A token that leaked must not take the account over.
    authentication_classes = [SessionAuthentication]

    @extend_schema(
        operation_id="account_password",
        summary="Change your password",
        description="With a session only. Your other sessions and your API tokens end.",
        tags=["Account"],
        request=PasswordSerializer,
        responses={204: None},
    )
    def post(self, request: Request) -> Response:
        wanted = PasswordSerializer(data=request.data, context={"request": request})
        wanted.is_valid(raise_exception=True)
        user: Any = request.user
        with transaction.atomic():
            user.set_password(wanted.validated_data["new"])
            user.keeps_tokens = wanted.validated_data["keep_tokens"]
            user.save(update_fields=["password"])
            update_session_auth_hash(request._request, user)  # the key of this session changes
            # Not announced: the page that asks would read again by the key it had until now.
            end(_own(request).exclude(session_key=request.session.session_key))
        return Response(status=204)


class SessionShape(serializers.Serializer):
    id = serializers.IntegerField()
    began = serializers.IntegerField(help_text="Unix milliseconds: its first request.")
    seen = serializers.IntegerField(help_text="Of its last request, within a minute or two.")
    address = serializers.CharField(allow_null=True, help_text="That it came from.")
    browser = serializers.CharField(help_text="As it names itself.")
    current = serializers.BooleanField(help_text="It is this one.")


class SessionsShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    sessions = SessionShape(many=True)


class EndedShape(serializers.Serializer):
    ended = serializers.IntegerField()


class SessionsView(APIView):
    change_needs = Role.VIEWER

    authentication_classes = [SessionAuthentication]

    @extend_schema(
        operation_id="account_sessions",
        summary="List where you are signed in",
        tags=["Account"],
        responses=SessionsShape,
    )
    def get(self, request: Request) -> Response:
        shown = _own(request).order_by("-seen_at", "-id")[:MAX_SHOWN]
        mine = request.session.session_key
        sessions = [
            {
                "id": each.pk,
                "began": unix_ms(each.began_at),
                "seen": unix_ms(each.seen_at),
                "address": each.address,
                "browser": each.browser,
                "current": each.session_key == mine,
            }
            for each in shown
        ]
        return Response({"now": clock.now_ms(), "sessions": sessions})

    @extend_schema(
        operation_id="account_sessions_end_others",
        summary="End all your other sessions",
        tags=["Account"],
        responses={200: EndedShape},
    )
    def delete(self, request: Request) -> Response:
        others = _own(request).exclude(session_key=request.session.session_key)
        ended = end(others)
        announce_account(request.user.get_username())
        return Response({"ended": ended})


class SessionView(APIView):
    change_needs = Role.VIEWER

    authentication_classes = [SessionAuthentication]

    @extend_schema(
        operation_id="account_sessions_end",
        summary="End one of your sessions",
        tags=["Account"],
        responses={204: None},
    )
    def delete(self, request: Request, session_id: int) -> Response:
        found = get_object_or_404(_own(request), pk=session_id)
        end(SignIn.objects.filter(pk=found.pk))
        announce_account(request.user.get_username())
        return Response(status=204)


def _own(request: Request) -> QuerySet[SignIn]:
    return SignIn.standing().filter(user_id=request.user.pk)
