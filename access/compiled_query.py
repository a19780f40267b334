"""A query of the ORM whose SQL is made once.

To make it takes Django several times as long as Postgres takes to answer for one row by its key,
and what every request asks is the same but for that key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection, models
from django.db.models.query import get_related_populators

M = TypeVar("M", bound=models.Model)


class CompiledQuery(Generic[M]):
    """`make` gives a queryset of whole rows, with what it selects beside them; in it stands a
    stand-in, a value it has nowhere else, for each of the values that are told later."""

    def __init__(self, make: Callable[[], models.QuerySet[M]], *stand_ins: Any) -> None:
        self._make = make
        self._stand_ins = stand_ins
        self._compiled: _Compiled | None = None

    def rows(self, *values: Any) -> list[M]:
        """Those that the queryset would have with these values."""
        if self._compiled is None:
            self._compiled = _Compiled(self._make(), self._stand_ins)
        return self._compiled.rows(dict(zip(self._stand_ins, values, strict=True)))


class _Compiled:
    """What Django's own iterator of rows (`ModelIterable`) works out for each query anew."""

    def __init__(self, queryset: models.QuerySet[Any], stand_ins: Sequence[Any]) -> None:
        compiler: Any = queryset.query.get_compiler(connection=connection)
        self._statement, self._params = compiler.as_sql()
        if missing := [each for each in stand_ins if each not in self._params]:
            raise ValueError(f"the query has no {missing}")
        self._compiler = compiler
        about, select = compiler.klass_info, compiler.select
        self._model = about["model"]
        places = about["select_fields"]
        self._own = slice(places[0], places[-1] + 1)
        self._names = [each[0].target.attname for each in select[self._own]]
        self._beside = get_related_populators(  # type: ignore[call-arg]  # stubs of a later Django
            about, select, connection.alias
        )
        self._converters = compiler.get_converters([each[0] for each in select])

    def rows(self, told: dict[Any, Any]) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(self._statement, [told.get(each, each) for each in self._params])
            found: Any = cursor.fetchall()
        if self._converters:
            found = self._compiler.apply_converters(found, self._converters)
        rows = []
        for values in found:
            row = self._model.from_db(connection.alias, self._names, values[self._own])
            for each in self._beside:
                each.populate(values, row)
            rows.append(row)
        return rows
