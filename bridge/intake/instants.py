"""Receive instants: a time for each sample that came without one, given to no other sample of its
device, by whatever worker, web process or restart.

A lane is a share of every millisecond: `WIDTH` of its microseconds. A worker holds lanes and gives
instants on these alone. Who takes a lane gives only instants later than the lane's mark, and the
mark is written to the database ahead of what is given (`telemetry.workers.lanes`), so no two
holders of a lane give the same instant, wherever their clocks stand
(docs/decisions/0012-receive-instants.md). Times are Unix microseconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Final

from devices.clock import now_us
from telemetry.workers import lanes as table

logger = logging.getLogger(__name__)

WIDTH: Final = 5  # microseconds of each millisecond that are one lane's
REPLAY_LANE = 0  # of replays; workers hold the others. What a device stamps in whole ms lies here
AHEAD_US = 2_000_000  # the furthest an instant may be ahead of the clock
SPARE_LANES = 2  # held with room at any time: one more for the moment the clock steps back
MAX_LANES = 12  # held by one worker
MAX_DEVICES = 50_000  # whose last instant on a lane is remembered
LONGEST_US = AHEAD_US  # from the first instant of a message to its last
NEAR_US = AHEAD_US // 2  # a lane this far ahead of the clock counts as full
COVERED_US = 3_000_000  # how far ahead it is written what may be stored
REACH_US = 86_400_000_000  # how long a worker with a spool can go on without the database: a day
SHORT_REACH_US = 60_000_000  # the same of a web process, which stores nothing without the database


def following(first: int, count: int) -> int:
    """The instant that comes so many after `first`, on the lane of `first`."""
    ms, rest = divmod(first, 1_000)
    extra, place = divmod(rest % WIDTH + count, WIDTH)
    return (ms + extra) * 1_000 + rest - rest % WIDTH + place


def lane_of(us: int) -> int:
    """The lane an instant lies on."""
    return us % 1_000 // WIDTH


def on_replay_lane(us: int) -> int:
    """The first instant of the replay lane in that millisecond."""
    return us // 1_000 * 1_000 + REPLAY_LANE * WIDTH


class Lane:
    """The instants of one lane. Counts them: number k lies in millisecond k // WIDTH."""

    __slots__ = ("_base", "_floor", "_last", "covered_us", "highest", "number", "until_us")

    def __init__(self, number: int, floor_us: int, until_us: int) -> None:
        """Only instants after `floor_us` and before `until_us` are given."""
        self.number = number
        self.until_us = until_us
        self._base = number * WIDTH
        self._floor = (floor_us // 1_000 + 1) * WIDTH - 1
        self._last: dict[str, int] = {}
        self.highest = self._floor
        self.covered_us = self.highest_us  # what may be stored up to here, by the database

    def reserve(self, uid: str, received_us: int, samples: int, latest_us: int) -> int:
        """The first of `samples` instants for this device, none after `latest_us`; 0 if there is no
        room."""
        first = received_us // 1_000 * WIDTH
        last = self._last.get(uid, self._floor)
        if first <= last:
            first = last + 1
        final = first + samples - 1
        end_us = final // WIDTH * 1_000 + 1_000
        if end_us > latest_us or end_us > self.until_us:
            return 0
        if len(self._last) >= MAX_DEVICES and uid not in self._last:
            self._forget()
        self._last[uid] = final
        if final > self.highest:  # noqa: PLR1730  (a call more for every message)
            self.highest = final
        return first // WIDTH * 1_000 + self._base + first % WIDTH

    def reserve_for_all(self, samples: Mapping[str, int], received_us: int, latest_us: int) -> int:
        """The same for the devices one message speaks of, with one first instant for all."""
        newest = max(self._last.get(uid, self._floor) for uid in samples)
        start_us = max(received_us, (newest // WIDTH + 1) * 1_000)
        found = [self.reserve(uid, start_us, max(samples.values()), latest_us) for uid in samples]
        return 0 if 0 in found else found[0]

    @property
    def highest_us(self) -> int:
        """No instant after this was given."""
        return self.highest // WIDTH * 1_000 + 999

    def is_within(self, ahead_us: int, now: int) -> bool:
        """Whether no instant given is further ahead."""
        return self.highest_us <= now + ahead_us

    def _forget(self) -> None:
        """Of any device, nothing up to the highest instant is given any more."""
        self._floor = self.highest
        self._last.clear()


class Instants:
    """The lanes of one worker. `first` is for the thread that stamps; the rest for the one that
    has the database, which may be the same."""

    def __init__(self, holder: str, reach_us: int, clock: Callable[[], int] = now_us) -> None:
        """`holder` is nobody else's; one that is kept beside a spool takes its lanes up again."""
        self._holder = holder
        self._reach_us = reach_us
        self._clock = clock
        self._lanes: list[Lane] = []
        self._open: list[Lane] = []  # those of them that are used; the others are ahead of us
        self._none_open = False
        self.wanted = threading.Event()  # a sample found no room

    @property
    def available(self) -> bool:
        """Whether a sample without a time would get one now."""
        now = self._clock()
        return any(lane.is_within(AHEAD_US, now) and now < lane.until_us for lane in self._open)

    def latest_us(self) -> int:
        """How late an instant that is given now may be."""
        return self._clock() + AHEAD_US

    def first(self, uid: str, samples: int, received_us: int, latest_us: int) -> int:
        """The first instant for so many samples of a device; the others follow as `following`
        says. 0 while no lane has room up to `latest_us`; then the message must wait."""
        for lane in self._open:
            if first := lane.reserve(uid, received_us, samples, latest_us):
                return first
        self.wanted.set()
        return 0

    def first_for_all(self, samples: Mapping[str, int], received_us: int) -> int:
        """The same for a message that speaks of several devices: one first instant for all."""
        latest_us = self.latest_us()
        for lane in self._open:
            if first := lane.reserve_for_all(samples, received_us, latest_us):
                return first
        self.wanted.set()
        return 0

    def take_up(self, newest_stored: Mapping[int, int]) -> None:
        """Go on with the lanes an earlier process had under this holder's name. `newest_stored`:
        by lane, the last instant that lies in the spool. Raises what the database raises."""
        until_us = self._clock() + self._reach_us
        self._lanes = [
            Lane(number, max(given_us, newest_stored.get(number, 0)), until_us)
            for number, given_us in table.held(self._holder)
        ]
        self.keep()

    def keep(self) -> None:
        """Write the marks ahead of what is given, and take lanes while there are not enough.
        Raises what the database raises."""
        now = self._clock()
        until_us = now + self._reach_us
        for lane in self._lanes:
            covered_us = now + COVERED_US if lane.is_within(AHEAD_US, now) else lane.highest_us
            lane.covered_us = max(lane.covered_us, covered_us)
        covered = {lane.number: lane.covered_us for lane in self._lanes}
        ours = table.extend(self._holder, until_us, covered)
        # A lane that is not ours any more was past its mark, so nothing could be given on it. One
        # that is ours unawares was taken by a statement whose answer was lost.
        unawares = ours - {lane.number for lane in self._lanes}
        self._lanes = [
            *(lane for lane in self._lanes if lane.number in ours),
            *(Lane(number, until_us, until_us + self._reach_us) for number in unawares),
        ]
        for lane in self._lanes:
            lane.until_us = max(lane.until_us, until_us)
        self.wanted.clear()
        missing = SPARE_LANES - sum(lane.is_within(NEAR_US, now) for lane in self._lanes)
        self._take(min(missing, MAX_LANES - len(self._lanes)), now, until_us)
        self._open = [lane for lane in self._lanes if lane.is_within(AHEAD_US, now)]
        if not self._open and not self._none_open:
            logger.error(
                "no lane has room: messages without a time wait until one has",
                extra={"action": "no_lane"},
            )
        self._none_open = not self._open

    def cover(self) -> None:
        """Before anything is stored: have it written that it may be. Costs nothing as a rule."""
        if any(lane.highest_us > lane.covered_us for lane in self._lanes):
            self.keep()

    def give_back(self) -> None:
        """Let others have the lanes at once. Nothing may be given afterwards."""
        lanes, self._lanes, self._open = self._lanes, [], []
        table.release(self._holder, {lane.number: lane.highest_us for lane in lanes})

    def _take(self, count: int, now: int, until_us: int) -> None:
        if count > 0:
            covered_us = now + COVERED_US
            taken = table.take(
                self._holder, count, now_us=now, until_us=until_us, covered_us=covered_us
            )
            for number, floor_us in taken:
                lane = Lane(number, floor_us, until_us)
                lane.covered_us = max(lane.covered_us, covered_us)
                self._lanes = [*self._lanes, lane]
