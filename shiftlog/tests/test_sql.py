"""Postgres accepts each named block of the log, and each is used."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from shiftlog import sql

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
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql.load(file)[name]}", SAMPLES)
        assert cursor.fetchall()


def test_each_named_query_is_used_by_its_name() -> None:
    package = sql.FOLDER.parent
    code = "".join(path.read_text() for path in package.rglob("*.py") if "tests" not in path.parts)
    assert [name for _, name in NAMED if f'"{name}"' not in code] == []
