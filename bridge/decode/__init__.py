"""Which convention explains a message, and what it says. Pure: no I/O, no clock, no Django.

A convention is a module with a `NAME`, the `FILTERS` of MQTT topics it listens to,
`matches(topic, payload) -> confidence`, `reach(topic)` where the payload counts (see
`bridge.decode.claims`) and `decode(message, state) -> items`; the most confident one decodes: 60 to
100 of a topic's shape, 20 to 59 of what a payload has, 10 any JSON, 5 a scalar.
To add one, add its module to `CONVENTIONS`. The rules of users (`bridge.decode.rules`) come before
them all, but for Pulseboard's own topics. One message may speak for many devices. Nothing that a
convention raises gets out.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from bridge.decode import documents, retained, storable
from bridge.decode.claims import Claims
from bridge.decode.claims import Convention as Convention
from bridge.decode.conventions import (
    any_json,
    aws_shadow,
    cayennelpp,
    chirpstack,
    esphome,
    homeassistant,
    homie,
    influx,
    meshtastic,
    openmqttgateway,
    own,
    pulseboard,
    rtl_433,
    ruuvi,
    scalar,
    senml,
    shelly,
    sparkplug,
    tasmota,
    telegraf,
    teltonika,
    the_things_stack,
    thingsboard,
    unread,
    zigbee2mqtt,
)
from bridge.decode.items import (
    MEMORY_FULL,
    Ignored,
    Item,
    Presence,
    Problem,
    Reason,
    Rejected,
    Telemetry,
)
from bridge.decode.plain import MAX_TOPICS
from bridge.decode.state import CERTAIN, UNUSED, Context, Facts, State
from bridge.message import (
    CONNECTED,
    DISCONNECTED,
    HTTP_ATTRIBUTES,
    HTTP_TEST,
    HTTP_WRITE_UNITS_NS,
    OVER_MQTT,
    Message,
)

logger = logging.getLogger(__name__)

BY_SHAPE = 60  # confidence from which on a topic's shape, and not its payload, has decided
MAX_DETAIL = 200  # characters of an exception that are kept
TEST = "connection_test"  # why a message that looks whether there is a server is ignored


CONVENTIONS: tuple[Convention, ...] = (
    pulseboard,
    own,
    zigbee2mqtt,
    tasmota,
    esphome,
    shelly,
    homie,
    the_things_stack,
    chirpstack,
    sparkplug,
    thingsboard,
    homeassistant,
    cayennelpp,
    senml,
    influx,
    telegraf,
    openmqttgateway,
    rtl_433,
    ruuvi,
    meshtastic,
    teltonika,
    aws_shadow,
    any_json,
    scalar,
    unread,
)


def convention_of(message: Message, conventions: tuple[Convention, ...] = CONVENTIONS) -> str:
    """The name of the most confident convention. For who has no decoder's memory."""
    topic = message.topic.decode("utf-8", "replace")
    claims = [(one.matches(topic, message.payload), one.NAME) for one in conventions]
    return max(claims, key=lambda claim: claim[0])[1]


class Decoder:
    """Decodes messages one after another, remembering which topic speaks which convention.

    `plain` is the short way, for whoever can use it: see `bridge.decode.plain.PlainReader.read`.
    """

    def __init__(
        self, facts: Facts | None = None, conventions: tuple[Convention, ...] = CONVENTIONS
    ) -> None:
        """`facts` are shared by the decoders of a process, and loaded by whoever has a database."""
        self._facts = facts if facts is not None else Facts()
        self._conventions = conventions
        self._claims = Claims(conventions)
        self._context = Context(self._claimant)
        self._certain: dict[bytes, Convention] = {}
        self._failures = 0
        self.use = UNUSED  # what the newest message had to do with what is remembered
        self.plain = self._context.plain.read

    def decode(self, message: Message) -> list[Item]:
        """What the message says, at least one item; bad data is an item too."""
        return self._contained(message, "", self._decode)

    def of_device(self, uid: str, message: Message) -> list[Item]:
        """What a message says whose device is known by the way it came:
        `bridge.message.names_no_device`."""
        return self._contained(message, uid, lambda it: self._of_device(uid, it))

    def reads(self, topic: str) -> bool:
        """Whether a rule, a convention by the topic's shape, or an announcement reads what comes
        under it. What is read for its payload alone cannot be told by a topic."""
        if self._facts.rules.matching(topic) or self._claimant(topic):
            return True
        return self._is_announced(topic)

    def reader(self, message: Message) -> str:
        """The name of the convention that reads the message where no rule does. Raises what a
        convention raises."""
        return self._choose(message).NAME

    def _decode(self, message: Message) -> list[Item]:
        self.use = UNUSED
        if len(message.topic) > unread.LONGEST_TOPIC:
            return self._by_convention(message)
        items = self._facts.rules.decode(message, self._context.topic(message.topic))
        if items is None:
            return self._by_convention(message)
        _complete(items, message)
        return retained.without_old_news(items) if message.retain else items

    def _by_convention(self, message: Message) -> list[Item]:
        convention = self._certain.get(message.topic) or self._choose(message)
        state = State(convention.NAME, self._facts, self._context)
        items = convention.decode(message, state)
        self.use = state.use
        if convention is not pulseboard:  # which looks at every value by itself
            _complete(items, message)
        for change in state.changes:
            self._facts.take(change)
        if message.retain:
            items = retained.without_old_news(items)
        if state.is_full:  # what it says is used, and the next message may not be understood
            items = [*items, Ignored(MEMORY_FULL, convention.NAME)]
        return items + state.changes

    def _of_device(self, uid: str, message: Message) -> list[Item]:
        topic = message.topic.decode("utf-8", "replace")
        if topic == HTTP_TEST:
            return [Ignored(TEST, uid=uid)]
        if topic == HTTP_ATTRIBUTES:
            return thingsboard.attributes(uid, message)
        if topic.startswith(OVER_MQTT):
            items = thingsboard.of_device(uid, topic.removeprefix(OVER_MQTT), message)
            _complete(items, message)
            return items
        if topic in (CONNECTED, DISCONNECTED):
            return [Presence(uid, topic == CONNECTED)]
        if unit_ns := HTTP_WRITE_UNITS_NS.get(topic):
            state = State(influx.NAME, self._facts, self._context)
            items = influx.written(uid, message, unit_ns, state)
            storable.check(items)
            return items
        return [pulseboard.telemetry(uid, message)]

    def _contained(
        self, message: Message, uid: str, decode: Callable[[Message], list[Item]]
    ) -> list[Item]:
        try:
            if items := decode(message):
                return items
            detail = "a convention said nothing of it"
        except Exception as exc:
            self._failures += 1
            if self._failures & (self._failures - 1) == 0:  # the 1st, 2nd, 4th, 8th: no flood
                logger.exception(
                    "a convention failed for the %d. time, at a message of %s",
                    self._failures,
                    ascii(message.topic[:120]),
                    extra={"action": "convention_failed"},
                )
            detail = f"{type(exc).__name__}: {exc}"[:MAX_DETAIL]
        return [Rejected(uid, Problem(Reason.CONVENTION_FAILED, detail))]

    def _choose(self, message: Message) -> Convention:
        if len(message.topic) > unread.LONGEST_TOPIC:
            return unread
        topic = self._context.topic(message.topic)
        confidence, _, best = self._claims.best(topic, message.payload)
        if confidence >= CERTAIN:
            if len(self._certain) >= MAX_TOPICS:
                self._certain.clear()
            self._certain[message.topic] = best
        if confidence < BY_SHAPE and self._is_announced(topic):
            return homeassistant
        return best

    def _is_announced(self, topic: str) -> bool:
        if homeassistant not in self._conventions:
            return False
        return homeassistant.expects(topic, State(homeassistant.NAME, self._facts, self._context))

    def _claimant(self, topic: str) -> str:
        """The convention that a topic belongs to by its shape, whatever comes under it."""
        claims = [
            (convention.matches(topic, b""), convention.NAME) for convention in self._conventions
        ]
        confidence, name = max(claims, key=lambda claim: claim[0])
        return name if confidence >= BY_SHAPE else ""


def _complete(items: list[Item], message: Message) -> None:
    """What is the same of all who look values up in a document: what cannot be stored is left out,
    and what stood under a key a second time is told."""
    storable.check(items)
    if twice := documents.conflicts(message.payload):
        first = next((each for each in items if isinstance(each, Telemetry)), None)
        if first is not None:
            first.problems = (*first.problems, *twice)
