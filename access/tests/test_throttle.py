"""One caller who asks too much is told to wait, and nobody else notices."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from knox.models import AuthToken
from rest_framework.test import APIClient

from access import throttle
from access.throttle import BURST_SECONDS, MAX_CALLERS, Callers


def test_a_burst_is_answered_and_then_a_rate():
    callers = Callers()
    burst = [callers.wait("a", 2, 100.0) for _ in range(int(2 * BURST_SECONDS))]
    assert burst == [0.0] * 20
    assert callers.wait("a", 2, 100.0) == pytest.approx(0.5)
    assert callers.wait("b", 2, 100.0) == 0.0
    assert callers.wait("a", 2, 100.6) == 0.0
    assert callers.wait("a", 2, 100.7) > 0
    assert callers.refused == 2


def test_a_clock_that_stands_still_gives_nothing_and_many_callers_are_forgotten():
    callers = Callers()
    for number in range(MAX_CALLERS + 5):
        assert callers.wait(str(number), 1, 0.0) == 0.0
    assert len(callers._buckets) == MAX_CALLERS


@pytest.mark.django_db
def test_a_token_that_asks_too_much_gets_429_with_retry_after(
    settings: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(throttle, "callers", Callers())
    monkeypatch.setattr(throttle.time, "monotonic", lambda: 1.0)
    settings.API_REQUESTS = 1
    ana = User.objects.create_superuser("ana")
    first, second = (AuthToken.objects.create(ana)[1] for _ in range(2))

    def ask(token: str) -> Any:
        return APIClient(headers={"authorization": f"Bearer {token}"}).get("/api/v1/sites/")

    for _ in range(int(BURST_SECONDS)):
        assert ask(first).status_code == 200
    refused = ask(first)
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) == 1
    assert ask(second).status_code == 200
    assert throttle.callers.refused == 1
