"""One batch between two threads, of which one may lose its patience."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from bridge.batch import Batch
from bridge.handover import Handover, Job
from bridge.inbox import Settled

ENTRY = 7
STORED = Settled(stored=3)
LONG = 60.0  # seconds; nothing here waits so long


@pytest.fixture
def handover() -> Handover:
    return Handover()


@pytest.fixture
def committer(handover: Handover) -> Iterator[Callable[[Settled | None], None]]:
    """Starts a thread that lets go of the next job with what is given."""
    threads = []

    def start(ended: Settled | None) -> None:
        def run() -> None:
            job = handover.look(LONG)
            assert job is not None
            handover.finish(job, ended)

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


def given_up(handover: Handover) -> Job:
    job = handover.give(Batch(1), 0.0)
    assert job is not None
    assert job.given_up
    return job


def never() -> int:
    raise AssertionError("it was appended")


def test_a_batch_that_is_settled_in_time_is_not_kept(handover, committer) -> None:
    committer(STORED)
    job = handover.give(Batch(1), LONG)
    assert job.ended == STORED
    assert handover.keep(job, never) == STORED


def test_nobody_waits_for_one_that_comes_to_nothing(handover, committer) -> None:
    committer(None)
    job = handover.give(Batch(1), LONG)
    assert job.ended is None
    assert handover.keep(job, lambda: ENTRY) is None


def test_while_one_that_was_given_up_is_at_work_no_other_is_taken(handover) -> None:
    job = given_up(handover)
    assert handover.give(Batch(1), LONG) is None
    handover.finish(job, STORED)
    assert given_up(handover) is not job


def test_one_that_ends_before_it_is_kept_is_not_kept(handover) -> None:
    job = given_up(handover)
    assert handover.finish(job, STORED) is None
    assert handover.keep(job, never) == STORED


def test_one_that_ends_after_it_was_kept_leaves_the_spool(handover) -> None:
    job = given_up(handover)
    assert handover.keep(job, lambda: ENTRY) is None
    assert handover.finish(job, STORED) == ENTRY


def test_one_that_comes_to_nothing_stays_in_the_spool(handover) -> None:
    job = given_up(handover)
    assert handover.keep(job, lambda: ENTRY) is None
    assert handover.finish(job, None) is None


def test_what_had_no_job_is_kept(handover) -> None:
    assert handover.keep(None, lambda: ENTRY) is None
