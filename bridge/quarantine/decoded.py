"""A quarantined message, decoded again as if it came when it came."""

from __future__ import annotations

from bridge.decode import Decoder
from bridge.decode.items import Item, Reason
from bridge.intake.instants import following
from bridge.message import Message, names_no_device
from telemetry.models import QuarantinedMessage
from telemetry.moments import to_us


def decoded(
    kept: QuarantinedMessage, decoder: Decoder, shift: int = 0
) -> tuple[Message, list[Item]]:
    """The message as it came, and what it says today."""
    at = following(to_us(kept.received_at), shift)
    topic, payload = kept.topic.encode(), bytes(kept.payload)
    message = Message(topic, payload, 0, False, kept.retained, b"", at)
    if names_no_device(kept.topic):
        return message, decoder.of_device(kept.uid, message)
    items = decoder.decode(message)
    if kept.reason == Reason.OVER_LIMIT.value:  # nobody had looked into it
        return message, items
    # Of a message of many devices each is kept for itself.
    mine = [item for item in items if not kept.uid or item.uid in ("", kept.uid)]
    return message, mine or items
