"""Halving a batch around what cannot be stored, while other things go wrong as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from bridge.commit.committer import Abandoned
from bridge.commit.request import CommitRequest
from bridge.commit.rows import RowBuilder
from bridge.message import Message
from bridge.tests.test_transaction import NOW, Transaction, message, stored_values, transaction
from telemetry.models import QuarantinedMessage
from telemetry.storage import store

__all__ = ["transaction"]  # a fixture

BAD = 666  # a value the database refuses


@contextmanager
def trigger(table: str, body: str) -> Iterator[None]:
    """A rule of the database's own, which the decoder does not know of."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SEQUENCE tries")
        cursor.execute(
            f"CREATE FUNCTION rule() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}"
            " RETURN NEW; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER rule BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION rule()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION rule CASCADE")
            cursor.execute("DROP SEQUENCE tries")


REFUSE_BAD = f"IF NEW.value = {BAD} THEN RAISE 'not this one' USING ERRCODE = '22000'; END IF;"


def payloads(count: int, bad: set[int]) -> list[bytes]:
    return [
        b'{"ts":%d,"values":{"v":%d}}' % (NOW + number, BAD if number in bad else number)
        for number in range(1, count + 1)
    ]


def shown(transaction: Transaction) -> set[float]:
    """The values that are on their way to the dashboards."""
    return {value for part in transaction.publisher._take() for _, _, value in part.numbers()}


def test_an_outage_in_the_middle_doubles_no_evidence_and_hides_no_reading(
    transaction: Transaction,
) -> None:
    messages = [message(each) for each in payloads(40, {3, 9, 17, 25, 38})]
    batch = transaction.intake.batch(1, messages)
    outage = "IF nextval('tries') = 3 THEN RAISE 'going down' USING ERRCODE = '57P01'; END IF;"
    with trigger("reading", REFUSE_BAD):
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION outage() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" {outage} RETURN NEW; END $$"
            )
            cursor.execute(
                "CREATE TRIGGER outage BEFORE INSERT ON telemetry_quarantinedmessage"
                " FOR EACH ROW EXECUTE FUNCTION outage()"
            )
        try:
            request = CommitRequest(batch, given_up=True)
            with pytest.raises(Abandoned):
                transaction.committer._commit(batch, request, live=lambda: True)
            assert 0 < QuarantinedMessage.objects.count() < 5
            first = shown(transaction)
            assert first == stored_values() != set()
            # The writer has put it into the spool meanwhile, and it comes back from there.
            transaction.spool.append(batch)
            spooled = transaction.spool.oldest(100)
            assert spooled is not None
            assert spooled.entry is not None
            again = transaction.intake.batch(0, spooled.entry.messages, {})
            ended = transaction.committer._commit_spooled(again)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP FUNCTION outage CASCADE")
    assert (ended.total(), ended.rejected) == (40, 5)
    assert len(stored_values()) == 35
    assert QuarantinedMessage.objects.count() == 5
    assert sorted(bytes(each.payload) for each in QuarantinedMessage.objects.all()) == sorted(
        payload for payload in payloads(40, {3, 9, 17, 25, 38}) if b"666" in payload
    )


def test_a_partly_bad_message_that_comes_again_is_quarantined_once(
    transaction: Transaction,
) -> None:
    for payload in (b'{"ts":%d,"values":{"v":1,"w":NaN}}' % NOW, b'{"v":2,"w":NaN}'):
        before = QuarantinedMessage.objects.count()
        first = message(payload, mid=20 + before)
        again = Message(first.topic, payload, first.mid, True, False, b"", (NOW + 9) * 1_000)
        other = Message(first.topic, payload + b" ", 90, True, False, b"", (NOW + 9) * 1_000)
        transaction.commit([first])
        for _ in range(3):
            assert transaction.commit([again]).duplicate == 1
        assert QuarantinedMessage.objects.count() == before + 1
        transaction.commit([other])
        assert QuarantinedMessage.objects.count() == before + 2
    assert stored_values() == {1.0, 2.0}


def test_a_batch_that_takes_too_long_is_halved_and_nothing_of_it_is_rejected(
    transaction: Transaction, monkeypatch
) -> None:
    monkeypatch.setattr(store, "STATEMENT_TIMEOUT", 1)
    with trigger("reading", "PERFORM pg_sleep(0.2);"):
        ended = transaction.commit([message(each) for each in payloads(8, set())])
    assert (ended.stored, ended.rejected) == (8, 0)
    assert len(stored_values()) == 8


def test_a_mistake_of_ours_costs_the_message_it_is_about(
    transaction: Transaction, monkeypatch, caplog
) -> None:
    """Whatever it is: here one of the rows' own."""
    add = RowBuilder._add

    def mistaken(self, rows, gathered, index, given, item) -> None:
        if b":13}" in given.payload:
            raise ZeroDivisionError("thirteen")
        add(self, rows, gathered, index, given, item)

    monkeypatch.setattr(RowBuilder, "_add", mistaken)
    ended = transaction.commit([message(each) for each in payloads(20, set())])
    assert (ended.stored, ended.rejected) == (19, 1)
    assert stored_values() == {float(each) for each in range(1, 21)} - {13.0}
    kept = QuarantinedMessage.objects.get()
    assert (kept.reason, kept.detail) == ("store_rejected", "ZeroDivisionError: thirteen")
    assert "ZeroDivisionError" in caplog.text  # with its traceback
