"""One way to wait before the next try."""

from telemetry.workers.backoff import Backoff


def longest(backoff: Backoff) -> float:
    return max(Backoff(backoff.first, backoff.cap, backoff.failures).wait() for _ in range(2_000))


def test_waits_double_up_to_the_cap_and_begin_anew_when_it_worked() -> None:
    backoff = Backoff(0.5, 3.0)
    for bound in (0.5, 1.0, 2.0, 3.0, 3.0):
        assert bound * 0.95 < longest(backoff) <= bound
        assert 0 <= backoff.wait() <= bound
    assert backoff.failures == 5
    backoff.reset()
    assert longest(backoff) <= 0.5


def test_a_year_of_failures_is_no_overflow() -> None:
    assert Backoff(0.1, 5.0, failures=10**7).wait() <= 5.0
