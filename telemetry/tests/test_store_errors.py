"""Which errors of the database pass by themselves, and which a batch must be halved for."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import psycopg
import pytest
from django.db import connection, connections, transaction

from telemetry.storage import errors, partitions, store
from telemetry.storage.errors import Remedy
from tests.database_url import database_url
from tests.waiting import eventually

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


def test_a_partition_attached_while_a_row_is_on_its_way_rejects_nothing(transactional_db) -> None:
    """The row was on its way to the default partition, which takes it no longer."""
    failures: list[BaseException] = []

    def write() -> None:
        try:
            store.write(store.Batch([1], [NOW_MS], [2.0]), "w")
        except errors.ERRORS as exc:
            failures.append(exc)
        finally:
            connections.close_all()

    writer = threading.Thread(target=write)
    with psycopg.connect(database_url()) as maker:
        maker.execute("LOCK TABLE reading_default IN ACCESS EXCLUSIVE MODE")
        writer.start()

        def waits() -> bool:
            found = maker.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND relation = 'reading_default'::regclass"
            ).fetchone()
            return found == (1,)

        eventually(waits, what="the writer waits for the default partition")
        maker.execute(
            "CREATE TABLE reading_20210310 PARTITION OF reading"
            " FOR VALUES FROM ('2021-03-10 00:00Z') TO ('2021-03-11 00:00Z')"
        )
    writer.join()
    try:
        assert [errors.remedy(each) for each in failures] == [Remedy.RETRY]
        written = store.write(store.Batch([1], [NOW_MS], [2.0]), "w")
        assert written.inserted == 1
    finally:
        partitions.drop_before(datetime(2021, 4, 1, tzinfo=UTC))
        execute("TRUNCATE rollup_dirty")
