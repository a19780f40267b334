"""What every change of who is told has in common: all of it or nothing, and pages are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from devices.api.conflict import refused_as
from notifications.api.fields import changed
from notifications.api.noted import Noted

NAME_TAKEN = "Another one has this name."


def saved(
    request: Request, row: Any, facts: dict[str, Any], then: Callable[[], None], noted: Noted
) -> None:
    """Save the row with these facts, and what belongs to it; the log has it, and every page is
    told. One that is there is locked, in a transaction of the caller's. Raises `ValidationError`
    for a name that another has."""
    before = None if row.pk is None else noted.form(row)
    for name, value in facts.items():
        setattr(row, name, value)
    with refused_as(ValidationError({"name": [NAME_TAKEN]})):
        row.save()
        then()
        noted.note(row, before, noted.form(row), request)
        changed()


def deleted(request: Request, row: Any, noted: Noted) -> Response:
    """204; the log has it, and every page is told. In a transaction, in which the row is locked."""
    noted.note(row, noted.form(row), None, request)
    row.delete()
    changed()
    return Response(status=204)
