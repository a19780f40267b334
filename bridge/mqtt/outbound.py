"""What waits to be sent to the broker: acknowledgements, notices to devices, retained messages."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from bridge.mqtt.confirmation import Confirmation
from bridge.mqtt.order import ReceiveOrder
from bridge.mqtt.retained import Retained
from bridge.mqtt.session import Session

MAX_NOTICES = 1_000  # error messages to devices waiting to be sent
RETAINED_PER_TURN = 200  # retained messages before what arrived gets its turn


class Outbound:
    """Other threads give, the network thread sends."""

    def __init__(
        self,
        session: Session,
        confirmation: Confirmation,
        order: ReceiveOrder,
        wake: Callable[[], None],
    ) -> None:
        """`wake` has the network thread `send` soon."""
        self.notices_dropped = 0
        self._session = session
        self._confirmation = confirmation
        self._order = order
        self._wake = wake
        self._acknowledgements: deque[tuple[int, bytes, int]] = deque()
        self._notices: deque[tuple[str, bytes]] = deque(maxlen=MAX_NOTICES)
        self._retained = Retained()

    def acknowledge(self, generation: int, packets: bytes, serial: int) -> None:
        """Send these PUBACKs if the connection is still the one they belong to. `serial`: of the
        newest delivery among them, see `bridge.intake.redelivery`."""
        if packets:
            self._acknowledgements.append((generation, packets, serial))
            self._wake()

    def notify(self, topic: str, payload: bytes) -> None:
        """Publish a notice at QoS 0; the oldest is dropped when too many wait."""
        if len(self._notices) == MAX_NOTICES:
            self.notices_dropped += 1
        self._notices.append((topic, payload))

    def retain(self, messages: Mapping[str, bytes]) -> bool:
        """Publish retained, at QoS 0: what is lost is lost with the connection, and whoever gives
        gives all of it again on the next one (`session.generation`). False when too many wait."""
        taken = self._retained.put(messages)
        self._wake()
        return taken

    def has_sent(self) -> bool:
        """Whether nothing that is to be retained waits any more."""
        return self._retained.is_empty()

    @property
    def holds_acknowledgements(self) -> bool:
        return bool(self._acknowledgements)

    def send(self) -> None:
        """What waits, as far as there is a connection and the socket takes it."""
        client, counters = self._session.client, self._session.counters
        while self._acknowledgements:
            generation, packets, serial = self._acknowledgements.popleft()
            if generation == self._session.generation and counters.connected:
                ready, known = self._order.stored(packets, serial)
                if ready:
                    client.send_acknowledgements(ready)
                if known is not None:
                    self._confirmation.acknowledged(known)
        while self._notices and counters.connected:
            topic, payload = self._notices.popleft()
            client.publish(topic, payload, qos=0)
        if client.want_write():
            client.loop_write()
        self._send_retained()

    def _send_retained(self) -> None:
        """As many as the socket takes: paho would queue them without a bound."""
        client = self._session.client
        if self._session.counters.connected and not client.want_write():
            for topic, payload in self._retained.take(RETAINED_PER_TURN):
                client.publish(topic, payload, qos=0, retain=True)
            if client.want_write():
                client.loop_write()
            if not self._retained.is_empty():
                self._wake()
