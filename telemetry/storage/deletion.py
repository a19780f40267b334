"""Delete many rows without anybody waiting for it."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, LiteralString

from django.db import connection
from psycopg import sql

DELETE_CHUNK = 20_000  # rows of one DELETE: short transactions


def delete_where(table: str, condition: LiteralString, values: list[Any]) -> int:
    """Delete the rows of one plain table that meet a condition, a bounded chunk at a time."""
    statement = sql.SQL(
        "DELETE FROM {table} WHERE ctid = ANY (ARRAY("
        "SELECT ctid FROM {table} WHERE {condition} LIMIT {limit}))"
    ).format(
        table=sql.Identifier(table), condition=sql.SQL(condition), limit=sql.Literal(DELETE_CHUNK)
    )
    return delete_in_steps(statement, values, step=DELETE_CHUNK)


def delete_in_steps(statement: Any, given: Any, *, step: int, most: float = math.inf) -> int:
    """Run a DELETE of at most `step` rows until it finds no more, or `most` rows are gone: the next
    run of who asks goes on. How many went. Outside of a transaction each step is one."""
    gone = 0
    while gone < most:
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            gone += cursor.rowcount
            if cursor.rowcount < step:
                break
    return gone


def deletion(series_id: int, moments: list[datetime]) -> dict[str, Any]:
    """The parameters of `delete_numbers`: the ends have the planner open few partitions."""
    edges = {"start": moments[0], "stop": moments[-1]}
    return {"series_id": series_id, "moments": moments, **edges}
