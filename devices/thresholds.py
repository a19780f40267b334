"""Limits an operator wants to see on a device's charts: `thresholds` in its metadata.

They are lines to read a chart by, and a value beyond one is a problem on the fleet's page. Nobody
is told of it: that is what alert rules are for.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NotRequired, TypedDict, get_args

from django.core.exceptions import ValidationError

KEY = "thresholds"
MAX_PER_METRIC = 8  # lines of one chart; more hide what was measured
MAX_LABEL = 40  # characters
SHAPE = 'Write thresholds as {"temperature": [{"value": -15, "op": "above", "label": "Too warm"}]}.'

Op = Literal["above", "below"]  # on which side of it a value is a problem; as alert rules say it


class Threshold(TypedDict):
    value: float
    label: str
    op: NotRequired[Op]  # without it what was measured says it: telemetry/history/sides.py


def thresholds_of(metadata: dict[str, Any]) -> dict[str, list[Threshold]]:
    """By metric. Raises `ValidationError` when they are written in another shape."""
    given = metadata.get(KEY, {})
    if not isinstance(given, dict):
        raise ValidationError(SHAPE, code="thresholds")
    return {metric: [_threshold(one) for one in _listed(lines)] for metric, lines in given.items()}


def told_thresholds(given: Any) -> dict[str, list[Threshold]]:
    """What stands under `KEY`, by metric; nothing when it was written past the forms in another
    shape."""
    try:
        return thresholds_of({} if given is None else {KEY: given})
    except ValidationError:
        return {}


def _listed(lines: Any) -> list[Any]:
    if not isinstance(lines, list):
        raise ValidationError(SHAPE, code="thresholds")
    if len(lines) > MAX_PER_METRIC:
        raise ValidationError(
            f"A metric has at most {MAX_PER_METRIC} thresholds.", code="thresholds"
        )
    return lines


def _threshold(given: Any) -> Threshold:
    if not isinstance(given, dict) or not {"value"} <= set(given) <= {*Threshold.__annotations__}:
        raise ValidationError(SHAPE, code="thresholds")
    value, label = given["value"], given.get("label", "")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValidationError("The value of a threshold is a number.", code="thresholds")
    if not isinstance(label, str) or len(label) > MAX_LABEL:
        raise ValidationError(
            f"The label of a threshold is text of at most {MAX_LABEL} characters.",
            code="thresholds",
        )
    threshold: Threshold = {"value": value, "label": label}
    if "op" in given:
        if given["op"] not in get_args(Op):
            raise ValidationError("A threshold's op is above or below.", code="thresholds")
        threshold["op"] = given["op"]
    return threshold
