"""The thread that keeps on the broker what is to be there: see `bridge.publish.mirror`.

It follows the commit log and not the batches of its own bridge, so that what came over HTTP, out of
the spool or to another bridge is published as well, and nothing twice: of all bridges one has the
lease. What it says may be lost with a connection; then, as on every new one, it says all again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from django.conf import settings

from access.scope import EVERYTHING
from bridge.decode.conventions import homeassistant
from bridge.models import ConventionState, PublishedTopic
from bridge.mqtt.connection import Source
from bridge.publish.mirror import picture, topics
from bridge.publish.mirror.choice import Choice
from bridge.publish.mirror.document import document
from devices import clock
from telemetry.history import reader
from telemetry.storage import commit_log, errors
from telemetry.workers.backoff import Backoff
from telemetry.workers.lease import TERM, Lease
from telemetry.workers.thread import WorkingThread

logger = logging.getLogger(__name__)

EVERY = 1.0  # seconds between two rounds: a series is said at most once in them
LOOK_EVERY = 2.0  # seconds between two looks at what is to be published
OFF_EVERY = 60.0  # seconds between two rounds when nothing is, and nothing is left of before
FIRST_RETRY, LONGEST_RETRY = 1.0, 15.0  # seconds while the database is away
COMMITS = 500  # of the log, taken at once
STOP_WITHIN = 2.0  # seconds
NAME = "publish"  # of the lease, and of the reader of the commit log


class Mirror(WorkingThread):
    """One of each bridge; all but one of them wait."""

    def __init__(self, source: Source, owner: str) -> None:
        """`owner` is this process's and nobody else's."""
        super().__init__("mirror")
        self._source = source
        self._choice = Choice(settings.PULSEBOARD_PUBLISH, settings.PULSEBOARD_HOMEASSISTANT)
        self._lease = Lease(f"{NAME}@", owner)  # no bridge can be called so
        self._forget()

    def stop(self) -> None:
        """End soon; what the broker keeps stays there. Joins the thread."""
        self.stopping.set()
        self.join(STOP_WITHIN)

    def work(self) -> None:
        backoff = Backoff(FIRST_RETRY, LONGEST_RETRY)
        self._held_until = 0.0  # after a mistake as well: what was half done is found out again
        pause = EVERY
        while not self.stopping.wait(pause):
            self.turn()
            try:
                with self.waiting_for("database"):
                    pause = self._round()
                backoff.reset()
            except errors.ERRORS as exc:
                errors.reset_connection()
                self._held_until = 0.0
                if not errors.is_temporary(exc):
                    raise
                pause = backoff.wait()

    def leave(self) -> None:
        """Another may go on at once. It says all again, so where we were in the log is no matter:
        a reader that is gone would hold up who clears the log."""
        if self._held_until:
            commit_log.drop_reader(NAME)
            self._lease.release()
        errors.reset_connection()

    def _forget(self) -> None:
        """Nothing is known of what the broker has."""
        self._held_until = 0.0  # monotonic seconds; 0: we are not the one
        self._generation = -1  # of the connection on which `_said` was said
        self._said: dict[str, bytes] = {}  # by topic
        self._noted: dict[str, str] = {}  # topics with their components, as the database has them
        self._leaving: set[str] = set()  # topics whose deletion was given to the source
        self._picture = picture.Picture()
        self._looked_at = float("-inf")
        self._born = ""  # when Home Assistant began last, as it was noted

    def _round(self) -> float:
        """Bring the broker up to date; seconds until the next round."""
        if not self._holds() or not self._source.counters.connected:
            return EVERY
        if not self._choice.is_on and not self._noted:
            return OFF_EVERY
        fresh = self._generation != self._source.session.generation
        if fresh:
            self._generation = self._source.session.generation
            self._said.clear()
            self._leaving.clear()
        before = {} if fresh else self._picture.states
        if fresh or time.monotonic() - self._looked_at >= LOOK_EVERY:
            self._look()
        new = {key for key, one in self._picture.states.items() if before.get(key) != one}
        values = self._values(new | self._changed())
        self._say(self._picture.availability | values)
        self._clear_up()
        return EVERY

    def _holds(self) -> bool:
        """Whether we are the one. The lease is asked for well before it ends."""
        now = time.monotonic()
        if now < self._held_until - TERM / 2:
            return True
        had = now < self._held_until
        if not self._lease.hold():
            self._forget()
            return False
        if not had:
            self._forget()
            rows = PublishedTopic.objects.order_by("id").values_list("topic", "component")
            self._noted = dict(rows)
            commit_log.drop_reader(NAME)
            if self._choice.is_on:
                commit_log.add_reader(NAME)
        self._held_until = now + TERM
        return True

    def _look(self) -> None:
        """Take in what is to be published, note it, and announce what is new about it."""
        self._picture = picture.of_now(self._choice, clock.now())
        self._looked_at = time.monotonic()
        wanted = self._picture.topics
        changed = {
            topic: component
            for topic, component in wanted.items()
            if topic not in self._noted or (component and component != self._noted[topic])
        }
        if changed:
            # Before they are said: what nobody knows of could never be taken back.
            PublishedTopic.objects.bulk_create(
                [PublishedTopic(topic=topic, component=each) for topic, each in changed.items()],
                update_conflicts=True,
                unique_fields=["topic"],
                update_fields=["component"],
            )
        gone = self._gone_components(wanted)
        self._noted |= changed
        for topic in self._picture.devices:
            self._leaving.discard(topic)
        born = self._birth()
        if born != self._born:
            self._born = born
            for topic in self._picture.devices:
                self._said.pop(topic, None)
        self._say(
            {
                topic: document(told, self._picture.shown[topic], gone.get(told.uid, ()))
                for topic, told in self._picture.devices.items()
            }
        )

    def _gone_components(self, wanted: dict[str, str]) -> dict[str, list[str]]:
        """By uid, components that were announced and are not any more."""
        found: dict[str, list[str]] = {}
        for topic, component in self._noted.items():
            if component and wanted.get(topic) != component:
                found.setdefault(topic.split("/")[1], []).append(component)
        return found

    def _birth(self) -> str:
        """Since when Home Assistant has been there: it asks for every document then."""
        row = ConventionState.objects.filter(
            convention=homeassistant.NAME, scope=homeassistant.BIRTHS, key=self._choice.prefix
        ).first()
        return str(row.value) if row else ""

    def _changed(self) -> set[int]:
        """Published series that got readings since the last round."""
        wanted = self._picture.states.keys()
        found: set[int] = set()
        while self._choice.is_on:
            self.turn()
            with commit_log.reading(NAME, COMMITS) as commits:
                for commit in commits:
                    for start, stop in commit.series:
                        found |= wanted & range(start, stop)
            if not commits.more:
                break
        return found

    def _values(self, series: Iterable[int]) -> dict[str, bytes]:
        """Their newest values, by topic."""
        found = {}
        for series_id, (_, value) in reader.latest(EVERYTHING, sorted(series)).items():
            one = self._picture.states[series_id]
            said = topics.payload(value, one.kind)
            if said is not None:
                found[one.topic] = said
        return found

    def _say(self, messages: dict[str, bytes]) -> None:
        news = {topic: said for topic, said in messages.items() if self._said.get(topic) != said}
        if news and self._source.outbound.retain(news):
            self._said |= news

    def _clear_up(self) -> None:
        """Take back what is not published any more; forget it once that is sent."""
        stale = self._noted.keys() - self._picture.topics.keys()
        sent = self._leaving & stale
        if sent and self._source.outbound.has_sent() and self._is_on_the_same_connection():
            PublishedTopic.objects.filter(topic__in=sent).delete()
            for topic in sent:
                del self._noted[topic]
        new = stale - self._leaving
        if new and self._source.outbound.retain(dict.fromkeys(new, b"")):
            self._leaving |= new
            for topic in new:
                self._said.pop(topic, None)

    def _is_on_the_same_connection(self) -> bool:
        connected = bool(self._source.counters.connected)
        return connected and self._generation == self._source.session.generation
