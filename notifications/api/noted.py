"""Changes of who is told, where and how, in the log: for who sees every site, because what they
name may be of any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from shiftlog.models import Kind
from shiftlog.record import record_change
from telemetry.series.said import Said


@dataclass(frozen=True, slots=True)
class Noted:
    """How the log tells of rows of one kind."""

    kind: Kind
    thing: str  # "The policy {name}"
    form: Callable[[Any], Mapping[str, Any]]  # as REST shows it: no secret is in it

    def note(
        self,
        row: Any,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        request: Request,
    ) -> None:
        """In the transaction of the change."""
        record_change(
            self.kind, Said(self.thing, {"name": str(row)}), before, after, by=request.user
        )
