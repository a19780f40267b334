"""One attempt to tell something on a channel: never raises, and says nothing secret."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from devices import clock
from notifications.answer import Answer, Outcome
from notifications.channels.ways import WAYS, facts
from notifications.content import Content
from notifications.models import Channel
from notifications.models.delivery import MAX_ANSWER
from notifications.sealed import Unreadable
from telemetry.series.worded import spoken

logger = logging.getLogger(__name__)

MIN_SCRUBBED = 6  # characters; what is shorter would be found in ordinary words
_UNPRINTABLE = re.compile(r"(?:[^\S\n]|[\x00-\x08\x0e-\x1f\x7f])+")


@dataclass(frozen=True, slots=True)
class Attempt:
    at: datetime
    took_ms: int
    answer: Answer


def attempt(channel: Channel, content: Content, token: str) -> Attempt:
    """Tell it, and wait for the answer. Asks no database."""
    at, began = clock.now(), time.monotonic()
    secrets: list[str] = []
    try:
        secrets = list(channel.secrets().values())
        with spoken(content.language):
            answer = WAYS[channel.kind].send(facts(channel), content, token)
    except Unreadable as exc:
        answer = Answer(Outcome.REFUSED, str(exc))
    except Exception as exc:
        # A mistake of ours in one kind must not stop the others. The traceback names no secret:
        # it has our lines, not their values.
        logger.exception(
            "a %s could not be sent", channel.kind, extra={"action": "notification_failed"}
        )
        answer = Answer(Outcome.FAILED, f"A fault of Pulseboard: {type(exc).__name__}.")
    took = round((time.monotonic() - began) * 1000)
    return Attempt(at, took, replace(answer, text=cleaned(answer.text, secrets)))


def cleaned(text: str, secrets: Iterable[str]) -> str:
    """Bounded, without what Postgres or a page cannot show, and without our secrets: some servers
    repeat what they were sent."""
    for secret in secrets:
        parts = urlsplit(secret) if "://" in secret else None
        path = parts.path + (f"?{parts.query}" if parts.query else "") if parts else ""
        for word in (secret, path):
            if len(word) >= MIN_SCRUBBED:
                text = text.replace(word, "•••")
    return _UNPRINTABLE.sub(" ", text).strip()[:MAX_ANSWER]
