"""Postgres accepts each named block of the log, and each is used."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shiftlog import sql
from telemetry.tests.named_sql import assert_accepted, unused

SAMPLES = {
    "limit": 10,
    "last": 7,
    "said": datetime(2016, 3, 1, tzinfo=UTC),
    "noted": datetime(2024, 3, 1, tzinfo=UTC),
    "now": datetime(2026, 3, 1, tzinfo=UTC),
    "user": 1,
    "stream": "all",
    "place": 1,
    "since": datetime(2026, 3, 1, tzinfo=UTC),
    "least": 50,
}
NAMED = [
    (path.stem, name)
    for path in sorted(sql.FOLDER.glob("*.sql"))
    for name in sql.load(path.stem)
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("file", "name"), NAMED)
def test_postgres_accepts_each_named_query(file: str, name: str) -> None:
    assert_accepted(sql.load(file)[name], SAMPLES)


def test_each_named_query_is_used_by_its_name() -> None:
    assert unused(sql.FOLDER, NAMED) == []
