"""`views/`: addresses of pages under names, one's own and shared ones."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.urls import Resolver404, resolve
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permission import Needs, for_change, own_id
from access.roles import Role
from access.scope import Scope
from dashboard.models import MAX_VIEW_NAME, MAX_VIEW_PATH, SavedView
from devices.api.conflict import refused_as
from devices.api.fields import LineField
from devices.api.strict import Strict
from devices.events import announce_after_commit
from telemetry.api import parameters as query
from telemetry.live import contract

MAX_VIEWS = 200  # of one person, and shared ones
TAGS = ["Views"]
NOT_A_PAGE = "Write the address of a page: it begins with one slash."


class SavedViewSerializer(Strict):
    id = serializers.IntegerField(read_only=True)
    name = LineField(max_length=MAX_VIEW_NAME)
    path = serializers.CharField(
        max_length=MAX_VIEW_PATH, help_text="The address of a page with its query: /?site=harbour."
    )
    shared = serializers.BooleanField(default=False, help_text="For everybody, not for me alone.")

    def validate_path(self, path: str) -> str:
        try:
            parts = urlsplit(path)
            page = resolve(parts.path)
        except (ValueError, Resolver404) as exc:
            raise ValidationError(NOT_A_PAGE) from exc
        # What a browser takes for another host, and what would lead round in a circle.
        if parts.scheme or parts.netloc or "\\" in path or page.url_name in ("view", "logout"):
            raise ValidationError(NOT_A_PAGE)
        return path

    def to_representation(self, view: SavedView) -> dict[str, Any]:
        shared = view.owner_id is None
        return {"id": view.pk, "name": view.name, "path": view.path, "shared": shared}


class SavedViewsShape(serializers.Serializer):
    views = SavedViewSerializer(many=True)


class SavedViewsView(APIView):
    change_needs = Role.VIEWER

    @extend_schema(
        operation_id="views_list",
        summary="List saved views",
        description="One's own and the shared ones, by name.",
        tags=TAGS,
        responses=SavedViewsShape,
    )
    def get(self, request: Request) -> Response:
        query.known(request, ())
        seen = SavedView.seen_by(own_id(request), Scope.of(request)).order_by("name", "id")
        return Response({"views": SavedViewSerializer(seen, many=True).data})

    @extend_schema(
        operation_id="views_create",
        summary="Save a view",
        tags=TAGS,
        request=SavedViewSerializer,
        responses={201: SavedViewSerializer},
    )
    def post(self, request: Request) -> Response:
        given = SavedViewSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(_saved(request, SavedView(owner=request.user), given), status=201)


class SavedViewView(APIView):
    change_needs = Role.VIEWER

    @extend_schema(
        operation_id="views_get", summary="One saved view", tags=TAGS, responses=SavedViewSerializer
    )
    def get(self, request: Request, view_id: int) -> Response:
        query.known(request, ())
        return Response(SavedViewSerializer(_found(request, view_id)).data)

    @extend_schema(
        operation_id="views_change",
        summary="Change a saved view",
        tags=TAGS,
        request=SavedViewSerializer(partial=True),
        responses=SavedViewSerializer,
    )
    @transaction.atomic
    def patch(self, request: Request, view_id: int) -> Response:
        view = _found(request, view_id)
        given = SavedViewSerializer(view, data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        return Response(_saved(request, view, given))

    @extend_schema(
        operation_id="views_delete",
        summary="Delete a saved view",
        tags=TAGS,
        responses={204: None},
    )
    @transaction.atomic
    def delete(self, request: Request, view_id: int) -> Response:
        view = _found(request, view_id)
        view.delete()
        announce_views()
        return Response(status=204)


def announce_views() -> None:
    """After commit, have pages read the list again: each reads what its viewer may."""
    announce_after_commit(lambda: [contract.event("views")])


def _found(request: Request, view_id: int) -> SavedView:
    seen = SavedView.seen_by(own_id(request), Scope.of(request))
    view = get_object_or_404(for_change(request, seen), pk=view_id)
    if view.owner_id is None and request.method not in SAFE_METHODS:
        _may_share(request)
    return view


def _may_share(request: Request) -> None:
    """What all see is no matter of one's own."""
    if not Scope.of(request).may_operate(None):
        raise Needs(Role.OPERATOR, "for every site")


def _saved(request: Request, view: SavedView, given: SavedViewSerializer) -> dict[str, Any]:
    facts = dict(given.validated_data)
    if "shared" in facts:
        shared = facts.pop("shared")
        if shared:
            _may_share(request)
        facts["owner"] = None if shared else request.user
    for name, value in facts.items():
        setattr(view, name, value)
    others = SavedView.seen_by(own_id(request), Scope.of(request)).exclude(pk=view.pk)
    if others.filter(owner=view.owner).count() >= MAX_VIEWS:
        raise ValidationError({"detail": f"There are {MAX_VIEWS} views already."})
    with refused_as(ValidationError({"name": ["Another view has this name."]})):
        view.save()
        announce_views()
    return SavedViewSerializer(view).data
