"""A web process of the proof's own, and a device that posts to it until each post has its 200."""

from __future__ import annotations

import http.client
import socket
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from embedded.prove.ledger import STAMPED, TIMED, Ledger
from embedded.prove.messages import Messages
from embedded.servers.child import Child
from embedded.servers.ports import LOOPBACK, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
ANSWER_SECONDS = 40.0  # for an answer; the web process gives one itself after 30
AGAIN_SECONDS = 0.2  # before a message is sent again that has no 200
LISTENS_SECONDS = 5.0  # for a process that listens to take a connection
PATH = "/api/v1/telemetry"


class Web(Child):
    """Daphne with the whole application; it is started once it listens."""

    def __init__(self, name: str, log: Path, environment: Mapping[str, str]) -> None:
        self.port = free_port()
        words = ("-m", "daphne", "-b", LOOPBACK, "-p", str(self.port), "-v", "0")
        super().__init__(
            name,
            lambda: [sys.executable, *words, "config.asgi:application"],
            log,
            environment=environment,
            folder=ROOT,
        )

    def is_ready(self) -> bool:
        try:
            socket.create_connection((LOOPBACK, self.port), LISTENS_SECONDS).close()
        except OSError:
            return False
        return True


class Poster(threading.Thread):
    """Posts to one web process, with and without a time in turn, one message after another. What
    has no 200 is sent again until it has."""

    def __init__(
        self, port: int, ledger: Ledger, messages: Messages, tokens: Sequence[str]
    ) -> None:
        """`tokens`: of the devices, in their order."""
        super().__init__(name=f"poster-{port}", daemon=True)
        self.rate = 0.0  # messages a second
        self.answered = 0.0  # monotonic seconds: when the newest that has a 200 was sent
        self.waiting = 0  # messages that have no 200 yet
        self._port = port
        self._ledger = ledger
        self._messages = messages
        self._tokens = tokens
        self._ending = threading.Event()
        self._connection: http.client.HTTPConnection | None = None
        self._kind = STAMPED

    def end(self) -> None:
        """Leave at once. Joins the thread."""
        self._ending.set()
        self.join(2 * ANSWER_SECONDS)

    def run(self) -> None:
        while not self._ending.is_set():
            began = time.monotonic()
            if self.rate:
                self.waiting = 1
                self._kind = STAMPED if self._kind == TIMED else TIMED
                number = self._ledger.add(self._kind)
                self._ledger.posted.add(number)
                while not self._post(number) and not self._ending.wait(AGAIN_SECONDS):
                    pass
                self.waiting = 0
            due = 1 / self.rate if self.rate else AGAIN_SECONDS
            self._ending.wait(max(0.0, began + due - time.monotonic()))

    def _post(self, number: int) -> bool:
        """Whether it was acknowledged."""
        payload = self._messages.post(number, self._ledger.kinds[number])
        token = self._tokens[number % len(self._tokens)]
        began = time.monotonic()
        self._ledger.sending(number)
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(LOOPBACK, self._port, ANSWER_SECONDS)
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            self._connection.request("POST", PATH, payload, headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            return False
        if answer.status != http.HTTPStatus.OK:
            return False
        self._ledger.acknowledged(number)
        self.answered = began
        return True
