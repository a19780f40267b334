"""What every change of who is told has in common: all of it or nothing, and pages are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from notifications.api.fields import changed

NAME_TAKEN = "Another one has this name."


def saved(row: Any, facts: dict[str, Any], then: Callable[[], None]) -> None:
    """Save the row with these facts, and what belongs to it; every page is told. Raises
    `ValidationError` for a name that another has."""
    for name, value in facts.items():
        setattr(row, name, value)
    try:
        with transaction.atomic():
            row.save()
            then()
            changed()
    except IntegrityError as exc:
        raise ValidationError({"name": [NAME_TAKEN]}) from exc


def deleted(row: Any) -> Response:
    """204, and every page is told."""
    with transaction.atomic():
        row.delete()
        changed()
    return Response(status=204)
