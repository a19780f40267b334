"""What is tried again, when, and for how long."""

from __future__ import annotations

import pytest

from notifications.answer import Answer, Outcome
from notifications.retry import (
    FIRST_WAIT,
    HEAD_TRIES,
    LONGEST_ASKED,
    LONGEST_WAIT,
    TRY_FOR,
    again,
)

FAILED, UNANSWERED = Answer(Outcome.FAILED), Answer(Outcome.UNANSWERED)


@pytest.mark.parametrize("outcome", [Outcome.TAKEN, Outcome.REFUSED])
def test_what_was_taken_or_refused_is_over(outcome: Outcome) -> None:
    assert again(Answer(outcome, wait=5), 1, 0) is None


@pytest.mark.parametrize("answer", [FAILED, UNANSWERED])
def test_waits_double_up_to_the_longest(answer: Answer) -> None:
    for tries in range(1, 200):
        step = again(answer, tries, 0)
        assert step is not None
        assert 0 <= step.wait <= min(FIRST_WAIT * 2 ** (tries - 1), LONGEST_WAIT)


def test_after_a_day_nobody_tries_again() -> None:
    assert again(FAILED, 1, TRY_FOR - FIRST_WAIT) is not None
    assert again(FAILED, 1, TRY_FOR + 1) is None
    assert again(Answer(Outcome.FAILED, wait=600), 1, TRY_FOR - 60) is None


def test_what_the_other_side_asks_for_is_waited_within_bounds() -> None:
    for asked, least in ((60.0, 60.0), (10**9, LONGEST_ASKED)):
        step = again(Answer(Outcome.FAILED, wait=asked), 1, 0)
        assert step is not None
        assert (step.wait, step.rests) == (least, True)


def test_what_may_cost_money_is_tried_a_few_times() -> None:
    costly = Answer(Outcome.UNANSWERED, most=3)
    assert [again(costly, tries, 0) is None for tries in (1, 2, 3)] == [False, False, True]


def test_one_that_fails_again_and_again_lets_the_others_pass() -> None:
    rests = [step.rests for n in range(1, 10) if (step := again(FAILED, n, 0)) is not None]
    assert rests == [True] * (HEAD_TRIES - 1) + [False] * (10 - HEAD_TRIES)
    last = again(UNANSWERED, 50, 0)
    assert last is not None
    assert last.rests  # the others would not be answered either
