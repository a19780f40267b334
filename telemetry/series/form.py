"""The one wire form of a series: how REST, events, snapshots and pages begin one."""

from __future__ import annotations

from typing import Any

from telemetry.models import Series
from telemetry.series.facts import SeriesRow


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
