"""The thread that a worker reads from its broker in."""

from __future__ import annotations

from bridge.commit.committer import TICK, Committer
from bridge.mqtt.connection import Source
from telemetry.workers.thread import WorkingThread


class Network(WorkingThread):
    """Runs the source: reads from the broker, decodes, acknowledges."""

    def __init__(self, source: Source, committer: Committer) -> None:
        super().__init__("network")
        self._source = source
        self._committer = committer

    def work(self) -> None:
        while not self._committer.prepared.wait(TICK):
            self.turn()
            if self._source.is_stopping or self._committer.evicted.is_set():
                self.stopping.set()
                return
        try:
            self._source.run(self._committer.evicted.is_set, self.turn, self.note_failure)
        finally:
            if self._source.is_stopping:
                self.stopping.set()  # it has drained, or failed to: it is not run again
