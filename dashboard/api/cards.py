"""`cards/`: which values the cards of a kind of devices show."""

from __future__ import annotations

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, checked, for_change
from access.scope import Scope
from dashboard.models import MAX_OTHERS, CardTemplate
from devices.api.strict import Strict
from devices.events import announce_after_commit
from devices.models import Device
from telemetry.api import parameters as query
from telemetry.live import contract
from telemetry.models import MAX_METRIC_LENGTH

TAGS = ["Cards"]


class MetricField(serializers.CharField):
    """The name of a metric, or empty."""

    def __init__(self, **options: object) -> None:
        common = {"max_length": MAX_METRIC_LENGTH, "allow_blank": True, "default": ""}
        super().__init__(**{**common, **options})


class CardSerializer(Strict):
    id = serializers.IntegerField(read_only=True)
    kind = serializers.CharField(
        max_length=Device._meta.get_field("kind").max_length, allow_blank=True,
        help_text="Of which devices; empty: of those without a kind.",
    )  # fmt: skip
    main = MetricField(help_text="The value shown large; empty: of the first metric.")
    others = serializers.ListField(
        child=serializers.CharField(max_length=MAX_METRIC_LENGTH), max_length=MAX_OTHERS,
        default=list, help_text="Values shown small.",
    )  # fmt: skip
    word = MetricField(help_text="The metric whose value stands beside the device's state.")
    bar = MetricField(help_text="The metric shown as a bar against its limits.")


class CardsShape(serializers.Serializer):
    cards = CardSerializer(many=True)


class CardsView(APIView):
    permission_classes = [ForEverySite]

    @extend_schema(
        operation_id="cards_list", summary="List what cards show", tags=TAGS, responses=CardsShape
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        seen = CardTemplate.objects.visible_to(Scope.of(request)).order_by("kind")
        return Response({"cards": CardSerializer(seen, many=True).data})

    @extend_schema(
        operation_id="cards_set",
        summary="Say what the cards of a kind show",
        tags=TAGS,
        request=CardSerializer,
        responses=CardSerializer,
    )
    def put(self, request: Request) -> Response:
        given = CardSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = dict(given.validated_data)
        kind = facts.pop("kind")
        seen = CardTemplate.objects.visible_to(Scope.of(request))
        with transaction.atomic():
            card, _ = seen.update_or_create(kind=kind, defaults=facts)
            _announce()
        return Response(CardSerializer(card).data)


class CardView(APIView):
    @extend_schema(
        operation_id="cards_get", summary="What one card shows", tags=TAGS, responses=CardSerializer
    )
    def get(self, request: Request, card_id: int) -> Response:
        query.known(request, ())
        return Response(CardSerializer(_found(request, card_id)).data)

    @extend_schema(
        operation_id="cards_reset",
        summary="Have the cards of a kind show what they do by themselves",
        tags=TAGS,
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, card_id: int) -> Response:
        _found(request, card_id).delete()
        _announce()
        return Response(status=204)


def _found(request: Request, card_id: int) -> CardTemplate:
    visible = CardTemplate.objects.visible_to(Scope.seen_by(request))
    return checked(request, get_object_or_404(for_change(request, visible), pk=card_id))


def _announce() -> None:
    announce_after_commit(lambda: [contract.event("cards")])
