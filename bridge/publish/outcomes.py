"""What became of recent messages, for the device's page and for the device itself.

After transaction. Bounded: at high rates a sample is kept of what was stored, and a device hears of
its mistakes at most once a second.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bridge.commit.batch_rows import Rows, Verdict
from bridge.decode.items import Request
from bridge.intake.batch import Batch
from bridge.message import Message
from bridge.mqtt.properties import safe_text
from bridge.publish.traffic import Traffic
from telemetry.live import message_log
from telemetry.workers.thread import WorkingThread

PER_BATCH = 200  # messages of one batch that are logged
MAX_WAITING = 250  # entries until the next flush; then only what is wrong comes in
FLUSH_EVERY = 0.5  # seconds
EXCERPT = 512  # bytes of a payload that are shown
NOTICE_EVERY_MS = 1_000  # one device is told at most this often
MAX_NOTIFIED = 10_000  # devices whose last notice is remembered


class Outcomes(WorkingThread):
    """Logs messages with their verdict in a thread of its own: Redis must not delay the writer."""

    def __init__(
        self, notify: Callable[[str, bytes], None], traffic: Traffic | None = None
    ) -> None:
        """`traffic` is told by the same thread."""
        super().__init__("outcomes")
        self._notify = notify
        self._traffic = traffic
        self._entries: deque[dict[str, Any]] = deque(maxlen=MAX_WAITING)
        self._notified: dict[str, int] = {}

    def add(self, batch: Batch, rows: Rows, duplicates: set[int]) -> None:
        """Log the messages of committed rows, and tell devices what was wrong with theirs."""
        if self._traffic is not None:
            self._traffic.add(batch, rows, duplicates)
        size = rows.stop - rows.start
        step = max(1, size // PER_BATCH)
        for index in sorted({*range(rows.start, rows.stop, step), *rows.problems}):
            if index not in rows.problems and len(self._entries) >= MAX_WAITING:
                continue
            message = batch.messages[index]
            for uid in batch.uids_of(index):
                if uid:
                    found = rows.verdict_of(index, uid)
                    kept_ms = (batch.stamps.get(index) or message.received_us) // 1_000
                    self._add(message, uid, found, kept_ms, is_known=index in duplicates)

    def ask(self, requests: list[Request]) -> None:
        """Send what conventions ask of devices."""
        for request in requests:
            self._notify(request.topic, request.payload)

    def _add(
        self, message: Message, uid: str, found: Verdict, kept_ms: int, *, is_known: bool
    ) -> None:
        topic = safe_text(message.topic)
        problem = found.problems[0] if found.problems else None
        verdict = "stored"
        if found.rejected:
            verdict = "rejected"
        elif problem is not None:
            verdict = "partial"
        elif is_known:
            verdict = "duplicate"
        self._entries.append(
            {
                "uid": uid,
                "at": message.received_us // 1_000,
                "topic": topic,
                "size": len(message.payload),
                "payload": safe_text(message.payload[:EXCERPT]),
                "verdict": verdict,
                "reason": problem.reason.value if problem else "",
                "detail": problem.detail if problem else "",
                "values": found.readings,
                "kept_as": message_log.kept_as(kept_ms, topic, message.payload) if problem else "",
            }
        )
        if problem is not None:
            self._tell(uid, message.received_us // 1_000, problem.reason.value, problem.detail)

    def stop(self) -> None:
        self.stopping.set()
        self.join(2.0)

    def work(self) -> None:
        while not self.stopping.wait(FLUSH_EVERY):
            self.turn()
            self._flush()

    def leave(self) -> None:
        self._flush()

    def _flush(self) -> None:
        if self._traffic is not None:
            self._traffic.tell()
        entries = [self._entries.popleft() for _ in range(len(self._entries))]
        if entries:
            message_log.record(entries)

    def _tell(self, uid: str, at: int, reason: str, detail: str) -> None:
        if at - self._notified.get(uid, 0) < NOTICE_EVERY_MS:
            return
        if len(self._notified) >= MAX_NOTIFIED:
            self._notified.clear()
        self._notified[uid] = at
        notice = {"reason": reason, "message": detail, "received_at": _iso(at)}
        self._notify(f"devices/{uid}/errors", json.dumps(notice).encode())


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")
