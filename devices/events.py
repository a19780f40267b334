"""Announce changes of devices on the channel layer, so that open dashboards follow at once.

Sits beside the database write. `telemetry.live.contract` announces the rest.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any, Literal

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import connection, transaction

logger = logging.getLogger(__name__)

EVENTS_GROUP = "live.events"  # small, rare messages every dashboard process listens to
ANNOUNCE_TIMEOUT = 5.0  # seconds for one batch; a Redis that hangs must not hang the request
ANNOUNCE_BATCH = 500  # messages
BUNDLED_FROM = 10  # messages
BUNDLE = 100  # events of one channel message; who receives it takes them apart

Change = Literal["created", "changed", "deleted"]


def device_event(
    change: Change, device: dict[str, Any], site: int | None, left: int | None = None
) -> dict[str, Any]:
    """The channel message for one change; `device` is its list form (`{"id", "uid",
    "kept"}` when deleted; `kept`: it can be had back), `site` the id of where it stands, `left` of
    where it stood when it moved: who sees that one alone is told that it is gone."""
    return {
        "type": "live.event",
        "event": "device",
        "site": site,
        "left": left,
        "change": change,
        "device": device,
    }


def site_event(change: Change, site: dict[str, Any], site_id: int) -> dict[str, Any]:
    """The channel message for one change of a site; `site` is its slug and name."""
    return {
        "type": "live.event",
        "event": "site",
        "site": site_id,
        "change": change,
        "slug": site["slug"],
        "name": site["name"],
    }


def announce(message: dict[str, Any]) -> None:
    """Send to every dashboard process. A channel layer that is away costs the announcement only:
    the change itself is committed, and pages read it again when they reconnect."""
    announce_all([message])


def announce_all(messages: Sequence[dict[str, Any]]) -> None:
    """As `announce`, many in one go: outside the server each call opens a connection of its own."""
    send_all([(EVENTS_GROUP, message) for message in _bundled(messages)])


def _bundled(messages: Sequence[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """In their order, neighbours together: to send 2 000 one by one takes longer than to write
    them. A few go as they are."""
    if len(messages) < BUNDLED_FROM:
        return messages
    alike = groupby(messages, key=lambda message: message["type"] == "live.event")
    return chain.from_iterable(
        _bundles(list(each)) if is_event else each for is_event, each in alike
    )


def _bundles(events: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(events), BUNDLE):
        yield {"type": "live.events", "events": events[start : start + BUNDLE]}


def send_all(messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """As `announce_all`, each to the group named with it."""
    try:
        async_to_sync(_send_all)(messages)
    except Exception as exc:  # noqa: BLE001  (the Redis client raises a family without one root)
        logger.warning("live event not announced: %s", exc, extra={"action": "announce_failed"})


def announce_after_commit(say: Callable[[], Iterable[dict[str, Any]]]) -> None:
    """Send what `say` returns then, in one go with all else that the transaction announces: a
    thousand rows deleted at once are a thousand messages, not a thousand connections."""
    pending = connection.run_on_commit[-1] if connection.run_on_commit else None
    # What was said inside of a savepoint goes with it when that is rolled back.
    if (
        pending is not None
        and isinstance(pending[1], _Announcements)
        and pending[0] == set(connection.savepoint_ids)
    ):
        pending[1].append(say)
    else:
        transaction.on_commit(_Announcements([say]))


def announce_account(name: str) -> None:
    """After commit, have the account page of the one who has this name read itself again."""
    message = {"type": "live.event", "event": "account", "site": None, "to": name}
    announce_after_commit(lambda: [message])


class _Announcements(list[Callable[[], Iterable[dict[str, Any]]]]):
    """What one transaction announces, in order. What is told of is committed: that there is nothing
    to tell of it must not look like failure, nor keep from being told what comes after it."""

    def __call__(self) -> None:
        messages: list[dict[str, Any]] = []
        for say in self:
            try:
                messages += say()
            except Exception:  # it may ask the database, of which nothing is known by now
                logger.exception("nothing to announce", extra={"action": "announce_failed"})
        announce_all(messages)


async def _send_all(messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
    layer = get_channel_layer()
    for start in range(0, len(messages), ANNOUNCE_BATCH):
        async with asyncio.timeout(ANNOUNCE_TIMEOUT):
            for group, message in messages[start : start + ANNOUNCE_BATCH]:
                await layer.group_send(group, message)
