"""A mistake of ours while reading costs a connection, and neither the thread nor a message."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from bridge.commit.inbox import BatchResult, Inbox
from bridge.intake.columns import Intake
from bridge.intake.memory import Memory
from bridge.mqtt.broker import Broker
from bridge.mqtt.connection import Source
from bridge.mqtt.subscriptions import Subscriptions
from bridge.tests.conftest import holding
from tests.bridge_process import Publisher
from tests.waiting import eventually


class Mistaken(Intake):
    """Raises at the first messages it is given, as no decoder should."""

    mistakes = 2

    def batches(self, generation: int, messages: list) -> Iterable:
        if self.mistakes and messages:
            self.mistakes -= 1
            raise ZeroDivisionError("of ours")
        return super().batches(generation, messages)


def test_it_is_told_and_the_messages_come_again(database, mosquitto, publisher: Publisher) -> None:
    inbox = Inbox()
    told: list[Exception] = []
    source = Source(
        Broker("127.0.0.1", mosquitto.port, "mistaken"),
        inbox,
        Mistaken(Memory.nothing(holding())),
        Subscriptions(),
    )
    source.session.continue_as("mistaken", ())
    thread = threading.Thread(target=source.run, args=(lambda: False, lambda: None, told.append))
    thread.start()
    try:
        eventually(lambda: source.session.subscriber.granted)
        publisher.send("devices/pump-1/telemetry", b'{"ts":1700000000000,"values":{"t":1}}')
        batch = eventually(lambda: inbox.take(0))
        assert batch.messages[0].payload.startswith(b'{"ts"')
        assert batch.messages[0].dup
        assert [type(each) for each in told] == [ZeroDivisionError] * 2
        inbox.finish(batch, BatchResult(stored=1))
    finally:
        source.stop()
        thread.join()
