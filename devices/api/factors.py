"""What one signs in with beside the password (`access.factor`). With a session alone, and after the
password once more: an open screen that somebody else finds must not become theirs."""

from __future__ import annotations

import base64
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import audit, factor
from access.backend import is_own_password
from access.factor import CodeApp, Passkey, RecoveryCode
from access.roles import Role
from access.tries import TooManyTries
from devices.api.account import MAX_PASSWORD
from devices.api.strict import Strict
from devices.events import announce_account
from devices.summary import unix_ms

SECRET = "new_app"  # noqa: S105 (in the session, until its first code is right)


class Confirmed(Strict):
    current = serializers.CharField(
        max_length=MAX_PASSWORD, trim_whitespace=False, default="", help_text="Your password."
    )

    def validate_current(self, current: str) -> str:
        request = self.context["request"]
        if not request.user.has_usable_password():  # signed in by another server
            return current
        try:
            is_own = is_own_password(request, current)
        except TooManyTries as exc:
            raise Throttled(wait=exc.wait) from exc
        if not is_own:
            raise ValidationError("This is not your password.")
        return current


class NewApp(Confirmed):
    code = serializers.CharField(max_length=40, help_text="That the app shows now.")


class PasskeyShape(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    made = serializers.IntegerField(help_text="Unix milliseconds.")
    used = serializers.IntegerField(allow_null=True, help_text="Unix milliseconds; null: never.")


class FactorsShape(serializers.Serializer):
    app = serializers.IntegerField(allow_null=True, help_text="Unix milliseconds: made.")
    passkeys = PasskeyShape(many=True)
    recovery = serializers.IntegerField(help_text="Recovery codes that are left.")
    password = serializers.BooleanField(help_text="Whether the account has one.")


class AppShape(serializers.Serializer):
    secret = serializers.CharField()
    picture = serializers.CharField(help_text="Address of an image.")


class RecoveryShape(serializers.Serializer):
    codes = serializers.ListField(child=serializers.CharField(), help_text="Shown this once.")


class FactorView(APIView):
    """Of one's own account: any role does."""

    authentication_classes = [SessionAuthentication]
    change_needs = Role.VIEWER

    def confirmed(self, request: Request, kind: type[Strict] = Confirmed) -> dict[str, Any]:
        wanted = kind(data=request.data, context={"request": request})
        wanted.is_valid(raise_exception=True)
        return dict(wanted.validated_data)

    def changed(self, request: Request, action: str, kind: str) -> None:
        audit.record(request, action, self.user(request), after={"kind": kind})
        announce_account(request.user.get_username())

    def user(self, request: Request) -> Any:
        return request.user

    def refuse_the_last(self, request: Request) -> None:
        """After one was removed, in its transaction."""
        user = self.user(request)
        if factor.is_required(user) and not factor.has_any(user):
            raise ValidationError({"current": ["This account needs one: add another first."]})
        if not factor.has_any(user):
            RecoveryCode.objects.filter(user=user).delete()


class FactorsView(FactorView):
    @extend_schema(
        operation_id="account_factors",
        summary="Say what you sign in with",
        tags=["Account"],
        responses=FactorsShape,
    )
    def get(self, request: Request) -> Response:
        user = self.user(request)
        app = CodeApp.objects.filter(user=user).first()
        passkeys = [
            {
                "id": each.pk,
                "name": each.name,
                "made": unix_ms(each.made_at),
                "used": None if each.used_at is None else unix_ms(each.used_at),
            }
            for each in Passkey.objects.filter(user=user).order_by("id")
        ]
        return Response(
            {
                "app": None if app is None else unix_ms(app.made_at),
                "passkeys": passkeys,
                "recovery": RecoveryCode.objects.filter(user=user).count(),
                "password": user.has_usable_password(),
            }
        )


class AppBeginView(FactorView):
    @extend_schema(
        operation_id="account_app_begin",
        summary="Begin to set up an authenticator app",
        tags=["Account"],
        request=None,
        responses=AppShape,
    )
    def post(self, request: Request) -> Response:
        from access import codes, picture  # noqa: PLC0415 (few requests need them)

        secret = codes.new_secret()
        request.session[SECRET] = base64.b64encode(secret).decode()
        address = codes.address(self.user(request), secret)
        return Response({"secret": codes.spelled(secret), "picture": picture.of(address)})


class AppView(FactorView):
    @extend_schema(
        operation_id="account_app_set",
        summary="Take an authenticator app into use",
        description="Instead of the one there was. The answer has new recovery codes.",
        tags=["Account"],
        request=NewApp,
        responses={201: RecoveryShape},
    )
    def post(self, request: Request) -> Response:
        from access import codes  # noqa: PLC0415 (few requests need it)

        said = self.confirmed(request, NewApp)
        kept = request.session.get(SECRET)
        with transaction.atomic():
            plain = "".join(said["code"].split())
            if not kept or not codes.keep_app(self.user(request), base64.b64decode(kept), plain):
                raise ValidationError({"code": ["This is not the code that it shows now."]})
            recovery = codes.new_recovery(self.user(request))
            self.changed(request, "factor.added", "app")
        del request.session[SECRET]
        return Response({"codes": recovery}, status=201)

    @extend_schema(
        operation_id="account_app_remove",
        summary="Remove your app of codes",
        tags=["Account"],
        request=Confirmed,
        responses={204: None},
    )
    def delete(self, request: Request) -> Response:
        self.confirmed(request)
        with transaction.atomic():
            CodeApp.objects.filter(user=self.user(request)).delete()
            self.refuse_the_last(request)
            self.changed(request, "factor.removed", "app")
        return Response(status=204)


class RecoveryView(FactorView):
    @extend_schema(
        operation_id="account_recovery",
        summary="Make new recovery codes",
        description="Those there were hold no more.",
        tags=["Account"],
        request=Confirmed,
        responses={201: RecoveryShape},
    )
    def post(self, request: Request) -> Response:
        from access import codes  # noqa: PLC0415 (few requests need it)

        self.confirmed(request)
        if not factor.has_any(self.user(request)):
            raise ValidationError("Set up an app or a passkey first.")
        with transaction.atomic():
            recovery = codes.new_recovery(self.user(request))
            self.changed(request, "factor.added", "recovery")
        return Response({"codes": recovery}, status=201)
