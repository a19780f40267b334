"""One batch between two threads, of which one may lose its patience."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from bridge.commit.inbox import BatchResult
from bridge.commit.request import CommitRequest, CommitRequests
from bridge.intake.batch import Batch

ENTRY = 7
STORED = BatchResult(stored=3)
LONG = 60.0  # seconds; nothing here waits so long


@pytest.fixture
def requests() -> CommitRequests:
    return CommitRequests()


@pytest.fixture
def committer(requests: CommitRequests) -> Iterator[Callable[[BatchResult | None], None]]:
    """Starts a thread that lets go of the next job with what is given."""
    threads = []

    def start(ended: BatchResult | None) -> None:
        def run() -> None:
            job = requests.look(LONG)
            assert job is not None
            requests.finish(job, ended)

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


def given_up(requests: CommitRequests) -> CommitRequest:
    job = requests.give(Batch(1), 0.0)
    assert job is not None
    assert job.given_up
    return job


def never() -> int:
    raise AssertionError("it was appended")


def test_a_batch_that_is_settled_in_time_is_not_kept(requests, committer) -> None:
    committer(STORED)
    job = requests.give(Batch(1), LONG)
    assert job.ended == STORED
    assert requests.keep(job, never) == STORED


def test_nobody_waits_for_one_that_comes_to_nothing(requests, committer) -> None:
    committer(None)
    job = requests.give(Batch(1), LONG)
    assert job.ended is None
    assert requests.keep(job, lambda: ENTRY) is None


def test_while_one_that_was_given_up_is_at_work_no_other_is_taken(requests) -> None:
    job = given_up(requests)
    assert requests.give(Batch(1), LONG) is None
    requests.finish(job, STORED)
    assert given_up(requests) is not job


def test_one_that_ends_before_it_is_kept_is_not_kept(requests) -> None:
    job = given_up(requests)
    assert requests.finish(job, STORED) is None
    assert requests.keep(job, never) == STORED


def test_one_that_ends_after_it_was_kept_leaves_the_spool(requests) -> None:
    job = given_up(requests)
    assert requests.keep(job, lambda: ENTRY) is None
    assert requests.finish(job, STORED) == ENTRY


def test_one_that_comes_to_nothing_stays_in_the_spool(requests) -> None:
    job = given_up(requests)
    assert requests.keep(job, lambda: ENTRY) is None
    assert requests.finish(job, None) is None


def test_what_had_no_job_is_kept(requests) -> None:
    assert requests.keep(None, lambda: ENTRY) is None
