"""Which errors of the database pass by themselves, and which a batch must be halved for."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from telemetry.storage import store


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_a_transaction_with_too_many_locks_is_not_tried_again_whole() -> None:
    # As a batch of readings over thousands of days, each of which makes TimescaleDB lock a chunk.
    with pytest.raises(store.ERRORS) as failed:
        execute("SELECT pg_advisory_xact_lock(n) FROM generate_series(1, 500000) AS n")
    assert failed.value.__cause__.sqlstate == "53200"
    assert not store.is_temporary(failed.value)


@pytest.mark.django_db
def test_a_wait_for_a_lock_that_is_given_up_passes() -> None:
    with pytest.raises(store.ERRORS) as failed:
        execute("DO $$ BEGIN RAISE lock_not_available; END $$")
    assert store.is_temporary(failed.value)
