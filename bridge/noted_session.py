"""The session at the broker as the database notes it: its id, and what may be subscribed in it.

Noted before it is subscribed, so that whoever ends the session knows of all of it.
"""

from __future__ import annotations

import logging

from django.conf import settings

from bridge import listening
from bridge.mqtt.connection import Source
from telemetry.workers import broker_session

logger = logging.getLogger(__name__)


class NotedSession:
    """Of one worker. For the committer thread; every method raises what the database raises."""

    def __init__(self, worker: str, group: str, source: Source) -> None:
        self._worker = worker
        self._group = group
        self._source = source
        self._listening: tuple[str, ...] = ()  # subscribed, or about to be
        self._narrowed = False  # it is noted that the broker has no other subscriptions of ours

    def open(self, *, known: bool) -> None:
        """Find out under which id, and with which subscriptions, the broker holds our session.
        `known`: the worker has run before."""
        session = self._source.session
        wanted = listening.subscriptions(self._group)
        self._listening = wanted.names
        self._source.begin_with(wanted)
        filters: tuple[str, ...] = ()
        if not session.retiring:
            sweeping = bool(wanted.sweep) and broker_session.may_sweep(self._group, self._worker)
            session.subscriber.sweeping = sweeping
            filters = wanted.names + wanted.sweep * sweeping
        prefix = settings.PULSEBOARD_PREFIX
        found = broker_session.open_session(self._worker, prefix, filters, known=known)
        if found.client_id == f"{prefix}-{self._worker}":
            logger.warning(
                "the session at the broker is of an earlier version, its id can be guessed: end it"
                " with --retire once, the next start makes another",
                extra={"action": "client_id_public"},
            )
        session.expected = known
        session.continue_as(found.client_id, found.filters)

    def keep(self) -> None:
        """Note what the broker has, and listen to what is wanted by now."""
        session = self._source.session
        if session.retiring:
            return
        subscriber = session.subscriber
        if subscriber.narrowed and not self._narrowed:
            broker_session.narrow(self._worker, subscriber.subscriptions.names)
            self._narrowed = True
        wanted = listening.subscriptions(self._group)
        if wanted.names != self._listening:
            # Before they are made: whoever ends the session must know of them.
            broker_session.add_filters(self._worker, wanted.names)
            self._listening, self._narrowed = wanted.names, False
            self._source.listen_to(wanted)
