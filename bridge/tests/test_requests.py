"""One batch between two threads, of which one may lose its patience."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from bridge.commit.inbox import BatchResult
from bridge.commit.request import CommitRequest, CommitRequests
from bridge.commit.spool_entry import Kept
from bridge.intake.batch import Batch

KEPT = Kept(7, 3, 100)
STORED = BatchResult(stored=3)
LONG = 60.0  # seconds; nothing here waits so long


@pytest.fixture
def requests() -> CommitRequests:
    return CommitRequests()


@pytest.fixture
def committer(requests: CommitRequests) -> Iterator[Callable[[BatchResult | None], None]]:
    """Starts a thread that lets go of the next request with what is given."""
    threads = []

    def start(ended: BatchResult | None) -> None:
        def run() -> None:
            request = requests.look(LONG)
            assert request is not None
            requests.finish(request, ended)

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()


def given_up(requests: CommitRequests) -> CommitRequest:
    request = requests.give(Batch(1), 0.0)
    assert request is not None
    assert request.given_up
    return request


def never() -> Kept:
    raise AssertionError("it was appended")


def test_a_batch_that_is_committed_in_time_is_not_kept(requests, committer) -> None:
    committer(STORED)
    request = requests.give(Batch(1), LONG)
    assert request.ended == STORED
    assert requests.keep(request, never) == STORED


def test_nobody_waits_for_one_that_comes_to_nothing(requests, committer) -> None:
    committer(None)
    request = requests.give(Batch(1), LONG)
    assert request.ended is None
    assert requests.keep(request, lambda: KEPT) is None


def test_while_one_that_was_given_up_is_at_work_no_other_is_taken(requests) -> None:
    request = given_up(requests)
    assert requests.give(Batch(1), LONG) is None
    requests.finish(request, STORED)
    assert given_up(requests) is not request


def test_one_that_ends_before_it_is_kept_is_not_kept(requests) -> None:
    request = given_up(requests)
    assert requests.finish(request, STORED) is None
    assert requests.keep(request, never) == STORED


def test_one_that_ends_after_it_was_kept_leaves_the_spool(requests) -> None:
    request = given_up(requests)
    assert requests.keep(request, lambda: KEPT) is None
    assert requests.finish(request, STORED) == KEPT


def test_one_that_comes_to_nothing_stays_in_the_spool(requests) -> None:
    request = given_up(requests)
    assert requests.keep(request, lambda: KEPT) is None
    assert requests.finish(request, None) is None


def test_what_was_never_asked_for_is_kept(requests) -> None:
    assert requests.keep(None, lambda: KEPT) is None
