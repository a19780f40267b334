"""Keeps what a session has subscribed at the broker as it is wanted, and hears what it answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from bridge.mqtt.subscriptions import SEND_KEPT, SWEEP, Subscriptions

logger = logging.getLogger(__name__)

# Connections in a row that a broker ended over a filter that begins with `$` (rumqttd does, instead
# of refusing it); then none is asked for any more. One alone may be the network's doing.
MAX_ENDED = 2
SWEEP_QUIET = 3.0  # seconds without a kept message after which there is none left


class Subscriber:
    """For the network thread; `granted`, `narrowed` and `subscriptions` may be read by any."""

    def __init__(self, subscriptions: Subscriptions, *, retiring: bool) -> None:
        """`retiring`: subscribe nothing, and give up what is."""
        self.subscriptions = subscriptions
        self.granted = False  # the broker sends us all of Pulseboard's own topics
        self.narrowed = False  # the broker has our subscriptions and no others
        self.sweeping = False  # fetch what the broker kept
        self._retiring = retiring
        self._unwanted: list[str] = []
        self._unanswered: set[int] = set()  # packet identifiers of what the broker has to answer
        self._essential: set[int | None] = set()  # packet identifiers of SUBSCRIBEs not answered
        self._refused = False  # one of them, on this connection
        self._reserved: set[int | None] = set()  # of filters that begin with `$`, not answered
        self._ended_at_reserved = 0  # connections in a row
        self._swept_at = 0.0  # monotonic seconds: the newest kept message, or when we asked

    def take_over(self, subscribed: Iterable[str]) -> None:
        """The session may have these subscriptions."""
        kept = () if self._retiring else self.subscriptions.names
        # Those of no group as well: an earlier version noted nothing.
        self._unwanted = sorted({*subscribed, *Subscriptions().names}.difference(kept))

    def want(self, subscriptions: Subscriptions) -> None:
        """These from now on. They are noted already."""
        names = {*self._unwanted, *self.subscriptions.names, *subscriptions.names}
        self._unwanted = sorted(names.difference(subscriptions.names))
        self.subscriptions = subscriptions

    def ask(self, client: mqtt.Client) -> None:
        """On every connect: a kept session would never learn a new topic, and never lose an old
        one. What it holds already is delivered all the same."""
        self._unanswered = set()
        if self._unwanted:
            self._note(client.unsubscribe(self._unwanted)[1])
        if not self._retiring:
            self._essential, self._reserved, self._refused = set(), set(), False
            essential = self.subscriptions.essential
            wanted = list(zip(self.subscriptions.names, self.subscriptions.each, strict=True))
            # Our own last: as the broker answers in order, its answer speaks for all.
            for name, one in sorted(wanted, key=lambda pair: pair[0] in essential):
                reserved = one.filter.startswith("$")
                if reserved and self._ended_at_reserved >= MAX_ENDED:
                    continue
                options = SubscribeOptions(qos=one.qos, retainHandling=one.retain_handling)
                mid = client.subscribe([(name, options)], properties=_with(one.identifier))[1]
                self._note(mid)
                if name in essential:
                    self._essential.add(mid)
                if reserved:
                    self._reserved.add(mid)
            if self.sweeping:
                kept = SubscribeOptions(qos=1, retainHandling=SEND_KEPT)
                sweep = [(each, kept) for each in self.subscriptions.sweep]
                client.subscribe(sweep, properties=_with(SWEEP))
                self._swept_at = time.monotonic()
        self._narrow()

    def _narrow(self) -> None:
        self.narrowed = not (self._unanswered or self.sweeping)

    def swept(self) -> None:
        """A kept message came, or there was no room for one."""
        self._swept_at = time.monotonic()

    def end_sweep(self, client: mqtt.Client) -> None:
        """Once nothing more comes: give up what was subscribed for it."""
        asked = self.granted and not self._retiring
        if self.sweeping and asked and time.monotonic() - self._swept_at > SWEEP_QUIET:
            self.sweeping = False
            self._note(client.unsubscribe(list(self.subscriptions.sweep))[1])
            self._narrow()

    def _note(self, mid: int | None) -> None:
        if mid is not None:
            self._unanswered.add(mid)

    def on_unsubscribe(
        self, _client: Any, _userdata: Any, mid: int, _reasons: Any, _properties: Any
    ) -> None:
        """The broker answers, also where there was nothing to unsubscribe."""
        self._unanswered.discard(mid)
        self._narrow()

    def on_subscribe(
        self, _client: Any, _userdata: Any, mid: int, reasons: Any, _properties: Any
    ) -> None:
        """The broker answers, to each filter of a SUBSCRIBE."""
        refused = [str(reason) for reason in reasons if reason.is_failure]
        self._unanswered.discard(mid)
        self._narrow()
        if refused:
            logger.log(
                logging.ERROR if mid in self._essential else logging.WARNING,
                "the broker refused %d of %d subscriptions, what comes there goes unseen: %s",
                len(refused),
                len(reasons),
                refused[0],
                extra={"action": "not_subscribed"},
            )
        if mid in self._reserved:
            self._reserved.discard(mid)
            self._ended_at_reserved = 0
        if mid in self._essential:
            self._essential.discard(mid)
            self._refused |= bool(refused)
            if not self._essential:
                self.granted = not self._refused
                if not self._refused:
                    # Only from now on does the broker keep messages for a session that is new.
                    logger.info("subscribed", extra={"action": "subscribed"})

    def end(self, *, by_us: bool) -> None:
        """The connection is over."""
        if self._reserved and not by_us:
            self._reserved = set()
            self._ended_at_reserved += 1
            if self._ended_at_reserved == MAX_ENDED:
                logger.warning(
                    "the broker ends the connection over topics that begin with $: what comes"
                    " there (AWS IoT shadows) goes unseen",
                    extra={"action": "not_subscribed"},
                )
        self.granted = self.narrowed = False


def _with(identifier: int) -> Properties | None:
    """The properties of a SUBSCRIBE whose messages are to name it."""
    if not identifier:
        return None
    properties = Properties(PacketTypes.SUBSCRIBE)
    properties.SubscriptionIdentifier = identifier
    return properties
