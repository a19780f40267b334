"""The named SQL blocks: how they are read, and that Postgres accepts each of them."""

import pytest

from telemetry import sql


def test_a_file_is_read_as_named_blocks() -> None:
    text = "-- name: one\n-- What one is.\nSELECT 1;\n\n-- name: two\n-- Two.\n-- more\nSELECT 2\n"
    assert sql.parse(text) == {"one": "SELECT 1", "two": "-- more\nSELECT 2"}


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1\n",
        "SELECT 1\n-- name: one\n-- One.\nSELECT 1\n",
        "-- name: one\nSELECT 1\n",
        "-- name: one\n-- One.\nSELECT 1\n-- name: one\n-- One.\nSELECT 1\n",
    ],
    ids=["no name", "text before", "no description", "name twice"],
)
def test_a_file_with_a_mistake_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="block"):
        sql.parse(text)
