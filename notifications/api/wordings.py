"""REST: the words of notifications, and a preview with a sample alert."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import ForEverySite, Needs, for_change
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.api.fields import LineField, ProseField
from devices.api.strict import Strict
from notifications.api.fields import ZoneField, changed
from notifications.content import Content
from notifications.models import Wording
from notifications.people.template import (
    MAX_SUBJECT,
    MAX_TEXT,
    PLACES,
    InvalidTemplate,
    read,
)
from notifications.people.zones import zone_named
from notifications.words import OURS, item, ours, worded
from shiftlog.models import Kind
from shiftlog.record import record_change
from telemetry.series.said import say


class WordsSerializer(Strict):
    subject = LineField(max_length=MAX_SUBJECT, help_text="One line.")
    text = ProseField(max_length=MAX_TEXT)

    def validate_subject(self, text: str) -> str:
        return _sound(text)

    def validate_text(self, text: str) -> str:
        return _sound(text)


class WordsPreviewSerializer(Strict):
    what = serializers.ChoiceField(choices=[(each, each) for each in OURS])
    # Not `WordsSerializer`: what is wrong with them is the answer, and no refusal.
    subject = LineField(max_length=MAX_SUBJECT, allow_blank=True)
    text = ProseField(max_length=MAX_TEXT, allow_blank=True, trim_whitespace=False)
    zone = ZoneField(default="UTC")


class WordsPreviewShape(serializers.Serializer):
    errors = serializers.DictField(child=serializers.CharField(), help_text="By field.")
    subject = serializers.CharField()
    text = serializers.CharField()


class WordingShape(serializers.Serializer):
    what = serializers.CharField(help_text="fired, worsened, escalated, cleared or digest.")
    subject = serializers.CharField()
    text = serializers.CharField()
    ours = serializers.BooleanField(help_text="Nobody has written another.")


class WordingsShape(serializers.Serializer):
    places = serializers.ListField(child=serializers.CharField(), help_text="As {device}.")
    wordings = WordingShape(many=True)


class WordingsView(APIView):
    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="notifications_wordings",
        summary="The words of each kind of notification",
        tags=["Notifications"],
        responses=WordingsShape,
    )
    def get(self, request: Request) -> Response:
        shown = [_shown(request, what) for what in OURS]
        return Response({"places": list(PLACES), "wordings": shown})


class WordingView(APIView):
    @extend_schema(
        operation_id="notifications_wordings_get",
        summary="The words of one kind",
        tags=["Notifications"],
        responses=WordingShape,
    )
    def get(self, request: Request, what: str) -> Response:
        _look(request, what)
        return Response(_shown(request, what))

    @extend_schema(
        operation_id="notifications_wordings_change",
        summary="Write the words of one kind",
        tags=["Notifications"],
        request=WordsSerializer,
        responses=WordingShape,
    )
    def patch(self, request: Request, what: str) -> Response:
        _look(request, what)
        given = WordsSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        with transaction.atomic():
            rows = Wording.objects.visible_to(Scope.of(request))
            before = _written(request, what, lock=True)
            rows.update_or_create(what=what, defaults=given.validated_data)
            _note(request, what, before)
            changed()
        return Response(_shown(request, what))

    @extend_schema(
        operation_id="notifications_wordings_delete",
        summary="Go back to our words",
        tags=["Notifications"],
        responses={204: None},
    )
    def delete(self, request: Request, what: str) -> Response:
        _look(request, what)
        with transaction.atomic():
            before = _written(request, what, lock=True)
            Wording.objects.visible_to(Scope.of(request)).filter(what=what).delete()
            _note(request, what, before)
            changed()
        return Response(status=204)


def _written(request: Request, what: str, *, lock: bool = False) -> dict[str, str] | None:
    rows = Wording.objects.visible_to(Scope.of(request)).filter(what=what)
    found = (for_change(request, rows) if lock else rows).first()
    return None if found is None else {"subject": found.subject, "text": found.text}


def _note(request: Request, what: str, before: dict[str, str] | None) -> None:
    after = _written(request, what)
    thing = say("The wording of {name}", name=what)
    record_change(Kind.WORDING_CHANGED, thing, before, after, by=request.user)


class PreviewView(APIView):
    changes_nothing = True

    permission_classes = (ForEverySite,)

    @extend_schema(
        operation_id="notifications_preview",
        summary="What words would say of a made-up alert",
        description="Nothing is kept or sent. A mistake is told in `errors`.",
        tags=["Notifications"],
        request=WordsPreviewSerializer,
        responses=WordsPreviewShape,
    )
    def post(self, request: Request) -> Response:
        given = WordsPreviewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        facts = given.validated_data
        errors = {}
        for name in ("subject", "text"):
            try:
                read(facts[name])
            except InvalidTemplate as exc:
                errors[name] = str(exc)
        if errors:
            return Response({"errors": errors, "subject": "", "text": ""})
        zone = zone_named(facts["zone"])
        words = worded(
            sample(facts["what"], zone), zone, (facts["subject"], facts["text"]),
            step=2.0, policy=gettext("Cold chain"),
        )  # fmt: skip
        return Response({"errors": {}, "subject": words.subject, "text": words.text})


def sample(what: str, zone: ZoneInfo) -> Content:
    """A made-up alert."""
    now = clock.now()
    one = Content(
        what=what,
        severity="critical",
        sentence=gettext("Temperature −12.4 °C is above −15 °C"),
        rule=gettext("Freezer too warm"),
        device=gettext("Freezer 1"),
        uid="freezer-1",
        site=gettext("Depot north"),
        metric="temperature",
        value=-12.4,
        unit="°C",
        limit=-15.0,
        labels={"team": gettext("Cold chain")},
        started_at=now - timedelta(minutes=25),
        cleared_at=now if what == "cleared" else None,
        runbook="https://example.org/freezers",
    )
    if what != "digest":
        return one
    return Content(
        what=what, severity="critical", items=[item(one, zone, None), item(one, zone, now)]
    )


def _look(request: Request, what: str) -> None:
    if what not in OURS or not Scope.seen_by(request).sees_everything:
        raise Http404
    if not Scope.of(request).sees_everything:  # of what is changed
        raise Needs(Role.ADMINISTRATOR, "for every site")


def _shown(request: Request, what: str) -> dict[str, Any]:
    row = Wording.objects.visible_to(Scope.of(request)).filter(what=what).first()
    subject, text = (row.subject, row.text) if row else ours(what)
    return {"what": what, "subject": subject, "text": text, "ours": row is None}


def _sound(text: str) -> str:
    try:
        read(text)
    except InvalidTemplate as exc:
        raise serializers.ValidationError(str(exc)) from exc
    return text
