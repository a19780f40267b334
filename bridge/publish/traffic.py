"""What came on each topic, for who looks at what flows through the broker now.

Nothing is counted while nobody looks. The thread that commits adds; the outcomes thread tells.
"""

from __future__ import annotations

import base64
import threading
import time
from collections import Counter
from typing import Any

from bridge.commit.batch_rows import Rows
from bridge.decode.items import Ignored
from bridge.intake.batch import Batch
from bridge.mqtt.properties import safe_text
from telemetry.live import traffic_log

LOOK_EVERY = 1.0  # seconds between two looks whether somebody looks, and two words
MAX_TOPICS = 2_000  # topics of one worker; what comes on others is counted as one
MAX_TOLD = 500  # topics told at once; the others with the next word
EXCERPT = 1_024  # bytes of the last payload of a topic
MAX_TOPIC = 400  # characters of a topic
MAX_UIDS = 5  # devices named of one message
OTHERS = ""  # stands for all topics beyond the limit


class Traffic:
    """Bounded, and nothing when nobody looks."""

    def __init__(self, worker: str) -> None:
        self._worker = worker
        self._lock = threading.Lock()
        self._watched = False
        self._looked_at = 0.0  # monotonic seconds
        self._topics: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, None] = {}  # topics to tell, in the order they waited

    def add(self, batch: Batch, rows: Rows, duplicates: set[int]) -> None:
        """Count the messages of committed rows, and keep the last of each topic."""
        if not self._watched:
            return
        span = range(rows.start, rows.stop)
        counts = Counter([batch.messages[index].topic for index in span])
        last = {batch.messages[index].topic: index for index in span}
        with self._lock:
            for raw, count in counts.items():
                topic = safe_text(raw)[:MAX_TOPIC]
                if topic not in self._topics and len(self._topics) >= MAX_TOPICS:
                    topic = OTHERS
                entry = self._topics.get(topic)
                if entry is None:
                    entry = self._topics[topic] = {"topic": topic, "messages": 0}
                    entry["since"] = batch.messages[last[raw]].received_us // 1_000
                entry["messages"] += count
                entry |= _told(batch, rows, last[raw], duplicates)
                self._changed[topic] = None

    def tell(self) -> None:
        """Find out whether somebody looks, and tell what changed: once a second, not more."""
        if time.monotonic() - self._looked_at < LOOK_EVERY:
            return
        self._looked_at = time.monotonic()
        before, self._watched = self._watched, traffic_log.is_watched()
        with self._lock:
            if not self._watched:
                self._topics.clear()
                self._changed.clear()
                return
            due = list(self._changed)[:MAX_TOLD]
            entries = [dict(self._topics[topic]) for topic in due]
            for topic in due:
                del self._changed[topic]
        traffic_log.record(self._worker, entries, afresh=not before)


def _told(batch: Batch, rows: Rows, index: int, duplicates: set[int]) -> dict[str, Any]:
    message = batch.messages[index]
    problems = rows.problems.get(index) or []
    uids = [uid for uid in batch.uids_of(index) if uid]
    return {
        "at": message.received_us // 1_000,
        "size": len(message.payload),
        "payload": base64.b64encode(message.payload[:EXCERPT]).decode(),
        "retained": message.retain,
        "verdict": _verdict(batch, rows, index, duplicates),
        "detail": problems[0].detail if problems else "",
        "uids": uids[:MAX_UIDS],
    }


def _verdict(batch: Batch, rows: Rows, index: int, duplicates: set[int]) -> str:
    if index in rows.rejected:
        return "rejected"
    if rows.problems.get(index):
        return "partial"
    items = batch.items.get(index)
    if items and all(isinstance(item, Ignored) for item in items):
        return "ignored"
    return "duplicate" if index in duplicates else "stored"
