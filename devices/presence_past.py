"""What a device's state was through a window, from the facts that are kept of it.

Pure: no database and no clock. States are judged by `devices.presence.state`, as they are now;
times are Unix milliseconds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter, itemgetter
from typing import Literal, NamedTuple

from devices import presence

Name = Literal["online", "late", "silent", "offline", "waiting", "disabled", "unknown"]
Span = tuple[int, int]  # from, to
_at = attrgetter("at")
_start = itemgetter(0)

# Where there are more stretches than can be told: of each part of the window the worst.
WORST_FIRST: tuple[Name, ...] = (
    "offline", "silent", "late", "unknown", "online", "waiting", "disabled",
)  # fmt: skip


class Fact(NamedTuple):
    """As `devices.presence_fact.PresenceFact`."""

    at: int
    what: str
    after: int | None = None
    interval: float | None = None


class Stretch(NamedTuple):
    """A part of the window through which the state was one. `heard` is when the device's telemetry
    was heard last before it was late, silent or offline; `said` when its status topic said what it
    says then."""

    start: int
    stop: int
    state: Name
    evidence: presence.Evidence
    heard: int | None
    said: int | None
    interval: float


@dataclass(frozen=True, slots=True)
class Known:
    """Of one device: the facts of the window and the newest of each sort before it, in any order,
    and how it stands now."""

    facts: Sequence[Fact]
    created: int
    interval: float  # seconds
    enabled: bool
    connection: str  # unknown, online or offline
    connection_since: int | None
    last_seen: int | None


@dataclass(slots=True)
class _Lines:
    """The facts by sort, each in order of time."""

    words: list[Fact] = field(default_factory=list)
    heard: list[Fact] = field(default_factory=list)
    judged: list[Fact] = field(default_factory=list)
    forgotten: int = 0

    @classmethod
    def of(cls, known: Known) -> _Lines:
        lines = cls()
        for fact in sorted(known.facts, key=_at):
            if fact.what in ("online", "offline"):
                lines.words.append(fact)
            elif fact.what == "heard":
                lines.heard.append(fact)
            elif fact.what == "forgotten":
                lines.forgotten = fact.at
            else:
                lines.judged.append(fact)
        # What a device said before facts were kept, or in words that a crash of the server took.
        said, since = known.connection, known.connection_since
        newest = lines.words[-1].what if lines.words else None
        if said != "unknown" and since is not None and newest != said:
            lines.words.append(Fact(since, said, known.last_seen))
            lines.words.sort(key=_at)
        return lines


def stretches(known: Known, unknown: Iterable[Span], start: int, stop: int) -> list[Stretch]:
    """The states of a device from `start` to `stop`, in order and without a hole but before it was
    registered. In the `unknown` spans nobody listened; they are in order, and apart."""
    lines = _Lines.of(known)
    gaps = [span for span in unknown if span[1] > span[0]]
    start = max(start, known.created)
    if lines.forgotten > start:
        gaps = joined([(0, lines.forgotten), *gaps])
    moments = {start, stop}
    for fact in (*lines.words, *lines.heard, *lines.judged):
        moments.add(fact.at)
    for span in gaps:
        moments.update(span)
    inside = sorted(moment for moment in moments if start <= moment <= stop)
    found: list[Stretch] = []
    for a, b in pairwise(inside):
        for part in _part(known, lines, gaps, a, b):
            last = found[-1] if found else None
            if last is not None and _is_same(last, part):
                found[-1] = last._replace(stop=part.stop)
            else:
                found.append(part)
    return found


def _is_same(one: Stretch, other: Stretch) -> bool:
    if one.state != other.state or one.state in ("unknown", "disabled"):
        return one.state == other.state
    if one.state == "online":
        return one.interval == other.interval
    return (one.heard, one.said, one.interval) == (other.heard, other.said, other.interval)


def _part(known: Known, lines: _Lines, gaps: Sequence[Span], a: int, b: int) -> list[Stretch]:
    """From `a` to `b`, between which nothing was learned: time alone changes the state."""
    place = bisect_right(lines.judged, a, key=_at)
    judged = lines.judged[max(0, place - 1)] if lines.judged else None
    interval = (judged and judged.interval) or known.interval
    gap = bisect_right(gaps, a, key=_start) - 1
    if gap >= 0 and a < gaps[gap][1]:
        return [Stretch(a, b, "unknown", "none", None, None, interval)]
    is_enabled = known.enabled if judged is None else not place or judged.what != "disabled"
    if not is_enabled:
        return [Stretch(a, b, "disabled", "none", None, None, interval)]
    # Silence counts from where somebody listened, and the device was allowed to speak.
    listened = gaps[gap][1] if gap >= 0 else 0
    if place > 1 and lines.judged[place - 2].what == "disabled":
        listened = max(listened, lines.judged[place - 1].at)
    place = bisect_right(lines.words, a, key=_at)
    word = lines.words[place - 1] if place else None
    return list(_aged(word, _heard(known, lines, word, a), listened, interval, (a, b)))


def _aged(
    word: Fact | None, heard: int | None, listened: int, interval: float, part: Span
) -> Iterator[Stretch]:
    connection, said = (word.what, word.at) if word else ("unknown", None)
    cuts = {*part}
    for word_at in (heard, said):
        if word_at is not None:
            base = max(word_at, listened)
            cuts |= {base + presence.late_after(interval), base + presence.silent_after(interval)}
    inside = sorted(cut for cut in cuts if part[0] <= cut <= part[1])
    for start, stop in pairwise(inside):
        now = start + 1  # a device is late when more than its allowance has passed
        state = presence.state(connection, said, heard, expected_interval=interval, now=now)
        if state.name in ("late", "silent"):
            state = presence.state(
                "online" if connection == "online" else "unknown",
                None if said is None else max(said, listened),
                None if heard is None else max(heard, listened),
                expected_interval=interval,
                now=now,
            )
        last = heard if heard is not None and heard <= start else None
        yield Stretch(start, stop, state.name, state.evidence, last, said, interval)


def _heard(known: Known, lines: _Lines, word: Fact | None, at: int) -> int | None:
    """When it was heard last, as seen at that time: it goes on being heard until the next absence
    begins. After it said that it goes offline, no word is a fact, and the first one is."""
    place = bisect_right(lines.heard, at, key=_at)
    if word is not None and word.what == "offline":
        spoke = word.after is not None and word.after > word.at
        if not spoke and (place == 0 or lines.heard[place - 1].at <= word.at):
            return word.after
    return lines.heard[place].after if place < len(lines.heard) else known.last_seen


def joined(spans: Iterable[Span]) -> list[Span]:
    """In order, and apart."""
    found: list[Span] = []
    for start, stop in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        elif stop > start:
            found.append((start, stop))
    return found


def reduced(found: Sequence[Stretch], start: int, stop: int, most: int) -> list[Stretch]:
    """At most `most` stretches: of each part of the window the worst state in it, joined where
    neighbours agree."""
    width = max(1, -(-(stop - start) // most))
    worst: dict[int, Stretch] = {}
    for each in found:
        for part in range(
            (each.start - start) // width, (max(each.start, each.stop - 1) - start) // width + 1
        ):
            held = worst.get(part)
            if held is None or WORST_FIRST.index(each.state) < WORST_FIRST.index(held.state):
                worst[part] = each
    joined: list[Stretch] = []
    for part, each in sorted(worst.items()):
        first = max(start + part * width, found[0].start)
        last = min(start + (part + 1) * width, found[-1].stop)
        if joined and joined[-1].state == each.state:
            joined[-1] = joined[-1]._replace(stop=last)
        else:
            joined.append(each._replace(start=first, stop=last))
    return joined


def totals(found: Iterable[Stretch]) -> dict[str, int]:
    """Milliseconds in each state that there was."""
    sums: dict[str, int] = {}
    for each in found:
        sums[each.state] = sums.get(each.state, 0) + each.stop - each.start
    return sums
