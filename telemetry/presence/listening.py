"""Whether somebody listened to devices, by what the workers leave in the database. Pure.

`telemetry.live.knowledge` says for pages until when all is known now; this says it of the past, for
good: what a bridge receives late it received, and what nobody received is not known. Times are Unix
milliseconds of the database's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from devices.presence_past import Span, joined
from telemetry.live.knowledge import QUIET_AFTER, REPLACED_AFTER
from telemetry.workers.worker_state import HTTP_PREFIX


class Worker(NamedTuple):
    """One that takes what devices send. `since` is when its connection to the broker was made, None
    while it has none; until `until` it has dealt with all that it received."""

    name: str
    since: int | None
    until: int

    @property
    def is_bridge(self) -> bool:
        return not self.name.startswith(HTTP_PREFIX)


def listened(
    workers: Sequence[Worker], known: int, last: Mapping[str, int]
) -> tuple[int, list[Span]]:
    """Until when it is known who was heard, and the spans from `known` to then in which somebody
    who should have did not listen. `last` is until when each worker had a connection, as far as one
    has seen it."""
    bridges = [each for each in workers if each.is_bridge]
    if not bridges:
        return _over_http(workers, known)
    until = {
        each.name: each.until
        if each.since is not None
        else min(last.get(each.name, known), each.until)
        for each in bridges
    }
    newest = max(until.values())
    missed = [each for each in bridges if newest - until[each.name] < REPLACED_AFTER]
    reached = min(until[each.name] for each in missed)
    if reached <= known:
        return known, []
    spans = [
        (known, min(each.since, reached))
        for each in missed
        if each.since is not None and each.since - known > QUIET_AFTER
    ]
    # The broker gives the share of one that is away to the others, sooner or later.
    spans += [
        (until[each.name], min(until[each.name] + REPLACED_AFTER, reached))
        for each in bridges
        if newest - until[each.name] >= REPLACED_AFTER and known <= until[each.name]
    ]
    return reached, joined(spans)


def _over_http(workers: Sequence[Worker], known: int) -> tuple[int, list[Span]]:
    """Without a bridge devices are heard over HTTP alone, by whichever process there is."""
    reached = max((each.until for each in workers), default=known)
    if reached <= known:
        return known, []
    since = min(each.since for each in workers if each.since is not None)
    return reached, [(known, min(since, reached))] if since - known > QUIET_AFTER else []
