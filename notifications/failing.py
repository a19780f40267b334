"""A row that cannot be worked is put off, so that it stops no other."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError

from notifications.models import Decision, Escalation, Occasion

logger = logging.getLogger(__name__)

FIRST = timedelta(seconds=10)  # until it is tried again, doubled each time …
LONGEST = timedelta(minutes=10)  # … up to this


@contextmanager
def put_off(row: Occasion | Escalation | Decision, now: datetime) -> Iterator[None]:
    """Around the transaction that works it. A database that is away is nobody's mistake: it raises,
    and the whole follower tries again."""
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        if isinstance(row, Decision):  # it does not count: it has been decided
            Decision.objects.filter(pk=row.pk).update(due_at=now + LONGEST)
            logger.exception("held back, and not sent: %s", row, extra={"action": "not_decided"})
            return
        wait = min(FIRST * 2 ** min(row.attempts, 10), LONGEST)
        logger.exception(
            "not decided, and put off for %d s: %s", wait.total_seconds(), row,
            extra={"action": "not_decided"},
        )  # fmt: skip
        type(row).objects.filter(pk=row.pk).update(attempts=row.attempts + 1, due_at=now + wait)
