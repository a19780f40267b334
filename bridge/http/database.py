"""The database as a process that takes messages over HTTP asks it: twice, and then it is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bridge.commit.database_state import DatabaseState
from bridge.commit.transaction import TRIES_WHOLE, gives_up
from bridge.http.queue import Unavailable
from bridge.publish.after_commit import CommitCounters
from devices import clock
from telemetry.storage import errors, role
from telemetry.workers.thread import WorkingThread

R = TypeVar("R")


class Database:
    """For the thread; `trouble` is for any."""

    def __init__(self, thread: WorkingThread, counters: CommitCounters) -> None:
        self._thread = thread
        self._state = DatabaseState(thread, counters)
        self._is_allowed = False  # the database role has every right it needs

    def trouble(self) -> str:
        """Why what comes is not stored; "" when it is."""
        return self._state.trouble()

    def prepare(self) -> None:
        """Once, before the first message is stored. Raises `Unavailable`."""
        if not self._is_allowed:
            try:
                self.twice(role.check, divisible=False)
                self.twice(clock.measure, divisible=False)
            except role.NotAllowed as exc:
                self._state.note(str(exc))
                raise Unavailable(str(exc)) from exc
            self._is_allowed = True

    def twice(self, work: Callable[[], R], *, divisible: bool) -> R:
        """The result of `work`, tried again once: the server may have restarted since the last
        message, which a kept connection finds out only now. Storing twice does no harm.

        Raises `Unavailable`, or the database's error when that will not go away.
        """
        for is_last in (False, True):
            try:
                with self._thread.waiting_for("database"):
                    result = work()
            except errors.ERRORS as exc:
                errors.reset_connection()
                if gives_up(exc, TRIES_WHOLE if is_last else 1, divisible=divisible):
                    raise
                self._state.note(errors.complaint(exc))
                if is_last:
                    raise Unavailable(str(exc)) from exc
            else:
                self._state.note("")
                return result
        raise AssertionError("not reached")

    def try_to_write(self, what: Callable[[], None]) -> None:
        """Once; a database that is away is noted."""
        try:
            with self._thread.waiting_for("database"):
                what()
        except errors.ERRORS as exc:
            errors.reset_connection()
            self._state.note(errors.complaint(exc))
        else:
            if self._is_allowed:
                self._state.note("")
