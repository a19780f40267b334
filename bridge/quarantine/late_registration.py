"""Messages that came after their device was registered and before this worker heard of it, and
what came of a device while it was removed, once it is restored.

They are in quarantine; nobody should have to replay them. Of
its status the last word counts however old: a broker tells a retained one once, maybe days ago. A
thread of its own replays them: a Redis or a database that takes its time over a replay must not
hold up the batches.
"""

from __future__ import annotations

import logging
import queue
from datetime import timedelta

from bridge.decode.items import Reason
from bridge.quarantine.replay import MAX_REPLAY, Replay
from bridge.quarantine.selection import Selection
from devices import clock
from devices.registry import NEGATIVE_FOR, REFRESH_EVERY, Registry
from telemetry.storage import errors
from telemetry.workers.backoff import Backoff
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

REACH = timedelta(seconds=4 * (REFRESH_EVERY + NEGATIVE_FOR))  # how far back they may have come
MAX_MESSAGES = 1_000  # of one device; the others wait for an operator
MAX_RESTORED = MAX_REPLAY  # messages of one device that was removed; the same of the others
MAX_WAITING = 10_000  # devices; of more the messages wait for an operator
TICK = 0.25  # seconds between looks at whether to stop
FIRST_RETRY, LONGEST_RETRY = 0.5, 10.0  # seconds before a replay is tried again
STOP_WITHIN = 2.0  # seconds; what is replayed half stays in quarantine


class LateRegistration(WorkingThread):
    """`take` is for the thread that owns the registry."""

    def __init__(self) -> None:
        super().__init__("late-registration")
        self._appeared: queue.Queue[str] = queue.Queue(MAX_WAITING)

    def take(self, registry: Registry) -> None:
        """Have the messages of devices that appeared replayed. Never waits."""
        while registry.appeared:
            try:
                self._appeared.put_nowait(registry.appeared.pop())
            except queue.Full:
                return

    def stop(self) -> None:
        """End soon. Joins the thread."""
        self.stopping.set()
        self.join(STOP_WITHIN)

    def work(self) -> None:
        while not self.stopping.is_set():
            self.turn()
            try:
                uid = self._appeared.get(timeout=TICK)
            except queue.Empty:
                continue
            self._replay(uid)

    def leave(self) -> None:
        errors.reset_connection()

    def _replay(self, uid: str) -> None:
        since = clock.now() - REACH
        lately = Selection(uid=uid, reason=Reason.UNKNOWN_DEVICE.value, since=since)
        meanwhile = Selection(uid=uid, reason=Reason.REMOVED_DEVICE.value)
        backoff = Backoff(FIRST_RETRY, LONGEST_RETRY)
        while True:
            try:
                with self.waiting_for("database"):
                    Replay(meanwhile, most=MAX_RESTORED, reason="late_registration").run()
                    Replay(lately, most=MAX_MESSAGES, reason="late_registration").run()
                    _replay_last_status(uid)
            except errors.ERRORS as exc:
                errors.reset_connection()
                if not errors.is_temporary(exc):
                    logger.exception("late messages of %s not replayed", uid)
                    return
            else:
                return
            if self.stopping.wait(backoff.wait()):
                return


def _replay_last_status(uid: str) -> None:
    strange = Selection(uid=uid, reason=Reason.UNKNOWN_DEVICE.value).messages()
    last = strange.filter(topic__endswith="/status").order_by("-received_at", "-id").first()
    if last is not None:
        Replay(Selection(id=last.pk), most=1, reason="late_registration").run()
