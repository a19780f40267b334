"""Works the outbox off: a follower of `manage.py runengine`.

Each channel is a queue of its own: one is sent to at a time, and one that hangs holds up itself.
Several processes share the channels by a lease on the row of each, which ends by the database's
clock: what a killed process was sending is then sent by another, perhaps a second time.

Threads only talk to the other side; the database is asked by the follower's own thread alone, so
the sender costs one connection whatever hangs.
"""

from __future__ import annotations

import queue
import secrets
import socket
import time
from collections import Counter as Counted
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from prometheus_client import Gauge

from devices.events import announce
from notifications import deliveries, in_sight, outbox
from notifications.attempt import Attempt, attempt
from notifications.content import Content
from notifications.models import Channel, Notification
from notifications.sql import load
from telemetry.followers import REGISTRY, Follower
from telemetry.live import contract

SENDERS = 64  # attempts at the same time in one process; they wait for somebody else's server
PER_LANE = 4  # of these to one server
DOUBTFUL = 32  # of these to channels whose last attempt failed: the others always find a thread
TERM = 120.0  # seconds of a lease; an attempt takes at most 30 s, and the resolver's time
POLL = 0.5  # seconds between two looks for something to send
TICK = 0.05  # seconds between two looks for attempts that have ended
COUNT_EVERY = 10.0  # seconds between two counts for the metrics
CLOSE_SECONDS = 5.0  # for attempts in hand, when the process is to end

_SQL = load("sender")
_WAITING = Gauge(
    "pulseboard_notifications_waiting", "Due and not sent yet", ["kind"], registry=REGISTRY
)
_OLDEST = Gauge(
    "pulseboard_notifications_oldest_seconds",
    "For how long the oldest of these has been due",
    ["kind"],
    registry=REGISTRY,
)


@dataclass(frozen=True, slots=True)
class Task:
    """Something that is being told."""

    notification: Notification
    channel: Channel
    doubtful: bool


class Sender:
    """One process's share of the sending."""

    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"
        self._pool = ThreadPoolExecutor(SENDERS + 1, thread_name_prefix="notify")
        self._ended: queue.SimpleQueue[tuple[Task, Attempt]] = queue.SimpleQueue()
        self._unrecorded: deque[tuple[Task, Attempt]] = deque()
        self._in_hand: dict[int, Task] = {}  # by channel
        self._unannounced = False
        self._announced: Future[None] | None = None  # the announcement that is on its way
        self._looked_at = self._counted_at = -COUNT_EVERY  # monotonic seconds

    def step(self) -> float:
        self._take_ended()
        recorded = self._record()
        self._announce(recorded)
        if recorded or time.monotonic() - self._looked_at >= POLL:
            self._begin()
            self._looked_at = time.monotonic()
        self._count()
        return TICK if self._in_hand else POLL

    def close(self) -> None:
        """What is in hand keeps its lease: it may have been told already."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        until = time.monotonic() + CLOSE_SECONDS
        while self._in_hand and time.monotonic() < until:
            self._take_ended()
            self._record()
            time.sleep(TICK)

    def _take_ended(self) -> None:
        with suppress(queue.Empty):
            while True:
                self._unrecorded.append(self._ended.get_nowait())

    def _record(self) -> bool:
        """Whether there was any. One stays until its transaction is committed: a database that is
        away now must not make us forget that somebody was told."""
        any_ended = bool(self._unrecorded)
        while self._unrecorded:
            task, made = self._unrecorded[0]
            deliveries.record(task.notification, made, self.owner)
            self._unrecorded.popleft()
            del self._in_hand[task.channel.pk]
        return any_ended

    def _announce(self, recorded: bool) -> None:
        """Have open pages read the log again. In a thread: a Redis that hangs delays nobody who is
        to be told; while one waits for it, no second one does."""
        self._unannounced |= recorded
        if self._unannounced and (self._announced is None or self._announced.done()):
            self._unannounced = False
            self._announced = self._pool.submit(announce, contract.event("notifications"))

    def _begin(self) -> None:
        for task in self._claimed():
            self._in_hand[task.channel.pk] = task
            self._pool.submit(self._send, task)

    def _send(self, task: Task) -> None:
        content = Content.read(task.notification.content)
        made = attempt(task.channel, content, str(task.notification.token))
        self._ended.put((task, made))

    def _claimed(self) -> list[Task]:
        free = SENDERS - len(self._in_hand)
        if free <= 0:
            return []
        lanes = Counted(each.channel.lane for each in self._in_hand.values())
        doubtful = DOUBTFUL - sum(each.doubtful for each in self._in_hand.values())
        asked: dict[str, Any] = {
            "full": [lane for lane, count in lanes.items() if count >= PER_LANE],
            "doubtful": doubtful > 0,
            "limit": SENDERS,
        }
        chosen: dict[int, int] = {}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_SQL["claim"], asked)
            for channel, lane, failures, notification in cursor.fetchall():
                doubts = failures > 0
                # Of ours is one whose lease ran out while its attempt still takes its time.
                if len(chosen) >= free or lanes[lane] >= PER_LANE or channel in self._in_hand:
                    continue
                if doubts and doubtful <= 0:
                    continue
                doubtful -= doubts
                lanes[lane] += 1
                chosen[channel] = notification
            told = Notification.objects.select_related("user").in_bulk(list(chosen.values()))
            unseen = {row for row, each in told.items() if not in_sight.may_be_told(each)}
            outbox.withdraw_rows(unseen)
            chosen = {channel: row for channel, row in chosen.items() if row not in unseen}
            if not chosen:
                return []
            lease: dict[str, Any] = {"owner": self.owner, "seconds": TERM, "ids": list(chosen)}
            cursor.execute(_SQL["lease"], lease)
            channels = Channel.objects.in_bulk(list(chosen))
        return [
            Task(told[notification], channels[channel], channels[channel].failures > 0)
            for channel, notification in chosen.items()
        ]

    def _count(self) -> None:
        if time.monotonic() - self._counted_at < COUNT_EVERY:
            return
        with connection.cursor() as cursor:
            cursor.execute(_SQL["count_waiting"])
            rows = cursor.fetchall()
        self._counted_at = time.monotonic()
        _WAITING.clear()
        _OLDEST.clear()
        for kind, count, seconds in rows:
            _WAITING.labels(kind).set(count)
            _OLDEST.labels(kind).set(seconds)


FOLLOWERS = (Follower("notifications", Sender),)
