"""The one wire form of a derived series, for REST."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch

from access.scope import Scope
from derived.models import Backfill, DerivedInput, DerivedSeries, Due
from telemetry.models import Series
from telemetry.moments import to_ms
from telemetry.series.form import series_form


def visible(scope: Scope) -> Any:
    """Those the scope sees, with all their form needs."""
    inputs = DerivedInput.objects.select_related("series__device").order_by("id")
    return (
        DerivedSeries.objects.visible_to(scope)
        .select_related("series__device__site", "backfill")
        .prefetch_related(Prefetch("inputs", queryset=inputs))
    )


def forms(found: Iterable[DerivedSeries], scope: Scope) -> list[dict[str, Any]]:
    listed = list(found)
    behind = set(Due.objects.filter(derived__in=listed).values_list("derived", flat=True))
    return [_form(each, scope, is_behind=each.pk in behind) for each in listed]


def _form(derived: DerivedSeries, scope: Scope, *, is_behind: bool) -> dict[str, Any]:
    deleted = [each for each in derived.inputs.all() if each.series is None]
    problem = derived.problem
    if deleted:
        problem = (
            f"{_listed(each.name for each in deleted)} has no series any more: choose another."
        )
    return {
        "id": derived.pk,
        "series": series_form(derived.series),
        "device": derived.series.device.uid,
        "device_name": derived.series.device.name,
        "stands_at": site.slug if (site := derived.series.device.site) else None,
        "formula": derived.formula,
        "at": derived.at,
        "inputs": [_input(each, scope) for each in derived.inputs.all()],
        "enabled": derived.enabled,
        "state": _state(derived, stopped=bool(deleted), is_behind=is_behind),
        "problem": problem,
        "revision": derived.revision,
        "computed_at": to_ms(derived.computed_at) if derived.computed_at else None,
        "backfill": _backfill(getattr(derived, "backfill", None)),
    }


def _state(derived: DerivedSeries, *, stopped: bool, is_behind: bool) -> str:
    if stopped:
        return "stopped"
    if not derived.enabled:
        return "off"
    if derived.problem:
        return "failing"
    return "computing" if is_behind else "current"


def _input(given: DerivedInput, scope: Scope) -> dict[str, Any]:
    """Of one that stands where the viewer may not look, only its name."""
    series: Series | None = given.series
    if series is not None and scope.sees_site(series.device.site_id):
        facts = {
            "series": series.pk,
            "device": series.device.uid,
            "metric": series.metric,
            "unit": series.unit,
        }
    else:
        gone = series is None and scope.sees_everything
        facts = {"series": None, "device": "", "metric": given.was if gone else "", "unit": ""}
    return {"name": given.name, "hold": given.hold, "deleted": series is None, **facts}


def _backfill(backfill: Backfill | None) -> dict[str, Any] | None:
    if backfill is None:
        return None
    return {
        "state": backfill.state,
        "from": backfill.start_us // 1_000,
        "to": backfill.stop_us // 1_000,
        "left_to": backfill.left_us // 1_000,
        "rows": backfill.rows,
        "estimate": max(backfill.rows, backfill.estimate),
        "error": backfill.error,
    }


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
