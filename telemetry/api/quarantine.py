"""`quarantine/`: messages that could not be stored as sent, newest first, and counted in groups."""

from __future__ import annotations

import base64
import re
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import check_named
from access.roles import Role
from access.scope import Scope
from devices import clock
from telemetry import quarantine
from telemetry.api import parameters as query
from telemetry.models import QuarantinedMessage
from telemetry.moments import from_ms, to_ms

PAGE_SIZE, MAX_PAGE_SIZE = 50, 200  # messages
MAX_GROUPS = 500  # groups of one answer
PARAMETERS = {"uid", "reason", "from", "to", "cursor", "page_size"}


class NewestFirst(CursorPagination):
    """By id, which is unique and in the order of arrival: no message is skipped or repeated."""

    ordering = "-id"
    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE

    def get_page_size(self, request: Request) -> int:
        return query.integer(request, "page_size", PAGE_SIZE, least=1, most=MAX_PAGE_SIZE)

    def decode_cursor(self, request: Request) -> Cursor | None:
        # A cursor is the client's to write: anything but an id would reach the query.
        cursor = super().decode_cursor(request)
        if cursor and cursor.position and not re.fullmatch(r"[0-9]{1,18}", cursor.position):
            raise NotFound(self.invalid_cursor_message)
        return cursor


class QuarantinedSerializer(serializers.ModelSerializer):
    payload = serializers.SerializerMethodField(help_text="As text, cut.")

    class Meta:
        model = QuarantinedMessage
        fields = [
            "id",
            "received_at",
            "topic",
            "uid",
            "reason",
            "detail",
            "payload",
            "payload_size",
            "retained",
            "partial",
            "worker",
        ]

    def get_payload(self, message: QuarantinedMessage) -> str:
        return _text(message.excerpt)  # type: ignore[attr-defined]  # annotated by the view


class QuarantinedDetailSerializer(QuarantinedSerializer):
    payload = serializers.SerializerMethodField(help_text="As text; what is no UTF-8 is replaced.")
    payload_base64 = serializers.SerializerMethodField(help_text="The bytes that were kept.")

    class Meta(QuarantinedSerializer.Meta):
        fields = [*QuarantinedSerializer.Meta.fields, "payload_base64", "properties"]

    def get_payload(self, message: QuarantinedMessage) -> str:
        return _text(message.payload)

    def get_payload_base64(self, message: QuarantinedMessage) -> str:
        return base64.b64encode(bytes(message.payload)).decode()


@extend_schema(tags=["Pipeline"])
@extend_schema_view(
    list=extend_schema(
        summary="List quarantined messages",
        parameters=[
            query.described("uid", "Only messages of this device; empty: those that name none."),
            query.described("reason", "Only messages with this reason."),
            query.FROM,
            query.TO,
            query.described("page_size", f"Messages of a page: 1 to {MAX_PAGE_SIZE}.", int),
        ],
    ),
    retrieve=extend_schema(summary="Read a quarantined message with its whole payload"),
    destroy=extend_schema(summary="Discard a quarantined message"),
)
class QuarantineViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    viewsets.GenericViewSet[Any],
):
    """Messages kept raw with the reason they could not be stored."""

    change_needs = Role.OPERATOR

    queryset = QuarantinedMessage.objects.none()  # for the schema
    pagination_class = NewestFirst
    filter_backends = ()
    lookup_value_regex = r"\d{1,18}"

    def get_serializer_class(self) -> type[serializers.BaseSerializer]:
        return QuarantinedSerializer if self.action == "list" else QuarantinedDetailSerializer

    def perform_destroy(self, instance: QuarantinedMessage) -> None:
        super().perform_destroy(instance)
        quarantine.announce_discarded([instance])

    def get_queryset(self) -> QuerySet[QuarantinedMessage]:
        visible = QuarantinedMessage.objects.visible_to(Scope.seen_by(self.request))
        messages = visible.order_by("-id")
        if self.action != "list":
            return messages
        return _filtered(self.request, quarantine.excerpts(messages))


class GroupShape(serializers.Serializer):
    uid = serializers.CharField(help_text="Empty for messages that name no device.")
    reason = serializers.CharField()
    messages = serializers.IntegerField()
    first_seen = serializers.IntegerField(help_text="Unix milliseconds.")
    last_seen = serializers.IntegerField(help_text="Unix milliseconds.")
    newest = serializers.IntegerField(help_text="The id of its newest message.")
    topic = serializers.CharField(help_text="The newest message's.")
    detail = serializers.CharField(help_text="What is wrong with the newest message.")
    sample = serializers.CharField(help_text="The newest message's payload as text, cut.")
    stands_at = serializers.CharField(
        allow_null=True, help_text="The slug of the site whose roles count; null: of no site."
    )


class GroupsShape(serializers.Serializer):
    now = serializers.IntegerField(help_text="Unix milliseconds.")
    total = serializers.IntegerField(help_text="Groups, also those beyond the limit.")
    groups = GroupShape(many=True)


class DiscardedShape(serializers.Serializer):
    discarded = serializers.IntegerField(help_text="Messages.")
    more = serializers.BooleanField(help_text="Messages may be left: send it again.")


class GroupsView(APIView):
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="quarantine_groups",
        summary="Count quarantined messages by sender and reason",
        description=f"Last heard first, at most {MAX_GROUPS}.",
        tags=["Pipeline"],
        responses=GroupsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        total, found = quarantine.groups(Scope.of(request), MAX_GROUPS)
        groups = [
            {
                **each._asdict(),
                "first_seen": to_ms(each.first_seen),
                "last_seen": to_ms(each.last_seen),
                "newest": each.newest.pk,
                "topic": each.newest.topic,
                "detail": each.newest.detail,
                "sample": _text(each.newest.excerpt),  # type: ignore[attr-defined]  # annotated
            }
            for each in found
        ]
        return Response({"now": clock.now_ms(), "total": total, "groups": groups})

    @extend_schema(
        operation_id="quarantine_discard",
        summary="Discard the quarantined messages of a sender and reason",
        description=f"Oldest first, at most {quarantine.MAX_DISCARDED}, up to a time.",
        tags=["Pipeline"],
        parameters=[
            query.described("uid", "Of this sender; empty for messages that name no device."),
            query.described("reason", "With this reason."),
            query.TO,
        ],
        responses={200: DiscardedShape},
    )
    def delete(self, request: Request) -> Response:
        query.known(request, {"uid", "reason", "to"})
        for name in ("uid", "reason", "to"):  # nobody discards more than they named
            if name not in request.query_params:
                query.refuse(name, "Give it: it says what is discarded.")
        stop = query.milliseconds(request, "to")
        until = from_ms(clock.now_ms() if stop is None else stop)
        uid, reason = query.text(request, "uid"), query.text(request, "reason")
        check_named(request, QuarantinedMessage, uid=uid, reason=reason)
        gone = quarantine.discard(Scope.of(request), uid, reason, until)
        return Response({"discarded": gone, "more": gone == quarantine.MAX_DISCARDED})


def _filtered(
    request: Request, messages: QuerySet[QuarantinedMessage]
) -> QuerySet[QuarantinedMessage]:
    query.known(request, PARAMETERS)
    if "uid" in request.query_params:  # empty: those that name no device
        messages = messages.filter(uid=query.text(request, "uid"))
    if reason := query.text(request, "reason"):
        messages = messages.filter(reason=reason)
    if (start := query.milliseconds(request, "from")) is not None:
        messages = messages.filter(received_at__gte=from_ms(start))
    if (stop := query.milliseconds(request, "to")) is not None:
        messages = messages.filter(received_at__lt=from_ms(stop))
    return messages


def _text(payload: bytes | memoryview) -> str:
    return bytes(payload).decode("utf-8", "replace")
