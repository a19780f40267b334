"""`manage.py up`: everything on this machine, from nothing, until Ctrl-C.

No Django here until the servers run: the settings need addresses and a key that are made first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from embedded.errors import EmbeddedError
from embedded.servers import leftovers
from embedded.servers.ports import LOOPBACK
from embedded.up import options as command_line
from embedded.up.data_folder import DataFolder
from embedded.up.options import Options
from embedded.up.report import Screen, rate_line, table
from embedded.up.stack import Stack, check_yours
from embedded.up.supervision import Event, Supervisor

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
READY_SECONDS = 60.0  # for one server to answer; Postgres may have to recover first
POLL_SECONDS = 0.05  # between looks while starting
WATCH_SECONDS = 0.5  # between looks at the processes while running
RETRY_SECONDS = 30.0  # until a program that keeps failing is tried again
EARLY_DEATHS = 3  # of a program during the start before the start is given up
MAX_SAID = 500  # characters of another program's complaint
REGISTER_SECONDS = 120  # for the whole fleet over the REST API


class Up:
    """One run of the stack."""

    def __init__(self, chosen: Options, data: DataFolder, screen: Screen) -> None:
        self.options = chosen
        self.data = data
        self.screen = screen
        self.stack = Stack(chosen, data)
        self.deaths: dict[str, int] = {}  # while starting
        self.down: set[str] = set()  # died since, not settled again
        self.pids: dict[str, str] = {}
        self.retries: dict[str, float] = {}  # program -> when to start it again

    def run(self) -> None:
        """Start everything, then watch it until interrupted."""
        started = time.monotonic()
        check_yours()
        check = self._check_simulator_words() if self.options.simulator else None
        for server in self.stack.servers:
            server.prepare()
        if check:
            check()
        self.data.history_mark.unlink(missing_ok=True)
        self.environment = self.stack.environment()
        self.programs = self.stack.programs()
        self.supervisor = Supervisor(self.programs, self.data, self.environment)
        self.data.write_environment(self.environment)
        try:
            password = self._start()
            self._introduce(password, time.monotonic() - started)
            self._watch()
        finally:
            self._stop()

    def _start(self) -> str | None:
        """Bring everything up in order; the operator's password if one was made."""
        self.supervisor.wait_until_ready()
        # The web process needs none of the servers until it is asked something.
        for name in (*(server.key for server in self.stack.servers), "web"):
            self.supervisor.start(name)
        os.environ.update(self.environment)
        # Imported while the servers start, and only now that the environment names them.
        from embedded.up import database  # noqa: PLC0415

        for server in self.stack.servers:
            self._wait_for(server.key, server.is_ready)
        database.migrate()
        password = database.first_operator()
        for name in ("maintain", "bridge"):
            self.supervisor.start(name)
        self._wait_for("web", self._web_answers)
        if self.options.simulator:
            self._register(database.registration_token())
            # A broker keeps nothing for a bridge that has never subscribed.
            self._wait_for("bridge", self._bridge_is_ready)
            self.supervisor.start("sim")
            self.data.write_state(filled=True)
        self.data.write_state(url=self.stack.web_url)
        self._note_processes()
        return password

    def _wait_for(self, name: str, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready():
            for event in self.supervisor.events():
                self.deaths[event.name] = self.deaths.get(event.name, 0) + (event.kind == "died")
            dead = self.deaths.get(name, 0) >= EARLY_DEATHS
            if dead or time.monotonic() > deadline or not self.supervisor.is_running():
                what = "ends as soon as it starts" if dead else "does not answer"
                raise EmbeddedError(
                    f"{name} {what}. The end of {self.data.logs / name}.log:",
                    self.supervisor.tail(name),
                )
            time.sleep(POLL_SECONDS)

    def _web_answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.stack.web_url, timeout=5):  # noqa: S310 (our own)
                return True
        except urllib.error.HTTPError:
            return True  # an error page is an answer
        except OSError:
            return False

    def _bridge_is_ready(self) -> bool:
        port = self.stack.probe_ports["bridge"]
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/readyz", timeout=5):
                return True
        except OSError:
            return False

    def _check_simulator_words(self) -> Callable[[], None]:
        """Let the simulator refuse its options before anything is started.

        It reads them while the servers are prepared; what is returned waits for its word.
        """
        process = subprocess.Popen(  # noqa: S603 (our own module)
            self.stack.simulator_command("--describe"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

        def wait() -> None:
            _, said = process.communicate()
            if process.returncode:
                raise EmbeddedError("The simulator does not take these options:", said.strip())

        return wait

    def _register(self, token: str) -> None:
        command = self.stack.simulator_command("--register-only", "--register", self.stack.web_url)
        try:
            subprocess.run(  # noqa: S603 (our own module)
                command,
                env={**self.environment, "PULSEBOARD_API_TOKEN": token},
                check=True,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=REGISTER_SECONDS,
            )
        except subprocess.CalledProcessError as exc:
            said = exc.stdout.strip()[:MAX_SAID]
            raise EmbeddedError(
                f"The simulated fleet could not be registered: {said}",
                f"The end of {self.data.logs / 'web'}.log:\n{self.supervisor.tail('web')}",
            ) from exc

    def _introduce(self, password: str | None, seconds: float) -> None:
        screen = self.screen
        screen.say(table(self.stack.table()))
        for server in self.stack.servers:
            if server.notes:
                screen.say(f"Note: {server.notes}")
        who = (
            f"operator admin, password {password}  (shown once; it is stored only as a hash)"
            if password
            else "operator admin  (a new password: manage.py changepassword admin)"
        )
        screen.say(f"Started in {seconds:.1f} s. Ctrl-C ends everything; the data stays.")
        screen.say(f"Open {self.stack.web_url}  {who}")

    def _watch(self) -> None:
        from embedded.up.database import totals  # noqa: PLC0415 (needs the settings)

        before, looked = totals(), time.monotonic()
        while True:
            time.sleep(WATCH_SECONDS)
            for event in self.supervisor.events():
                self._tell(event)
            self._retry()
            if not self.supervisor.is_running():
                raise EmbeddedError(
                    "supervisord itself was ended, so everything was.", "Start again."
                )
            if (elapsed := time.monotonic() - looked) >= self.screen.rate_seconds:
                now = totals()
                self.screen.pass_by(rate_line(before, now, elapsed))
                before, looked = now or before, time.monotonic()

    def _tell(self, event: Event) -> None:
        if event.kind == "died" and event.name not in self.down:
            # Once only: a program that dies at each start would fill the screen.
            self.down.add(event.name)
            self.screen.say(f"{event.name} died ({event.detail}); restarting it")
        elif event.kind == "started":
            self.pids[event.name] = event.detail
            self._note_processes()
        elif event.kind == "settled" and event.name in self.down:
            self.down.discard(event.name)
            self.screen.say(f"{event.name} runs again, as process {self.pids.get(event.name)}")
        elif event.kind == "failed":
            self.retries[event.name] = time.monotonic() + RETRY_SECONDS
            self.screen.say(
                f"{event.name} keeps failing; next try in {RETRY_SECONDS:.0f} s."
                f" The end of {self.data.logs / event.name}.log:\n"
                f"{self.supervisor.tail(event.name)}"
            )

    def _retry(self) -> None:
        for name, due in list(self.retries.items()):
            if time.monotonic() >= due:
                del self.retries[name]
                self.supervisor.start(name)

    def _note_processes(self) -> None:
        """Write down what runs, so that a start after `kill -9` can end it."""
        pids = [info["pid"] for info in self.supervisor.processes().values() if info["pid"]]
        self.data.write_state(processes=leftovers.record([self.supervisor.pid, *pids]))

    def _stop(self) -> None:
        _ignore_signals()  # the end is bounded; do not cut it short
        self.screen.say("Stopping…")
        self.supervisor.stop()
        # Nothing, unless supervisord itself was killed.
        leftovers.end(self.data.state().get("processes", []))


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        _ignore_signals()  # make and the terminal may send several; the first decides
        raise KeyboardInterrupt

    for number in ENDING:
        signal.signal(number, interrupt)
    yield


def _ignore_signals() -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def main(words: list[str]) -> int:
    """Run `manage.py up WORDS`; the exit status."""
    chosen = command_line.read(words)
    screen = Screen()
    try:
        with _interrupted_by_signals():
            data = DataFolder(chosen.data)
            with data.lock():
                if ended := leftovers.end(data.state().get("processes", [])):
                    screen.say(f"Ended what an earlier start left running: {ended}")
                Up(chosen, data, screen).run()
    except EmbeddedError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    except KeyboardInterrupt:
        screen.say("Everything has ended.")
    return 0
