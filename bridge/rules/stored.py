"""The enabled rules of the database, taken into the decoders of a process."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime

from django.db.models import QuerySet

from bridge.decode.rules import MAX_RULES, Rules, definition
from bridge.decode.rules.problems import InvalidRule
from bridge.decode.rules.rule import Rule
from bridge.decode.rules.topic_pattern import TopicPattern
from bridge.decode.state import Facts
from bridge.models import DecodeRule

logger = logging.getLogger(__name__)

REFRESH_EVERY = 1.0  # seconds between two looks: a change works within two seconds

Version = tuple[int, int, datetime]  # of one rule: id, position, when it was changed


class StoredRules:
    """Keeps the rules of a process up to date. One thread refreshes."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._looked_at: float | None = None
        self._versions: list[Version] = []

    def refresh(self, now: float) -> None:
        """At most each `REFRESH_EVERY` seconds. `now` is Unix seconds. Raises what the database
        raises."""
        if self._looked_at is not None and 0 <= now - self._looked_at < REFRESH_EVERY:
            return
        enabled = _enabled()
        versions = list(enabled.values_list("id", "position", "updated_at"))
        if versions != self._versions:
            self._facts.rules = Rules(tuple(filter(None, map(_read, enabled))))
            self._versions = versions
        self._looked_at = now


def filters() -> list[str]:
    """What has to be listened to for the enabled rules. Raises what the database raises."""
    found = []
    for topic in _enabled().values_list("definition__topic", flat=True):
        with contextlib.suppress(ValueError):  # of another version
            found.append(TopicPattern(str(topic)).filter)
    return found


def _enabled() -> QuerySet[DecodeRule]:
    """In their order."""
    return DecodeRule.objects.filter(enabled=True).order_by("position", "id")[:MAX_RULES]


def _read(stored: DecodeRule) -> Rule | None:
    """None of one that cannot be used: it was checked when it was stored, by another version."""
    try:
        return definition.read(stored.definition, stored.name)
    except InvalidRule as exc:
        logger.error(
            "the rule %r cannot be used: %s", stored.name, exc, extra={"action": "rule_unusable"}
        )
        return None
