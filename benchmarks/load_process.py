"""A process beside what is measured: the load takes no time from the interpreter of who counts."""

from __future__ import annotations

import ctypes
import multiprocessing
from collections.abc import Callable
from multiprocessing.sharedctypes import RawArray
from types import TracebackType
from typing import Any, Self

START_SECONDS = 60.0
END_SECONDS = 5.0  # then it is killed
STOP = 0  # the place in the shared array that the work looks at; its own come after


class LoadProcess:
    """While it is entered, `work(shared, ready, *about)` runs in a process of its own.

    `shared` holds `places` integers of 64 bits, the first of which is STOP; `work` sets `ready`
    once it is connected and returns soon after STOP is no longer 0.
    """

    def __init__(self, places: int, work: Callable[..., None], *about: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._shared = RawArray(ctypes.c_int64, places)
        self._ready = context.Event()
        self.process = context.Process(
            target=work, args=(self._shared, self._ready, *about), daemon=True
        )

    def __enter__(self) -> Self:
        """Raises RuntimeError when the work is not ready within START_SECONDS."""
        self.process.start()
        if not self._ready.wait(START_SECONDS):
            self._end()
            raise RuntimeError(f"{type(self).__name__} did not connect to what is measured")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._shared[STOP] = 1
        self.process.join(END_SECONDS)
        if self.process.is_alive():
            self.process.kill()

    @property
    def pid(self) -> int:
        return self.process.pid or 0
