"""How many requests of one account are at work at once. What more it asks waits for its turn.

A rate alone does not do: twenty requests that take a second each are few, and yet take every
database connection of a web process, so that nobody else is answered. Here an account has a third
of them for its requests and as many for what it downloads, however many sessions and tokens it has.
Counted by each web process for itself, as its connections are.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from access.acting import address_of

SHARE = 3  # a third of the database connections
WITHOUT_POOL = 4  # at once, where there is no pool
MAX_WAITING = 100  # requests of one account that wait for their turn
WAIT = 10.0  # seconds one waits for it at most
RETRY_AFTER = 5  # seconds, as who gets none is told


class _Line:
    """Of one account."""

    def __init__(self) -> None:
        self.at_work = 0
        self.waiting: deque[threading.Event] = deque()


class Turns:
    """Any thread may take one. Who gets none is told what is `said` of how many there may be."""

    def __init__(self, said: Callable[[int], str]) -> None:
        self.said = said
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()
        self.refused = 0  # since the process began

    def take(self, who: str) -> Callable[[], None]:
        """Waits for a turn; what gives it back, which may be called more than once. Raises
        `Throttled`. Not inside of a transaction: a database connection is not kept meanwhile."""
        most, mine = at_once(), threading.Event()
        with self._lock:
            line = self._lines.setdefault(who, _Line())
            if line.at_work < most:
                line.at_work += 1
                return self._giving_back(who)
            is_full = len(line.waiting) >= MAX_WAITING
            if not is_full:
                line.waiting.append(mine)
        if not is_full:
            if not connection.in_atomic_block:
                connection.close()
            if mine.wait(WAIT):
                return self._giving_back(who)
        with self._lock:
            if mine.is_set():  # at the last moment
                return self._giving_back(who)
            if not is_full:
                line.waiting.remove(mine)
            self.refused += 1
        raise Throttled(RETRY_AFTER, self.said(most))

    def _giving_back(self, who: str) -> Callable[[], None]:
        given: list[str] = []

        def give_back() -> None:
            with self._lock:
                if given:
                    return
                given.append(who)
                line = self._lines[who]
                if line.waiting:
                    line.waiting.popleft().set()  # whose turn this one is now
                    return
                line.at_work -= 1
                if not line.at_work:
                    del self._lines[who]

        return give_back


requests = Turns(lambda most: f"Requests of yours under way: {most}. Let one of them end first.")
downloads = Turns(lambda most: f"Downloads of yours under way: {most}. Let one of them end first.")


def at_once() -> int:
    """Requests of one account that are at work at once, and as many downloads."""
    return max(1, settings.DATABASE_POOL // SHARE) if settings.DATABASE_POOL else WITHOUT_POOL


def of(request: Request) -> str:
    """Whose turn a request takes."""
    if request.user is not None and request.user.is_authenticated:
        return f"account {request.user.pk}"
    return f"address {address_of(request._request)}"


def begin(request: Request) -> None:
    """Wait for a turn, which `GiveBack` ends. Raises `Throttled`."""
    under_way: Any = request._request
    if getattr(under_way, "give_back", None) is None:
        under_way.give_back = requests.take(of(request))


def download(request: Request) -> Callable[[], None]:
    """Take the turn of a download, in place of that of its request, until it is given back or
    forgotten. Raises `Throttled`."""
    _end(request._request)
    return downloads.take(of(request))


def until_closed(response: HttpResponseBase, give_back: Callable[[], None]) -> None:
    """Give it back when the response is closed, or nobody has it any more."""
    response._resource_closers.append(give_back)  # type: ignore[attr-defined]  # as Django's own
    weakref.finalize(response, give_back)


class GiveBack:
    """A middleware: the turn of a request ends with its answer, whatever becomes of that."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self._get_response(request)
        finally:
            _end(request)


def _end(request: HttpRequest) -> None:
    give_back = request.__dict__.pop("give_back", None)
    if give_back is not None:
        give_back()
