"""What a batch stores beside its readings, in the same transaction: what conventions remember, what
devices say of themselves, and how much was noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from django.db.models import F

from bridge.adoption import aliases, candidates
from bridge.commit.batch_rows import Rows
from bridge.commit.described import describe, facts_of
from bridge.decode.identity import device_uid
from bridge.decode.items import Described, Remembered
from bridge.decode.state import Facts
from bridge.models import ConventionState, IgnoredMessages
from bridge.rules.stored import StoredRules
from devices.clock import now_us
from telemetry.moments import from_us

REFRESH_EVERY = 2.0  # seconds between two looks at what other workers learned
MAX_SUBJECTS = 2_000  # of one reason for which messages are ignored; more count as any other
OVERLAP = 30.0  # seconds looked back beyond the last look, for clocks that differ


def load() -> Facts:
    """All that conventions remember. Raises what the database raises."""
    facts = Facts()
    Learning(facts).refresh(now_us() / 1e6)
    return facts


class Learning:
    """Keeps the facts of a process up to date with what others committed."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._rules = StoredRules(facts)
        self._looked_at: float | None = None

    def refresh(self, now: float) -> None:
        """The rules, and at most each `REFRESH_EVERY` seconds the facts. `now` is Unix seconds.
        Raises what the database raises."""
        self._rules.refresh(now)
        if self._looked_at is not None and 0 <= now - self._looked_at < REFRESH_EVERY:
            return  # before any query is even made: this is asked for every batch
        rows = ConventionState.objects.order_by("id")
        if self._looked_at is not None:
            since = from_us(int((min(now, self._looked_at) - OVERLAP) * 1e6))
            rows = rows.filter(updated_at__gte=since)
        for found in rows.values_list("convention", "scope", "key", "value").iterator(10_000):
            self._facts.learn(Remembered(*found))
        self._looked_at = now


def write(rows: Rows) -> None:
    """Call it in the transaction of the batch. Rows are locked in one order everywhere."""
    if rows.remembered:
        _remember(rows.remembered)
    for device_id, item in sorted(rows.described, key=lambda each: each[0]):
        describe(device_id, facts_of(item))
        if isinstance(item, Described) and item.aliases:
            aliases.keep(device_id, map(device_uid, item.aliases))
    if rows.strangers:
        candidates.write(rows.strangers)
    if rows.ignored:
        _count(rows)


def _remember(changes: list[Remembered]) -> None:
    last = {(each.convention, each.scope, each.key): each for each in changes}
    kept = [
        ConventionState(
            convention=each.convention, scope=each.scope, key=each.key, value=each.value
        )
        for _, each in sorted(last.items(), key=lambda pair: pair[0])
    ]
    ConventionState.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["convention", "scope", "key"],
        update_fields=["value", "updated_at"],
    )


def _count(rows: Rows) -> None:
    """By reason and subject. Of a reason that has too many subjects new ones count as any other, so
    that topics nobody has seen before do not fill the table."""
    now = from_us(now_us())
    counted = sorted(_within_bounds(rows.ignored).items())
    IgnoredMessages.objects.bulk_create(
        [
            IgnoredMessages(reason=reason, subject=subject, messages=0, first_at=now, last_at=now)
            for (reason, subject), _ in counted
        ],
        ignore_conflicts=True,
    )
    for (reason, subject), messages in counted:
        IgnoredMessages.objects.filter(reason=reason, subject=subject).update(
            messages=F("messages") + messages, last_at=now
        )


def _within_bounds(ignored: Mapping[tuple[str, str], int]) -> Counter[tuple[str, str]]:
    subjects = IgnoredMessages.objects.exclude(subject="")
    named = [key for key in ignored if key[1]]
    asked = subjects.filter(
        reason__in={reason for reason, _ in named}, subject__in={subject for _, subject in named}
    )
    new = set(named) - set(asked.values_list("reason", "subject"))
    room = {
        reason: MAX_SUBJECTS - subjects.filter(reason=reason).count()
        for reason in sorted({reason for reason, _ in new})
    }
    counted: Counter[tuple[str, str]] = Counter()
    for (reason, subject), messages in sorted(ignored.items()):
        if (reason, subject) in new:
            room[reason] -= 1
            if room[reason] < 0:
                counted[reason, ""] += messages
                continue
        counted[reason, subject] += messages
    return counted
