"""The one wire form of a series: how REST, events, snapshots and pages begin one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from telemetry.models import Series

if TYPE_CHECKING:
    from telemetry.series.registry import SeriesRow  # with numpy, which few processes need


def series_form(series: Series | SeriesRow) -> dict[str, Any]:
    """docs/live-protocol.md; what a view knows besides, it adds."""
    return {
        "id": series.id,
        "metric": series.metric,
        "unit": series.unit,
        "kind": str(series.kind),
        "precision": series.precision,
        "label": series.label,
        "quantity": series.quantity,
    }
