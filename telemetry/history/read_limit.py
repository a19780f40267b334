"""How long one read of history may take: a window too wide must not keep Postgres busy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from telemetry.errors import TelemetryError

READ_LIMIT = 10_000  # ms one statement of a read may run


class TooSlow(TelemetryError):
    """Postgres stopped a read at `READ_LIMIT`; the message says what to ask instead."""

    def __init__(self) -> None:
        super().__init__(
            f"Reading this takes longer than {READ_LIMIT / 1000:g} s and was stopped. "
            "Narrow the window, or ask for fewer series at once."
        )


@contextmanager
def limited() -> Iterator[None]:
    """Statements within end at the limit, and raise `TooSlow`; none is compiled. Also a decorator.

    Local to the transaction: set on the session, it would reach the next user of a pooled
    connection. Without a savepoint: limits may nest, and each would cost two round trips.
    """
    try:
        with transaction.atomic(savepoint=False):
            with connection.cursor() as cursor:
                # Postgres takes such a statement, with all it might read, for dear: where it can,
                # it would compile it each time, for longer than it runs.
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true),"
                    " set_config('jit', 'off', true)",
                    [str(READ_LIMIT)],
                )
            yield
    except OperationalError as exc:
        if isinstance(exc.__cause__, QueryCanceled):
            raise TooSlow from exc
        raise
