"""Which errors of the database pass by themselves, and which a batch must be halved for."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from telemetry.storage import errors
from telemetry.storage.errors import Remedy

NOW_MS = 1_615_400_000_000  # 10 March 2021: no partition is made for it


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_a_transaction_with_too_many_locks_is_not_tried_again_whole() -> None:
    # As a batch of readings over thousands of days, each of which makes TimescaleDB lock a chunk.
    with pytest.raises(errors.ERRORS) as failed:
        execute("SELECT pg_advisory_xact_lock(n) FROM generate_series(1, 500000) AS n")
    assert failed.value.__cause__.sqlstate == "53200"
    assert not errors.is_temporary(failed.value)


@pytest.mark.django_db
def test_a_wait_for_a_lock_that_is_given_up_passes() -> None:
    with pytest.raises(errors.ERRORS) as failed:
        execute("DO $$ BEGIN RAISE lock_not_available; END $$")
    assert errors.is_temporary(failed.value)


@pytest.mark.django_db
def test_a_statement_that_takes_too_long_is_tried_again_and_in_smaller_pieces() -> None:
    with pytest.raises(errors.ERRORS) as failed:
        execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(60)")
    assert errors.remedy(failed.value) is Remedy.SMALLER


@pytest.mark.django_db
def test_a_cursor_that_a_pooler_has_lost_is_asked_for_again() -> None:
    with pytest.raises(errors.ERRORS) as failed:
        execute("FETCH ALL FROM gone")
    assert errors.remedy(failed.value) is Remedy.RETRY


@pytest.mark.django_db
def test_a_check_of_a_table_is_the_fault_of_the_row() -> None:
    with pytest.raises(errors.ERRORS) as failed:
        execute(
            "CREATE TEMP TABLE t (n int CHECK (n > 0)) ON COMMIT DROP; INSERT INTO t VALUES (0)"
        )
    assert errors.remedy(failed.value) is Remedy.REJECT


def test_a_mistake_of_ours_is_the_fault_of_the_message() -> None:
    assert errors.remedy(KeyError("x")) is Remedy.REJECT
    assert errors.complaint(KeyError("x")) == "KeyError: 'x'"
