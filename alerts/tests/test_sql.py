"""Postgres accepts each named block of the alerts app, and each is used."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alerts import sql
from telemetry.tests.named_sql import assert_accepted, unused

SAMPLES = {
    "start": datetime(2026, 3, 1, tzinfo=UTC),
    "stop": datetime(2026, 3, 2, tzinfo=UTC),
    "now": datetime(2026, 3, 2, tzinfo=UTC),
    "sites": [1],
    "limit": 10,
    "before": datetime(2024, 3, 1, tzinfo=UTC),
    "name": "engine-1",
    "seconds": 4.0,
    "number": 1,
    "version": 7,
    "holder": "engine-1",
    "judged": datetime(2026, 3, 2, tzinfo=UTC),
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
