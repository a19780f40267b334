"""Limits an operator wants to see on a device's charts: `thresholds` in its metadata.

They are lines to read a chart by. Nothing is judged or sent when one is crossed.
"""

from __future__ import annotations

import math
from typing import Any, TypedDict

from django.core.exceptions import ValidationError

KEY = "thresholds"
MAX_PER_METRIC = 8  # lines of one chart; more hide what was measured
MAX_LABEL = 40  # characters
SHAPE = 'Write thresholds as {"temperature": [{"value": -15, "label": "Too warm"}]}.'


class Threshold(TypedDict):
    value: float
    label: str


def thresholds_of(metadata: dict[str, Any]) -> dict[str, list[Threshold]]:
    """By metric. Raises `ValidationError` when they are written in another shape."""
    given = metadata.get(KEY, {})
    if not isinstance(given, dict):
        raise ValidationError(SHAPE, code="thresholds")
    return {metric: [_threshold(one) for one in _listed(lines)] for metric, lines in given.items()}


def _listed(lines: Any) -> list[Any]:
    if not isinstance(lines, list):
        raise ValidationError(SHAPE, code="thresholds")
    if len(lines) > MAX_PER_METRIC:
        raise ValidationError(
            f"A metric has at most {MAX_PER_METRIC} thresholds.", code="thresholds"
        )
    return lines


def _threshold(given: Any) -> Threshold:
    if not isinstance(given, dict) or not {"value"} <= set(given) <= {"value", "label"}:
        raise ValidationError(SHAPE, code="thresholds")
    value, label = given["value"], given.get("label", "")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValidationError("The value of a threshold is a number.", code="thresholds")
    if not isinstance(label, str) or len(label) > MAX_LABEL:
        raise ValidationError(
            f"The label of a threshold is text of at most {MAX_LABEL} characters.",
            code="thresholds",
        )
    return {"value": value, "label": label}
