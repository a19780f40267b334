"""Many rows in one plain statement, in the caller's transaction. They travel as one JSON text:
Django makes an expression of each value and a parameter of each, which took 0.5 ms for a new row of
a device and 1.5 ms for a changed one; this takes a tenth. No signals are sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models


def insert_all(objects: Sequence[models.Model], left_out: Iterable[str] = ()) -> None:
    """In their order; each then has its key. Of fields that are `left_out` the database's own
    default is stored. Raises what the database raises."""
    if not objects:
        return
    meta: Any = objects[0]._meta
    away = set(left_out)
    fields = [
        each for each in meta.concrete_fields
        if each.name not in away and not each.primary_key
    ]  # fmt: skip
    columns = ", ".join(_quoted(field) for field in fields)
    rows = [{f.column: f.pre_save(each, True) for f in fields} for each in objects]
    table = connection.ops.quote_name(meta.db_table)
    statement = (
        f"INSERT INTO {table} ({columns}) SELECT {columns}"  # noqa: S608 (names of our models)
        f" FROM json_to_recordset(%s::json) AS fresh({_typed(fields)}) RETURNING id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [_text(rows)])
        for each, (key,) in zip(objects, cursor.fetchall(), strict=True):
            each.pk = key
            each._state.adding, each._state.db = False, connection.alias


def update_all(objects: Sequence[models.Model], names: Iterable[str]) -> None:
    """These fields as they are in memory. Stamps are set anew. Raises what the database raises."""
    if not objects:
        return
    meta: Any = objects[0]._meta
    fields = [meta.get_field(name) for name in names]
    rows = [
        {"id": each.pk, **{f.column: f.pre_save(each, False) for f in fields}} for each in objects
    ]
    table = connection.ops.quote_name(meta.db_table)
    changes = ", ".join(f"{_quoted(field)} = fresh.{_quoted(field)}" for field in fields)
    statement = (
        f"UPDATE {table} AS old SET {changes}"  # noqa: S608 (names of our models)
        f" FROM json_to_recordset(%s::json) AS fresh({_typed([meta.pk, *fields])})"
        " WHERE old.id = fresh.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [_text(rows)])


def _quoted(field: Any) -> str:
    return connection.ops.quote_name(field.column)


def _typed(fields: Sequence[Any]) -> str:
    # Of a key's own type, the one of columns that refer to it: `bigint` without the counting.
    kinds = (
        field.rel_db_type(connection) if field.primary_key else field.db_type(connection)
        for field in fields
    )  # fmt: skip
    return ", ".join(f"{_quoted(f)} {kind}" for f, kind in zip(fields, kinds, strict=True))


def _text(rows: list[dict[str, Any]]) -> str:
    # Django's own encoder leaves the microseconds of a time.
    return json.dumps(rows, default=datetime.isoformat)
