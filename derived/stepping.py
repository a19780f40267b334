"""What the follower `derived` does: takes down what changed, and computes it, a bounded step at a
time."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from derived import claims, commits, computing, definition, publish
from derived.computing import Results
from derived.definition import Definition
from derived.models import Backfill, DerivedSeries, Due
from derived.models.derived_series import MAX_PROBLEM
from derived.spans import Span, joined
from telemetry.expression import InvalidExpression
from telemetry.followers import Follower
from telemetry.moments import from_us
from telemetry.storage import commit_log
from telemetry.storage.replace import Computed, Dropped, Needs, replace

IDLE = 0.5  # seconds until it is looked again whether there is something
# A series rests so many times as long as its step took: one that is dear leaves the processor and
# the database to ingest.
PAUSE_SHARE = 4
TOLD_EVERY = 1.0  # seconds between two words of how far backfills are
AGAIN_AFTER = timedelta(minutes=5)  # what cannot be computed is tried again


class Stepping:
    """See `telemetry.followers.Work`."""

    def __init__(self) -> None:
        self._holder = claims.process_name()
        self._published = publish.Numbers(f"derived-{self._holder}")
        self._told_at = -TOLD_EVERY  # monotonic seconds
        commit_log.add_reader(commits.READER)

    def step(self) -> float:
        taken = commits.take()
        worked = self.compute_one()
        return 0.0 if worked or taken else IDLE

    def close(self) -> None:
        claims.let_go_all(self._holder)

    def compute_one(self) -> bool:
        """Whether there was something to be computed."""
        derived = claims.claim(self._holder)
        if derived is None:
            return False
        began = time.monotonic()
        problem, pause = "", None
        try:
            self._compute(derived)
        except (InvalidExpression, computing.TooDear) as exc:
            problem, pause = str(exc), AGAIN_AFTER
            _fail_backfill(derived, problem)
        except (claims.Lost, Dropped):
            pass  # what was to be computed still is
        pause = pause or timedelta(seconds=PAUSE_SHARE * (time.monotonic() - began))
        claims.let_go(derived, self._holder, pause, problem[:MAX_PROBLEM])
        return True

    def _compute(self, derived: DerivedSeries) -> None:
        defined = definition.of(derived)
        if defined is None:
            return  # an input was deleted since it was claimed
        dues = list(Due.objects.filter(derived=derived))
        if dues:
            self._compute_dues(derived, defined, dues)
        else:
            self._compute_backfill(derived, defined)

    def _compute_dues(self, derived: DerivedSeries, defined: Definition, dues: list[Due]) -> None:
        """The newest first: what is shown now does not wait for what is long past."""
        *others, newest = joined((each.start_us, each.stop_us) for each in dues)
        earliest = computing.earliest_us(defined, derived.series_id)
        results = self._results(defined, newest, earliest)
        left = [(start, stop) for start, stop in others if stop >= earliest]
        if results is not None and max(newest[0], earliest) < results.start_us:
            left.append((newest[0], results.start_us - 1))

        def note() -> None:
            claims.keep(derived, self._holder)
            Due.objects.filter(pk__in=[each.pk for each in dues]).delete()
            commits.add({derived.pk: left})

        self._write(derived, defined, results, note)

    def _compute_backfill(self, derived: DerivedSeries, defined: Definition) -> None:
        asked = Backfill.objects.filter(derived=derived, state=Backfill.State.RUNNING).first()
        if asked is None:
            return
        earliest = computing.earliest_us(defined, derived.series_id)
        results = self._results(defined, (asked.start_us, asked.left_us), earliest)
        done = results is None or results.start_us <= max(asked.start_us, earliest)

        def note() -> None:
            claims.keep(derived, self._holder)
            # Another one may have been asked for meanwhile, or this one cancelled.
            same = Backfill.objects.filter(
                pk=asked.pk, asked_at=asked.asked_at, state=Backfill.State.RUNNING
            )
            rows = asked.rows + (results.instants if results else 0)
            if done:
                same.update(state=Backfill.State.DONE, rows=rows, ended_at=Now())
            elif results is not None:
                same.update(left_us=results.start_us - 1, rows=rows)

        self._write(derived, defined, results, note)
        if done or time.monotonic() - self._told_at >= TOLD_EVERY:
            self._told_at = time.monotonic()
            publish.announce_changed(derived)

    def _results(self, defined: Definition, span: Span, earliest: int) -> Results | None:
        """None where nothing of the span can be computed any more."""
        start, stop = max(span[0], earliest), span[1]
        return computing.newest_of(defined, (start, stop)) if start <= stop else None

    def _write(
        self,
        derived: DerivedSeries,
        defined: Definition,
        results: Results | None,
        note: Callable[[], None],
    ) -> None:
        """Store the results in one transaction with what is noted, and show them."""
        if results is None:
            with transaction.atomic():
                note()
            return
        computed = Computed(
            derived.series_id, results.start_us, results.stop_us, results.times_us, results.values
        )
        needs = Needs(from_us(results.needs_from_us), list(defined.inputs.values()))
        replaced = replace(computed, needs, note)
        self._published.show(derived.series_id, replaced)


def _fail_backfill(derived: DerivedSeries, problem: str) -> None:
    running = Backfill.objects.filter(derived=derived, state=Backfill.State.RUNNING)
    running.update(state=Backfill.State.FAILED, error=problem[:MAX_PROBLEM], ended_at=Now())


FOLLOWERS = (Follower("derived", Stepping),)
