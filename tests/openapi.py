"""The OpenAPI schema. To make it takes a third of a second, and many tests walk through it."""

from __future__ import annotations

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator


@cache
def schema() -> dict[str, Any]:
    """As it is given out. All tests of a worker have the same: who changes it takes a copy."""
    found: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return found
