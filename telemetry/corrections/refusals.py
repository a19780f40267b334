"""Whether a series may be corrected: asked of the apps above, which add to it when ready."""

from __future__ import annotations

from collections.abc import Callable

from telemetry.models import Series

REFUSALS: list[Callable[[Series], str]] = []  # each says why not, or ""
