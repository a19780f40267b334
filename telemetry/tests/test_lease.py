"""A name belongs to one process at a time, whatever sessions a pooler gives it."""

from __future__ import annotations

import pytest
from django.db import connection

from telemetry.storage import store
from telemetry.workers.lease import Lease, LeaseLost


@pytest.fixture(autouse=True)
def no_lease(transactional_db: None):
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE ingest_lease, commit_log")


def expire() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ingest_lease SET expires_at = now() - interval '1 second'")


def test_the_name_is_one_owners_whatever_session_asks() -> None:
    ours, theirs = Lease("bridge-0", "ours"), Lease("bridge-0", "theirs")
    assert ours.hold()
    connection.close()  # a pooler in transaction mode: another session each time
    assert not theirs.hold()
    connection.close()
    assert ours.hold()
    assert Lease("bridge-1", "theirs").hold()


def test_it_is_another_s_after_its_end_and_at_once_when_it_was_released() -> None:
    ours, theirs = Lease("bridge-0", "ours"), Lease("bridge-0", "theirs")
    assert ours.hold()
    expire()
    assert theirs.hold()
    assert not ours.hold()
    theirs.release()
    assert ours.hold()


def test_a_batch_of_one_who_lost_the_name_is_not_stored() -> None:
    ours, theirs = Lease("bridge-0", "ours"), Lease("bridge-0", "theirs")
    assert ours.hold()
    assert store.write(store.Batch([1], [1_000], [1.0]), "bridge-0", ours).inserted == 1
    expire()
    # Nobody took it: it is ours still.
    assert store.write(store.Batch([1], [2_000], [1.0]), "bridge-0", ours).inserted == 1
    assert theirs.hold()
    with pytest.raises(LeaseLost):
        store.write(store.Batch([1], [3_000], [1.0]), "bridge-0", ours)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading WHERE series_id = 1")
        assert cursor.fetchone() == (2,)
        cursor.execute("TRUNCATE reading")


def test_nobody_takes_the_name_between_the_check_and_the_commit() -> None:
    ours = Lease("bridge-0", "ours")
    assert ours.hold()
    expire()
    tried = []

    def take() -> None:
        other = connection.copy()
        try:
            with other.cursor() as theirs:
                theirs.execute("SET lock_timeout = '100ms'")
                with pytest.raises(Exception, match="lock timeout"):
                    theirs.execute("UPDATE ingest_lease SET owner = 'theirs'")
            tried.append(other)
        finally:
            other.close()

    store.write(store.Batch(), "bridge-0", ours, store.Alongside(write=take))
    assert tried
