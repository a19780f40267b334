"""Create one object or an array of them in one request, all or nothing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from devices.api.conflict import Conflict, refused_as


class BulkSerializer(serializers.ListSerializer):
    """Checks an array with a few queries in all instead of a few for each row.

    The child offers `preload(rows)`, `conflicts(rows) -> errors by row`, `create_all(rows)`.
    Errors are keyed by the row's position from 0: `{"3": {"uid": ["…"]}}`.
    """

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if isinstance(data, list) and len(data) <= (self.max_length or 0):
            self.child.preload([row for row in data if isinstance(row, dict)])
        rows = super().to_internal_value(data)
        errors = {at: error for at, error in enumerate(self.child.conflicts(rows)) if error}
        if errors:
            raise serializers.ValidationError(errors)
        return rows

    def create(self, validated_data: list[dict[str, Any]]) -> list[Any]:
        return self.child.create_all(validated_data)


class BulkCreateMixin:
    """`POST` of an object answers the object, of an array the array, in the same order."""

    max_bulk: int  # objects of one array

    def create(self, request: Request, *_args: Any, **_kwargs: Any) -> Response:
        options: dict[str, Any] = {}
        if isinstance(request.data, list):
            options = {"many": True, "allow_empty": False, "max_length": self.max_bulk}
        serializer = self.get_serializer(data=request.data, **options)  # type: ignore[attr-defined]
        serializer.is_valid(raise_exception=True)
        with refused_as(Conflict()):
            serializer.save()
        url = None if options else serializer.data.get(api_settings.URL_FIELD_NAME)
        headers = {"Location": url} if url else {}
        return Response(serializer.data, status=status.HTTP_201_CREATED, headers=headers)
