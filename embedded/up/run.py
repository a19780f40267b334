"""One run of the stack: bring everything up in order, introduce it, watch it, end it."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from devices import dynsec
from embedded.errors import EmbeddedError
from embedded.servers import leftovers
from embedded.servers.claims import Claims
from embedded.servers.ports import LOOPBACK
from embedded.up import yours
from embedded.up.data_folder import DataFolder
from embedded.up.options import Options
from embedded.up.preparation import ROOT, Preparation, Prepared
from embedded.up.report import Screen, table
from embedded.up.stack import Stack
from embedded.up.supervision import Supervisor
from embedded.up.watch import Watch

READY_SECONDS = 180.0  # for one server to answer; Postgres may have to recover first
ANSWER_SECONDS = 5.0  # for one question to a process of ours
POLL_SECONDS = 0.05  # between looks while starting
EARLY_DEATHS = 3  # of a program during the start before the start is given up
MAX_SAID = 500  # characters of another program's complaint
REGISTER_SECONDS = 120  # for the whole fleet over the REST API


class Up:
    """One run of the stack."""

    def __init__(self, chosen: Options, data: DataFolder, screen: Screen, claims: Claims) -> None:
        self.options = chosen
        self.data = data
        self.screen = screen
        self.stack = Stack(chosen, data, claims)
        self.deaths: dict[str, int] = {}  # while starting

    def run(self, stopping: Callable[[], None]) -> None:
        """Start everything, then watch it until interrupted; call `stopping` before the end."""
        started = time.monotonic()
        yours.check()
        check = self._check_simulator_words() if self.options.simulator else None
        for server in self.stack.servers:
            server.prepare()
        if check:
            check()
        self.data.history_mark.unlink(missing_ok=True)
        self.environment = self.stack.environment()
        self.supervisor = Supervisor(self.stack.programs(), self.data, self.environment)
        self.data.write_environment(self.environment)
        folders = [self.data.path, *(server.folder for server in self.stack.servers)]
        self.watch = Watch(
            self.supervisor,
            self.data,
            self.screen,
            bridge_port=self.stack.probe_ports["bridge"],
            folders=[*folders, Path(self.environment["PULSEBOARD_SPOOL"])],
        )
        try:
            password = self._start()
            self._introduce(password, time.monotonic() - started)
            self.watch.run()
        finally:
            stopping()
            self._stop()

    def _start(self) -> str | None:
        """Bring everything up in order; the operator's password if one was made."""
        broker = self.stack.broker
        preparation = Preparation(
            self.environment,
            self.data.logs / "prepare.log",
            token=self.options.simulator,
            accounts_file=broker.accounts_file if broker and broker.passwords else None,
        )
        try:
            self.supervisor.wait_until_ready()
            # The web process needs none of the servers until it is asked something.
            for name in (*(server.key for server in self.stack.servers), "web"):
                self.supervisor.start(name)
            for server in self.stack.servers:
                self._wait_for(server.key, server.is_ready)
            prepared = self._prepare(preparation)
        finally:
            preparation.end()
        if broker and prepared.accounts:
            self.supervisor.restart(broker.key)
            self._wait_for(broker.key, broker.is_ready)
        for name in ("engine", "bridge"):
            self.supervisor.start(name)
        self._wait_for("web", lambda: self._answers(f"{self.stack.web_url}readyz"))
        self._wait_for("engine", lambda: self._answers(self._probe("engine", "healthz")))
        if prepared.token is not None:
            self._register(prepared.token)
        # A broker keeps nothing for a bridge that has never subscribed: before this, whoever
        # publishes is acknowledged for a message that is gone.
        self._wait_for("bridge", lambda: self._answers(self._probe("bridge", "readyz")))
        if self.options.simulator:
            self.supervisor.start("sim")
            self.data.write_state(filled=True)
        self.data.write_state(url=self.stack.web_url)
        self.watch.note_processes()
        return prepared.password

    def _prepare(self, preparation: Preparation) -> Prepared:
        try:
            return preparation.run()
        except EmbeddedError as exc:
            if any(server.key == "postgres" for server in self.stack.servers):
                # Ours: there is no DATABASE_URL to correct.
                said = f"The end of {self.data.logs / 'postgres'}.log:"
                remedy = f"{said}\n{self.supervisor.tail('postgres')}"
                raise EmbeddedError(exc.problem, remedy) from exc
            raise

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

    def _probe(self, name: str, what: str) -> str:
        return f"http://{LOOPBACK}:{self.stack.probe_ports[name]}/{what}"

    def _answers(self, url: str) -> bool:
        try:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS):  # noqa: S310 (our own)
                return True
        except OSError:
            return False

    def _check_simulator_words(self) -> Callable[[], None]:
        """Let the simulator refuse its options before anything is started.

        It reads them while the servers are prepared; what is returned waits for its word.
        """
        process = subprocess.Popen(  # noqa: S603 (our own module)
            self.stack.simulator_command("--describe"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
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
                cwd=ROOT,
                env={**self.environment, "PULSEBOARD_API_TOKEN": token},
                check=True,
                text=True,
                errors="replace",
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=REGISTER_SECONDS,
            )
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as exc:
            said = str(exc.stdout or "it took too long").strip()[:MAX_SAID]
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
        if os.geteuid() == 0:
            screen.say(
                "Note: this runs as root. Postgres, Redis and the broker do not, the pages, the"
                " bridge, the engine and maintenance do: whoever takes one of them over has the"
                " machine. Give Pulseboard an account of its own (docs/operations.md)."
            )
        if self.stack.broker and self.stack.broker.passwords:
            screen.say(
                f"MQTT for devices: {self.stack.devices_mqtt_url}. Each has an account, its uid and"
                " its token. Tasmota, Zigbee2MQTT and"
                f" the like share the account {dynsec.GATEWAY}, whose password is in"
                f" {self.data.passwords_file}."
            )
        who = (
            f"operator admin, password {password}  (shown once; it is stored only as a hash)"
            if password
            else "operator admin  (a new password: manage.py changepassword admin)"
        )
        screen.say(f"Started in {seconds:.1f} s. Ctrl-C ends everything; the data stays.")
        if self.stack.network_urls:
            screen.say(f"From other machines: {'  '.join(self.stack.network_urls)}")
        screen.say(f"Open {self.stack.web_url}  {who}")

    def _stop(self) -> None:
        self.screen.say("Stopping...")
        self.supervisor.stop()
        # Nothing, unless supervisord itself was killed.
        leftovers.end(self.data.state().get("processes", []))
