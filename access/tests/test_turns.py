"""One account does not take what all of a web process share, however much it asks at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.exceptions import Throttled
from rest_framework.test import APIClient

from access import turns
from access.turns import Turns
from tests.waiting import eventually

FILE = "/api/v1/readings/latest/?format=csv"


@pytest.fixture
def one_at_once(settings: Any) -> None:
    settings.DATABASE_POOL = 3
    assert turns.at_once() == 1


def test_each_account_has_a_third_of_the_connections(settings: Any):
    found = {}
    for most in (0, 1, 6, 12, 100):
        settings.DATABASE_POOL = most
        found[most] = turns.at_once()
    assert found == {0: 4, 1: 1, 6: 2, 12: 4, 100: 33}


@pytest.mark.usefixtures("one_at_once")
def test_who_asks_more_at_once_waits_in_line_and_nobody_else_does():
    taken, order = Turns(turns.requests.said), []
    first = taken.take("ana")

    def ask(number: int) -> None:
        give_back = taken.take("ana")
        order.append(number)
        give_back()

    threads = []
    for number in range(3):
        threads.append(threading.Thread(target=ask, args=[number]))
        threads[-1].start()
        eventually(lambda: len(taken._lines["ana"].waiting) == len(threads))
    taken.take("bob")()
    assert order == []
    first()
    first()  # it was given back already
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2]
    assert (taken._lines, taken.refused) == ({}, 0)


@pytest.mark.usefixtures("one_at_once")
def test_who_waits_too_long_or_behind_too_many_is_refused(monkeypatch: pytest.MonkeyPatch):
    taken = Turns(turns.requests.said)
    give_back = taken.take("ana")
    for name in ("WAIT", "MAX_WAITING"):
        monkeypatch.setattr(turns, name, 0)
        with pytest.raises(Throttled, match="Requests of yours under way: 1"):
            taken.take("ana")
    give_back()
    assert (taken._lines, taken.refused) == ({}, 2)


@pytest.fixture
def ana(db: None) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.create_superuser("ana"))
    return client


@pytest.mark.usefixtures("one_at_once")
def test_downloads_are_counted_until_they_end_and_keep_no_request_waiting(
    ana: APIClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(turns, "WAIT", 0)

    under_way = ana.get(FILE)
    assert under_way.status_code == 200
    refused = ana.get(FILE)
    assert refused.status_code == 429
    assert "Downloads of yours under way: 1." in refused.json()["detail"]
    assert refused["Retry-After"] == "5"
    assert ana.get("/api/v1/sites/").status_code == 200
    bob = APIClient()
    bob.force_authenticate(User.objects.create_superuser("bob"))
    assert b"".join(bob.get(FILE).streaming_content)
    assert b"".join(under_way.streaming_content)
    assert b"".join(ana.get(FILE).streaming_content)
    # Of these two: an answer that another test never read may still wait to be collected.
    accounts = {f"account {pk}" for pk in User.objects.values_list("pk", flat=True)}
    assert accounts.isdisjoint({*turns.requests._lines, *turns.downloads._lines})
