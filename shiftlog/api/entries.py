"""`log/` and `log/{id}/`: the stream, one entry, and what people do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import granting
from access.permission import check_named
from access.roles import Role
from access.scope import Scope
from devices import clock
from devices.api.strict import Strict
from shiftlog import writing
from shiftlog.api import asking
from shiftlog.api.entry_forms import (
    EntryChangeSerializer,
    EntryPinSerializer,
    EntryReactionSerializer,
    NewEntrySerializer,
)
from shiftlog.api.shapes import (
    EntryWithFormersShape,
    LogPeopleShape,
    LogShape,
    OneEntryShape,
)
from shiftlog.errors import NoSuchEntry, Refused
from shiftlog.form import entry_form, with_all
from shiftlog.models import Entry
from shiftlog.numbering import catch_up
from shiftlog.reading import page
from telemetry.api import parameters as query
from telemetry.moments import to_ms

MAX_PEOPLE = 500  # names of one answer
NOT_THERE = "There is no such entry."


class LogView(APIView):
    has_history = True
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="log_list",
        summary="Read the log",
        description=(
            "Newest first; the next page is `before` the last entry of this one. With `after` the"
            " `cursor` of an answer: what is new or changed since, the oldest change first; ask"
            " again while there is more. Nothing is missing and nothing doubled so, whatever"
            " writers do at the same time."
        ),
        tags=["Log"],
        parameters=asking.PARAMETERS,
        responses=LogShape,
    )
    def get(self, request: Request) -> Response:
        found = page(Scope.of(request), asking.wanted(request))
        reader = _reader_id(request)
        return Response(
            {
                "now": clock.now_ms(),
                "entries": [entry_form(each, reader) for each in found.entries],
                "more": found.more,
                "cursor": str(found.cursor),
            }
        )

    @extend_schema(
        operation_id="log_write",
        summary="Write an entry, a reply or a note on charts",
        tags=["Log"],
        request=NewEntrySerializer,
        responses={200: OneEntryShape, 201: OneEntryShape},
    )
    def post(self, request: Request) -> Response:
        draft = NewEntrySerializer(data=request.data, context={"request": request})
        draft.is_valid(raise_exception=True)
        entry, new = writing.write(writing.Draft(**draft.validated_data), person(request))
        return _answer(request, entry.pk, status=201 if new else 200)


class EntryView(APIView):
    has_history = True
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="log_get", summary="One entry", tags=["Log"], responses=EntryWithFormersShape
    )
    def get(self, request: Request, entry_id: int) -> Response:
        query.known(request, ())
        entry = _found(request, entry_id)
        formers = [] if entry.deleted_at is not None else entry.formers.order_by("id")
        said = [{"text": each.text, "until": to_ms(each.until)} for each in formers]
        return Response({**_shown(request, entry), "formers": said})

    @extend_schema(
        operation_id="log_edit",
        summary="Edit an entry",
        description=(
            f"Within {writing.EDIT_WITHIN.seconds // 60} minutes, by who wrote it; what it said is"
            " kept."
        ),
        tags=["Log"],
        request=EntryChangeSerializer,
        responses=OneEntryShape,
    )
    def patch(self, request: Request, entry_id: int) -> Response:
        given = _given(request, EntryChangeSerializer)
        scope, by = Scope.of(request), person(request)
        _done(request, entry_id, lambda: writing.edit(entry_id, scope, by, given))
        return _answer(request, entry_id)

    @extend_schema(
        operation_id="log_delete",
        summary="Delete an entry",
        description="By who wrote it, or an administrator; its place stays, with who deleted it.",
        tags=["Log"],
        responses={200: OneEntryShape},
    )
    def delete(self, request: Request, entry_id: int) -> Response:
        scope, by = Scope.of(request), person(request)
        _done(request, entry_id, lambda: writing.delete(entry_id, scope, by))
        return _answer(request, entry_id)


class ReactionsView(APIView):
    has_history = True
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="log_react", summary="React to an entry", tags=["Log"],
        request=EntryReactionSerializer, responses=OneEntryShape,
    )  # fmt: skip
    def post(self, request: Request, entry_id: int) -> Response:
        word = _given(request, EntryReactionSerializer)["word"]
        scope, by = Scope.of(request), person(request)
        _done(request, entry_id, lambda: writing.react(entry_id, scope, by, word))
        return _answer(request, entry_id)

    @extend_schema(
        operation_id="log_take_back", summary="Take a reaction back", tags=["Log"],
        parameters=[query.described("word", "The reaction.")], request=None,
        responses={200: OneEntryShape},
    )  # fmt: skip
    def delete(self, request: Request, entry_id: int) -> Response:
        query.known(request, ("word",))
        word = query.text(request, "word")
        scope, by = Scope.of(request), person(request)
        _done(request, entry_id, lambda: writing.take_back(entry_id, scope, by, word))
        return _answer(request, entry_id)


class PinView(APIView):
    has_history = True
    change_needs = Role.OPERATOR

    @extend_schema(
        operation_id="log_pin", summary="Pin an entry, or let it go", tags=["Log"],
        request=EntryPinSerializer, responses=OneEntryShape,
    )  # fmt: skip
    def post(self, request: Request, entry_id: int) -> Response:
        pinned = _given(request, EntryPinSerializer)["pinned"]
        _done(request, entry_id, lambda: writing.pin(entry_id, Scope.of(request), pinned))
        return _answer(request, entry_id)


class PeopleView(APIView):
    @extend_schema(
        operation_id="log_people",
        summary="Who may be named in an entry",
        description="Accounts that see something of what you see.",
        tags=["Log"],
        responses=LogPeopleShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        there = granting.holders(Scope.of(request).sites)
        active = there.filter(is_active=True).order_by("username")
        names = list(active.values_list("username", flat=True)[:MAX_PEOPLE])
        return Response({"now": clock.now_ms(), "people": names})


def person(request: Request) -> User:
    """Who writes: a device's token is nobody."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Only people write in the log.")
    return request.user


def _reader_id(request: Request) -> int:
    return request.user.pk or 0


def _given(request: Request, shape: type[Strict]) -> dict[str, Any]:
    sent = shape(data=request.data)
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def _done(request: Request, entry_id: int, act: Callable[[], Entry]) -> None:
    check_named(request, Entry, pk=entry_id)
    try:
        act()
    except NoSuchEntry as exc:
        raise NotFound(str(exc)) from exc
    except Refused as exc:
        raise PermissionDenied(str(exc)) from exc


def _answer(request: Request, entry_id: int, status: int = 200) -> Response:
    return Response(_shown(request, _found(request, entry_id)), status=status)


def _found(request: Request, entry_id: int) -> Entry:
    """The entry as it is now, with the number of what was just written."""
    catch_up()
    visible = Entry.objects.visible_to(Scope.of(request))
    entry = with_all(visible.filter(pk=entry_id)).first()
    if entry is None:
        raise NotFound(NOT_THERE)
    return entry


def _shown(request: Request, entry: Entry) -> dict[str, Any]:
    return {"now": clock.now_ms(), "entry": entry_form(entry, _reader_id(request))}
