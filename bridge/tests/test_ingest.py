"""Messages of many senders at once, committed together: what each is told, and what is stored."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from bridge.decode import Decoder
from bridge.decode.items import Reason
from bridge.http import committer as ingest
from bridge.http import queue
from devices.models import Device
from telemetry.api.pipeline import balance
from telemetry.worker_counts import IngestWorker


@pytest.fixture
def waiting(freezer: Device) -> Iterator[ingest.Ingest]:
    """An ingest that takes messages and has not begun to commit."""
    made = ingest.Ingest("http-waiting")
    yield made
    if made.is_alive():
        made.stop()


def test_what_waits_is_committed_together_and_each_gets_its_own_answer(
    waiting, freezer, database
) -> None:
    pump = Device(uid="pump-1", name="Pump 1")
    pump.issue_token()
    pump.save()
    sent = [
        (freezer.token, b'{"t":1}'),
        ("pd_nobodys", b'{"t":2}'),
        (pump.token, b'{"t":3,"u":4}'),
        (freezer.token, b"{nope"),
        (freezer.token, b'{"t":5,"u":NaN}'),
        ("", b'{"t":6}'),
    ]
    answers = [waiting.take(token, payload) for token, payload in sent]
    waiting.start()
    first, _, third, fourth, fifth, _ = [each.exception(30) or each.result() for each in answers]
    assert (first, third) == (queue.Outcome(1, [], False), queue.Outcome(2, [], False))
    assert (fourth.rejected, [each.reason for each in fourth.problems]) == (
        True,
        [Reason.MALFORMED_JSON],
    )
    assert (fifth.readings, [each.reason for each in fifth.problems]) == (1, [Reason.NOT_FINITE])
    assert [type(answers[index].exception()) for index in (1, 5)] == [queue.BadToken] * 2
    assert database("SELECT value FROM reading ORDER BY value") == [(1.0,), (3.0,), (4.0,), (5.0,)]
    assert waiting.counters.batches == 1
    books = waiting.snapshot()
    assert (books["received"], books["in_flight"], balance(books)) == (4, 0, 0)


def test_when_nothing_may_be_stored_there_is_no_transaction(waiting, database) -> None:
    answer = waiting.take("pd_nobodys", b'{"t":2}')
    waiting.start()
    assert isinstance(answer.exception(30), queue.BadToken)
    assert waiting.counters.batches == 0


def test_a_row_the_database_refuses_costs_no_other_sender(waiting, freezer, database) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reading ADD CONSTRAINT no_666 CHECK (value <> 666)")
    try:
        answers = [waiting.take(freezer.token, b'{"t":%d}' % value) for value in (1, 666, 3, 4)]
        waiting.start()
        outcomes = [each.result(30) for each in answers]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE reading DROP CONSTRAINT no_666")
    assert [each.rejected for each in outcomes] == [False, True, False, False]
    assert outcomes[1].problems[0].reason is Reason.STORE_REJECTED
    assert database("SELECT value FROM reading ORDER BY value") == [(1.0,), (3.0,), (4.0,)]


def test_when_too_many_wait_the_next_is_asked_to_come_again(waiting, freezer, monkeypatch) -> None:
    monkeypatch.setattr(queue, "MAX_WAITING_MESSAGES", 2)
    answers = [waiting.take(freezer.token, b'{"t":1}') for _ in range(3)]
    assert isinstance(answers[2].exception(0), queue.Unavailable)
    monkeypatch.setattr(queue, "MAX_WAITING_MESSAGES", 10)
    monkeypatch.setattr(queue, "MAX_WAITING_BYTES", 20)
    assert isinstance(waiting.take(freezer.token, b'{"t":1000}').exception(0), queue.Unavailable)
    waiting.start()
    assert [each.result(30).readings for each in answers[:2]] == [1, 1]


def test_at_the_end_what_waits_is_committed_and_nothing_more_comes_in(waiting, freezer) -> None:
    answers = [waiting.take(freezer.token, b'{"t":%d}' % number) for number in range(50)]
    waiting.start()
    waiting.stop()
    assert [each.result(0).readings for each in answers] == [1] * 50
    assert isinstance(waiting.take(freezer.token, b'{"t":1}').exception(0), queue.Unavailable)
    assert not IngestWorker.objects.exists()


def test_a_mistake_of_ours_is_answered_and_the_next_message_is_taken(
    waiting, freezer, monkeypatch
) -> None:
    """Faulted from outside: no message is known that does it."""
    monkeypatch.setattr(Decoder, "of_device", lambda *_: 1 / 0)
    answer = waiting.take(freezer.token, b'{"t":1}')
    waiting.start()
    assert isinstance(answer.exception(30), ZeroDivisionError)
    monkeypatch.undo()
    assert waiting.take(freezer.token, b'{"t":2}').result(30).readings == 1
    assert balance(waiting.snapshot()) == 0
