"""The token bucket."""

from telemetry.workers import rate
from telemetry.workers.rate import RateLimit


def test_a_burst_passes_then_the_rate() -> None:
    limit = RateLimit(rate=10, burst=3)
    assert [limit.wait(1, 100.0) for _ in range(3)] == [0, 0, 0]
    assert limit.wait(1, 100.0) == 0.1
    assert limit.wait(1, 100.05) > 0
    assert limit.wait(1, 100.11) == 0
    assert limit.wait(1, 100.12) > 0


def test_senders_do_not_share_a_bucket() -> None:
    limit = RateLimit(rate=10, burst=1)
    assert limit.wait(1, 100.0) == 0
    assert limit.wait(1, 100.0) > 0
    assert limit.wait(2, 100.0) == 0


def test_a_pause_earns_one_burst_and_no_more() -> None:
    limit = RateLimit(rate=10, burst=2)
    assert limit.wait(1, 0.0) == 0
    assert [limit.wait(1, 9999.0) == 0 for _ in range(4)] == [True, True, False, False]


def test_idle_senders_are_forgotten_before_busy_ones(monkeypatch) -> None:
    monkeypatch.setattr(rate, "MAX_SENDERS", 2)
    limit = RateLimit(rate=1, burst=1)
    assert limit.wait(1, 0.0) == 0
    assert limit.wait(2, 10.0) == 0
    assert limit.wait(3, 10.0) == 0  # the bucket of 1 is full again: it goes
    assert limit.wait(2, 10.0) > 0
