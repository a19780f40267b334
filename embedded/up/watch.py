"""What `up` does while everything runs: it says what dies and comes back, starts again what keeps
failing, and tells the rate and what holds it up.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import EmbeddedError
from embedded.servers import leftovers
from embedded.up import bridge_figures
from embedded.up.data_folder import DataFolder
from embedded.up.disk import nearly_full
from embedded.up.report import Screen, rate_line
from embedded.up.supervision import Event, Supervisor

WATCH_SECONDS = 0.5  # between looks at the processes
RETRY_SECONDS = 30.0  # until a program that keeps failing is tried again; twice as long each time
MAX_RETRY_SECONDS = 300.0


@dataclass(slots=True)
class Retry:
    """A program that keeps failing."""

    due: float  # monotonic seconds
    pause: float  # seconds until the try after that one


class Watch:
    """One program that fails, however often and whatever for, never ends the others."""

    def __init__(
        self,
        supervisor: Supervisor,
        data: DataFolder,
        screen: Screen,
        *,
        bridge_port: int,
        folders: list[Path],
    ) -> None:
        self._supervisor = supervisor
        self._data = data
        self._screen = screen
        self._bridge_port = bridge_port
        self._folders = folders  # where servers and bridge write
        self._down: set[str] = set()  # died since, not settled again
        self._pids: dict[str, str] = {}
        self._retries: dict[str, Retry] = {}

    def run(self) -> None:
        """Until interrupted. Raises `EmbeddedError` when supervisord or the data folder is gone."""
        before, looked = bridge_figures.ask(self._bridge_port), time.monotonic()
        while True:
            time.sleep(WATCH_SECONDS)
            self.look()
            self._data.check_held()
            if (elapsed := time.monotonic() - looked) >= self._screen.rate_seconds:
                now = bridge_figures.ask(self._bridge_port)
                line = rate_line(before, now, elapsed)
                self._screen.pass_by("; ".join([line, *nearly_full(self._folders)]))
                before, looked = now or before, time.monotonic()

    def look(self) -> None:
        """Say what has happened since the last look, and try again what is due."""
        for event in self._supervisor.events():
            self._tell(event)
        for name, retry in list(self._retries.items()):
            if time.monotonic() >= retry.due:
                self._try_again(name, retry)
        if not self._supervisor.is_running():
            raise EmbeddedError("supervisord itself was ended, so everything was.", "Start again.")

    def note_processes(self) -> None:
        """Write down what runs, so that a start after `kill -9` can end it.

        Never ends anything: a supervisord that is slow and a disk that is full are no reason.
        """
        with suppress(EmbeddedError, OSError):
            pids = [info["pid"] for info in self._supervisor.processes().values() if info["pid"]]
            self._data.write_state(processes=leftovers.record([self._supervisor.pid, *pids]))

    def _tell(self, event: Event) -> None:
        if event.kind == "died" and event.name not in self._down:
            # Once only: a program that dies at each start would fill the screen.
            self._down.add(event.name)
            self._screen.say(f"{event.name} died ({event.detail}); restarting it")
        elif event.kind == "started":
            self._pids[event.name] = event.detail
            self.note_processes()
        elif event.kind == "settled":
            self._retries.pop(event.name, None)
            if event.name in self._down:
                self._down.discard(event.name)
                pid = self._pids.get(event.name)
                self._screen.say(f"{event.name} runs again, as process {pid}")
        elif event.kind == "failed":
            pause = self._put_off(event.name)
            self._screen.say(
                f"{event.name} keeps failing; next try in {pause:.0f} s."
                f" The end of {self._data.logs / event.name}.log:\n"
                f"{self._supervisor.tail(event.name)}"
            )

    def _put_off(self, name: str) -> float:
        """Seconds until the next try, which is noted."""
        before = self._retries.get(name)
        pause = before.pause if before else RETRY_SECONDS
        due = time.monotonic() + pause
        self._retries[name] = Retry(due, min(2 * pause, MAX_RETRY_SECONDS))
        return pause

    def _try_again(self, name: str, retry: Retry) -> None:
        retry.due = float("inf")  # until it has failed again
        try:
            self._supervisor.start(name)
        except EmbeddedError as exc:
            pause = self._put_off(name)
            self._screen.say(f"{name} could not be started ({exc}); next try in {pause:.0f} s.")
