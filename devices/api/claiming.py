"""A site's provisioning key, and the address where devices register themselves with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.acting import address_of
from access.permission import checked
from access.scope import Scope
from access.tries import TooManyTries
from devices import broker_account, signals
from devices.api.parsers import ForeignJSONParser
from devices.api.strict import Strict
from devices.claiming import claim
from devices.models import Site
from devices.provisioning_key import ProvisioningKey, make_key
from devices.summary import unix_ms

MAX_DAYS = 3_650  # that a key holds


class ProvisioningKeySerializer(serializers.Serializer):
    """The key with which devices register themselves at a site."""

    key = serializers.CharField(
        read_only=True, help_text="`provisionDeviceKey`; names it, and is no secret."
    )
    created = serializers.SerializerMethodField(help_text="Unix milliseconds.")

    expires = serializers.SerializerMethodField(
        help_text="Unix milliseconds; null: it holds until it is ended."
    )
    used = serializers.SerializerMethodField(
        help_text="When a device was registered with it last, Unix milliseconds; null: never."
    )

    def get_expires(self, key: ProvisioningKey) -> int | None:
        return unix_ms(key.expires_at)

    def get_used(self, key: ProvisioningKey) -> int | None:
        return unix_ms(key.used_at)

    def get_created(self, key: ProvisioningKey) -> int:
        return unix_ms(key.created_at) or 0


class NewProvisioningKeySerializer(ProvisioningKeySerializer):
    """One that was just made: the only time its secret can be read."""

    secret = serializers.CharField(
        read_only=True, help_text="`provisionDeviceSecret`; shown this once."
    )


class WantedKeySerializer(Strict):
    days = serializers.IntegerField(
        min_value=1,
        max_value=MAX_DAYS,
        allow_null=True,
        required=False,
        help_text="For how many days it holds; without it, until it is ended.",
    )


@extend_schema(tags=["Sites"])
class ProvisioningKeyView(APIView):
    @extend_schema(
        operation_id="sites_provisioning_key",
        summary="Read a site's provisioning key",
        description="Without its secret. 404: devices cannot register themselves there.",
        responses=ProvisioningKeySerializer,
    )
    def get(self, request: Request, slug: str) -> Response:
        site = self._site(request, slug)
        found = get_object_or_404(ProvisioningKey.objects.visible_to(Scope.of(request)), site=site)
        return Response(ProvisioningKeySerializer(found).data)

    @extend_schema(
        operation_id="sites_provisioning_key_make",
        summary="Let devices register themselves at a site",
        description="Makes a key, in place of the one before, which stops at once.",
        request=WantedKeySerializer,
        responses={201: NewProvisioningKeySerializer},
    )
    @transaction.atomic
    def post(self, request: Request, slug: str) -> Response:
        site = checked(request, self._site(request, slug))
        wanted = WantedKeySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        days = wanted.validated_data.get("days")
        made = make_key(site, None if days is None else timedelta(days=days))
        site.save(update_fields=["updated_at"])  # pages are told
        facts = {} if days is None else {"days": days}
        signals.tell_of_site("changed", site, request.user, provisioning_key=made.key, **facts)
        return Response(NewProvisioningKeySerializer(made).data, status=201)

    @extend_schema(
        operation_id="sites_provisioning_key_end",
        summary="Let no device register itself at a site any more",
        request=None,
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, slug: str) -> Response:
        site = checked(request, self._site(request, slug))
        keys = ProvisioningKey.objects.visible_to(Scope.of(request)).filter(site=site)
        if keys.delete()[0]:
            site.save(update_fields=["updated_at"])
            signals.tell_of_site("changed", site, request.user, provisioning_key=None)
        return Response(status=204)

    def _site(self, request: Request, slug: str) -> Site:
        """Two who make a key at once make one after the other."""
        rows = Site.objects.visible_to(Scope.seen_by(request))
        if request.method != "GET":
            rows = rows.select_for_update()
        return get_object_or_404(rows, slug=slug)


@extend_schema(exclude=True)
class ClaimView(APIView):
    """`POST /api/v1/provision`, as ThingsBoard has it: what is wrong is told with 200 as well."""

    changes_nothing = True  # what it registers is recorded as a device's registration
    authentication_classes: ClassVar[list[Any]] = []
    permission_classes: ClassVar[list[Any]] = []
    parser_classes: ClassVar[list[Any]] = [ForeignJSONParser]

    def post(self, request: Request) -> Response:
        asked = request.data if isinstance(request.data, dict) else {}
        try:
            device, refused = claim(asked, address_of(request._request))
        except TooManyTries as exc:
            raise Throttled(wait=exc.wait) from exc
        if device is None:
            return Response({"status": "FAILURE", "errorMsg": refused})
        broker_account.wait_until_told(device.uid)
        return Response({
            "status": "SUCCESS",
            "credentialsType": "ACCESS_TOKEN",
            "credentialsValue": device.token,
            "deviceName": device.uid,
        })  # fmt: skip
