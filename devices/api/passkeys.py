"""The passkeys one signs in with: made, and removed."""

from __future__ import annotations

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from access.factor import MAX_PASSKEY_NAME, MAX_PASSKEYS, Passkey, RecoveryCode
from devices.api.factors import Confirmed, FactorView, RecoveryShape
from devices.api.fields import LineField
from devices.api.strict import Strict


class NewPasskey(Strict):
    name = LineField(max_length=MAX_PASSKEY_NAME)
    answer = serializers.JSONField(help_text="PublicKeyCredential.toJSON().")


class PasskeyBeginView(FactorView):
    @extend_schema(
        operation_id="account_passkey_begin",
        summary="Begin to make a passkey",
        tags=["Account"],
        request=Confirmed,
        responses={(200, "application/json"): dict},
    )
    def post(self, request: Request) -> Response:
        from access import passkeys  # noqa: PLC0415 (it is slow to load)

        self.confirmed(request)
        if Passkey.objects.filter(user=self.user(request)).count() >= MAX_PASSKEYS:
            raise ValidationError("You have so many passkeys; remove one first.")
        return Response(passkeys.begin_making(request._request, self.user(request)))


class PasskeysView(FactorView):
    @extend_schema(
        operation_id="account_passkey_make",
        summary="Make a passkey",
        description="The answer has recovery codes if it is your first factor; otherwise none.",
        tags=["Account"],
        request=NewPasskey,
        responses={201: RecoveryShape},
    )
    def post(self, request: Request) -> Response:
        from access import codes, passkeys  # noqa: PLC0415 (it is slow to load)

        said = self.confirmed(request, NewPasskey)
        user = self.user(request)
        with transaction.atomic():
            first = not RecoveryCode.objects.filter(user=user).exists()
            try:
                passkeys.make(request._request, user, said["name"], said["answer"])
            except passkeys.Refused as exc:
                raise ValidationError("This is no passkey that was asked for.") from exc
            recovery = codes.new_recovery(user) if first else []
            self.changed(request, "factor.added", "passkey")
        return Response({"codes": recovery}, status=201)


class PasskeyView(FactorView):
    @extend_schema(
        operation_id="account_passkey_remove",
        summary="Remove one of your passkeys",
        tags=["Account"],
        request=Confirmed,
        responses={204: None},
    )
    def delete(self, request: Request, passkey_id: int) -> Response:
        found = get_object_or_404(Passkey, pk=passkey_id, user=self.user(request))
        self.confirmed(request)
        with transaction.atomic():
            found.delete()
            self.refuse_the_last(request)
            self.changed(request, "factor.removed", "passkey")
        return Response(status=204)
