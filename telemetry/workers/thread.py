"""How every long-lived thread of ours runs, so that none ends unseen.

What its loop raises is logged with its traceback, and the loop starts again. `troubles` says of the
threads of this process which is dead, stands still or fails again and again: `/healthz` asks it.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from telemetry.workers.backoff import Backoff

logger = logging.getLogger(__name__)

FIRST_RESTART, LONGEST_RESTART = 0.1, 5.0  # seconds before the loop starts again
FAILING_FOR = 10.0  # seconds after a failure in which the thread counts as failing
STUCK_AFTER = 30.0  # seconds of one turn, after which the thread counts as standing still

_started: weakref.WeakSet[WorkingThread] = weakref.WeakSet()
_changing = threading.Lock()  # of the set above


class WorkingThread(threading.Thread):
    """`work` is what it does until `stopping` is set. It calls `turn` each time around its loop,
    and is inside of `waiting_for` while something that is not ours may take its time."""

    def __init__(self, name: str) -> None:
        super().__init__(name=name, daemon=True)
        self.stopping = threading.Event()
        self.failures = 0  # of the loop, since the start
        self._failed_at: float | None = None  # monotonic seconds
        self._failure = ""
        self._turned_at = time.monotonic()
        self._waits: tuple[str, float] | None = None  # for what, and since when

    def work(self) -> None:
        """Until `stopping` is set. May raise anything: it is called again."""
        raise NotImplementedError

    def leave(self) -> None:
        """What the thread does last, once. May raise anything."""

    def start(self) -> None:
        with _changing:
            _started.add(self)
        self._turned_at = time.monotonic()
        super().start()

    def run(self) -> None:
        backoff = Backoff(FIRST_RESTART, LONGEST_RESTART)
        while True:
            try:
                self.work()
                break
            except BaseException as exc:  # noqa: BLE001  (SystemExit would end a thread in silence)
                if self._failed_at is None or not self._is_failing():
                    backoff.reset()
                self.note_failure(exc)
            if self.stopping.wait(backoff.wait()):
                break
        try:
            self.leave()
        except BaseException as exc:  # noqa: BLE001  (as above)
            self.note_failure(exc)

    def note_failure(self, exc: BaseException) -> None:
        """Tell of a failure, also of one the loop itself survives."""
        self.failures += 1
        self._failed_at = self._turned_at = time.monotonic()
        self._failure = f"{type(exc).__name__}: {exc}"
        self._waits = None
        logger.error(
            "the thread %s failed: %s", self.name, self._failure,
            exc_info=exc, extra={"action": "thread_failed"},
        )  # fmt: skip

    def turn(self) -> None:
        """The loop goes around: the thread moves on."""
        self._turned_at = time.monotonic()

    @contextmanager
    def waiting_for(self, what: str) -> Iterator[None]:
        """Within it the thread may stand still: what it waits for is not ours."""
        self._waits = (what, time.monotonic())
        try:
            yield
        finally:
            self._waits = None
            self._turned_at = time.monotonic()

    def waits(self, what: str) -> float:
        """The seconds this thread has been waiting for it by now; 0 when it does not."""
        now = self._waits
        return time.monotonic() - now[1] if now is not None and now[0] == what else 0.0

    def trouble(self) -> str:
        """What is wrong with the thread, "" for nothing. Any thread may ask."""
        if self.stopping.is_set():
            return ""
        if not self.is_alive():
            return "it has ended"
        if self._is_failing():
            return f"it failed {self.failures} times, last with {self._failure}"
        if self.stands_still:
            return f"it has stood still for {time.monotonic() - self._turned_at:.0f} s"
        return ""

    @property
    def stands_still(self) -> bool:
        """Whether one turn takes too long, and nothing that is not ours is waited for."""
        stands = time.monotonic() - self._turned_at
        return self.is_alive() and self._waits is None and stands > STUCK_AFTER

    def _is_failing(self) -> bool:
        failed_at = self._failed_at
        return failed_at is not None and time.monotonic() - failed_at < FAILING_FOR


def running() -> list[WorkingThread]:
    """The threads of this process that were started and not told to stop, by name."""
    with _changing:
        found = [each for each in _started if not each.stopping.is_set()]
    return sorted(found, key=lambda each: each.name)


def troubles() -> dict[str, str]:
    """What is wrong with each of the threads of this process; "" for nothing."""
    return {each.name: each.trouble() for each in running()}
