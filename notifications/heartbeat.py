"""Tells somebody outside, again and again, that Pulseboard lives: a dead man's switch.

A follower of `manage.py runengine`. It is silent while something is wrong, so that the other side
raises the alarm that we may not be able to raise ourselves.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import connection
from prometheus_client import Gauge

from notifications.answer import Outcome
from notifications.outbound import http
from notifications.sql import load
from telemetry import job_runs
from telemetry.followers import REGISTRY, Follower, registered
from telemetry.workers import thread, worker_state

logger = logging.getLogger(__name__)

NAME = "heartbeat"
RETRY = 10.0  # seconds after a beat that was not taken or not sent
IDLE = 60.0  # seconds between two looks where nobody is told
BRIDGE_LATE = 60.0  # seconds without a word from a bridge that ran before
FOLLOWER_LATE = 120.0  # seconds in which a follower did no step, in any process
MAINTENANCE_LATE = 900.0  # seconds in which no job of it ended well; one may take ten minutes
SENDING_LATE = 600.0  # seconds that something waits which could be sent

_SQL = load("heartbeat")
_SUCCESS = Gauge(
    "pulseboard_heartbeat_last_success_timestamp_seconds",
    "When somebody outside was last told that Pulseboard lives",
    registry=REGISTRY,
)


class Heartbeat:
    """Each process of several beats: one that lives does all the work."""

    def __init__(self) -> None:
        self._why = ""  # what the last beat failed with
        self._began = False

    def step(self) -> float:
        """A database that is away raises here, which is silence as well."""
        if not self._began:  # nor has any other follower done a step yet
            self._began = True
            return RETRY
        if not settings.HEARTBEAT_URL:
            return IDLE
        wrong = troubles()
        if wrong:
            self._say("; ".join(wrong))
            return RETRY
        answer = http.send(http.Request(settings.HEARTBEAT_URL, b""))
        if answer.outcome is not Outcome.TAKEN:
            self._say(f"it was not taken: {answer.text or answer.status}")
            return RETRY
        self._say("")
        _SUCCESS.set_to_current_time()
        return float(settings.HEARTBEAT_SECONDS)

    def close(self) -> None:
        """Nothing is held."""

    def _say(self, why: str) -> None:
        """Once for each reason, and once when it is over."""
        if why and why != self._why:
            logger.warning("no heartbeat: %s", why, extra={"action": "heartbeat_withheld"})
        elif self._why and not why:
            logger.info("the heartbeat goes on", extra={"action": "heartbeat_back"})
        self._why = why


def troubles() -> list[str]:
    """What keeps us from saying that Pulseboard lives; nothing when it does."""
    found = [f"thread {name}: {said}" for name, said in thread.troubles().items() if said]
    for name, age in sorted(worker_state.ages().items()):
        # A web process that takes telemetry may end, and others take it.
        if age > BRIDGE_LATE and not name.startswith(worker_state.HTTP_PREFIX):
            found.append(f"the bridge {name} has said nothing for {age:.0f} s")
    with connection.cursor() as cursor:
        cursor.execute(_SQL["fetch_follower_ages"])
        ages = dict(cursor.fetchall())
        cursor.execute(_SQL["count_overdue"], {"seconds": SENDING_LATE})
        (overdue,) = cursor.fetchone()
    for follower in registered():
        late = ages.get(follower.name)
        if follower.name != NAME and (late is None or late > FOLLOWER_LATE):
            found.append(f"the follower {follower.name} does not work")
    idle = job_runs.idle()
    if idle > MAINTENANCE_LATE:
        found.append(f"maintenance has done nothing for {idle:.0f} s")
    if overdue:
        found.append(f"{overdue} notifications wait though they could be sent")
    return found


FOLLOWERS = (Follower(NAME, Heartbeat),)
