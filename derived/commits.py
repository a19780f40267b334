"""From the commit log to what has to be computed again.

Taken down at once, in the transaction that moves the cursor: a long backlog waits in few rows.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Count

from derived import definition
from derived.models import DerivedInput, DerivedSeries, Due
from derived.spans import Span, joined
from telemetry.expression import InvalidExpression, Reach
from telemetry.moments import to_us
from telemetry.storage import commit_log
from telemetry.storage.commit_log import Commit

READER = "derived"
COMMITS_PER_STEP = 1_000  # rows of the log taken in one transaction
MAX_DUES = 64  # rows of one derived series; more are joined


def take() -> int:
    """Note what the next commits change; how many commits."""
    with commit_log.reading(READER, COMMITS_PER_STEP) as commits:
        if commits:
            add({derived: spans for derived, spans in _changed(commits).items() if spans})
    return len(commits)


def add(spans: dict[int, list[Span]]) -> None:
    """Have these instants of derived series, by id, computed again."""
    Due.objects.bulk_create(
        Due(derived_id=derived_id, start_us=start, stop_us=stop)
        for derived_id, of in spans.items()
        for start, stop in joined(of)
    )
    many = Due.objects.filter(derived__in=spans.keys()).order_by().values("derived")
    for row in many.annotate(rows=Count("id")).filter(rows__gt=MAX_DUES):
        _join(row["derived"])


def _join(derived_id: int) -> None:
    """One that is being computed from these rows will find them gone, and does no harm."""
    rows = list(Due.objects.filter(derived=derived_id))
    Due.objects.filter(pk__in=[each.pk for each in rows]).delete()
    found = joined((each.start_us, each.stop_us) for each in rows)
    if len(found) > MAX_DUES // 2:  # what lies between is computed for nothing
        found = [(found[0][0], found[-1][1])]
    Due.objects.bulk_create(
        Due(derived_id=derived_id, start_us=start, stop_us=stop) for start, stop in found
    )


def _changed(commits: Iterable[Commit]) -> dict[int, list[Span]]:
    """The instants whose results these commits change, by derived series."""
    watched = _watched()
    ids = sorted(watched)
    found: dict[int, list[Span]] = defaultdict(list)
    for commit in commits:
        spans = [(to_us(start), to_us(stop)) for start, stop in commit.spans]
        for first, stop in commit.series:
            for series_id in ids[bisect_left(ids, first) : bisect_left(ids, stop)]:
                for derived_id, reach in watched[series_id]:
                    found[derived_id] += [
                        (start + reach.until_us, end + reach.back_us) for start, end in spans
                    ]
    return found


def _watched() -> dict[int, list[tuple[int, Reach]]]:
    """By series which results a reading of it changes. Also of those that are switched off: they
    go on from where they were."""
    found: dict[int, list[tuple[int, Reach]]] = defaultdict(list)
    stopped = DerivedInput.objects.filter(series=None).values("derived")
    for derived in DerivedSeries.objects.exclude(pk__in=stopped).prefetch_related("inputs"):
        try:
            defined = definition.of(derived)
        except InvalidExpression:
            continue
        if defined is None:
            continue
        for name, reaches in defined.needs().items():
            found[defined.inputs[name]] += [(derived.pk, reach) for reach in reaches]
    return found
