"""Editing under a lock, and without overwriting what somebody else wrote meanwhile."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Model
from django.http import Http404
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

OVERTAKEN = "Somebody changed this meanwhile. Look at what it is now, and decide again."


class Overtaken(APIException):
    """Somebody wrote the same fields since the caller read them; nothing was changed."""

    status_code = status.HTTP_409_CONFLICT
    default_code = "overtaken"

    def __init__(self, now: dict[str, Any]) -> None:
        super().__init__(OVERTAKEN)
        self.detail = {"detail": OVERTAKEN, "now": now}  # past what DRF makes text of


def check_unchanged(was: dict[str, Any], now: dict[str, Any]) -> None:
    """Raises `Overtaken` where a field is not what the caller saw of it."""
    if unknown := sorted(was.keys() - now.keys()):
        raise serializers.ValidationError({"was": [f"There is no field {unknown[0]!r}."]})
    if changed := {name: now[name] for name, value in was.items() if now[name] != value}:
        raise Overtaken(changed)


class Editable(serializers.ModelSerializer):
    """Takes `was`, and only changes what is still so. Field by field: two people who edit
    different fields of one thing are not in each other's way."""

    was = serializers.DictField(
        write_only=True,
        required=False,
        help_text=(
            "Fields as you read them. If one is different by now, nothing is changed and the answer"
            " is 409 with what they are, in `now`."
        ),
    )

    def get_field_names(self, *args: Any, **kwargs: Any) -> list[str]:
        names = super().get_field_names(*args, **kwargs)
        return [*names, "was"] if "was" in self._declared_fields else names

    def create(self, validated_data: dict[str, Any]) -> Any:
        validated_data.pop("was", None)
        return super().create(validated_data)

    def update(self, instance: Model, validated_data: dict[str, Any]) -> Any:
        if was := validated_data.pop("was", None):
            check_unchanged(was, self.to_representation(instance))
        return super().update(instance, validated_data)


class EditMixin:
    """A view whose changes read the row under its lock: what another request wrote between our
    read and our write would be lost otherwise, and one that is deleted by two would be told of
    twice. What changed is told in their transaction."""

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            self._lock()
            return super().update(request, *args, **kwargs)  # type: ignore[misc]

    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with transaction.atomic():
            self._lock()
            return super().destroy(request, *args, **kwargs)  # type: ignore[misc]

    def _lock(self) -> None:
        seen: Model = self.get_object()  # type: ignore[attr-defined]
        if not type(seen)._base_manager.select_for_update().filter(pk=seen.pk).first():
            raise Http404  # it was deleted while we waited for the lock

    def perform_update(self, serializer: serializers.BaseSerializer) -> None:
        before = serializer.to_representation(serializer.instance)
        written = serializer.save()
        if changed := changes(before, serializer.to_representation(written)):
            self.tell_changed(written, changed)

    def tell_changed(self, written: Any, changed: dict[str, list[Any]]) -> None:
        """Called with what is other than before, from what to what by field."""
        raise NotImplementedError


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """Of two forms of a thing what differs: from what to what by field. Its stamp does not
    count."""
    names = (name for name in after if name != "updated_at")
    return {name: [before[name], after[name]] for name in names if before.get(name) != after[name]}
