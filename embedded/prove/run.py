"""One proof: load, faults one after another, the settling, the comparison."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from embedded.prove import faults
from embedded.prove.ledger import Verdict
from embedded.prove.load import Load
from embedded.prove.messages import Messages
from embedded.prove.options import Options
from embedded.prove.process import peak_rss_mib
from embedded.prove.result import Recovery, Result
from embedded.prove.scene import Scene, Stack

if TYPE_CHECKING:  # it needs the settings, which name servers that are started first
    from embedded.prove.stored import Stored

FIRST_SECONDS = 60.0  # until the first message is stored
RECOVERY_SECONDS = 180.0  # after a fault, before it counts as not recovered
SETTLE_SECONDS = 180.0  # after the last fault, until everything acknowledged is stored
GAP = (0.1, 1.5)  # seconds between a recovery and the next fault
LOOK_EVERY = 0.05  # seconds
GONE_SECONDS = 60.0  # without a report, before a worker counts as taken away
SAMPLE_EVERY = 0.5  # seconds between two looks at the bridge's memory


class Proof:
    """Runs once. `result` tells what is known at any moment."""

    def __init__(self, options: Options, stack: Stack, say: Callable[[str], None]) -> None:
        self.options = options
        self.stack = stack
        self.say = say
        self.result = Result(seed=options.seed, stack=stack.what)
        self._chance = random.Random(options.seed)  # noqa: S311 (repeatable on purpose)
        self._ended = threading.Event()
        base_ms = time.time_ns() // 1_000_000
        self._messages = Messages(secrets.token_hex(4), options.devices, base_ms)
        self._load: Load | None = None
        self._stored: Stored | None = None
        self._began = time.monotonic()
        self._names: list[str] = []

    def run(self) -> None:
        """Everything up to the comparison."""
        load, stored = self._begin()
        names = [name for name in self.options.names if faults.possible(name, self.stack)]
        self._names = names
        left_out = sorted(set(self.options.names) - set(names))
        if left_out:
            self.say(f"left out, not possible here: {', '.join(left_out)}")
        chosen = faults.plan(names, self.options.faults, self._chance) if names else []
        for number, name in enumerate(chosen, 1):
            time.sleep(self._chance.uniform(*GAP))
            self._suffer(number, name, load, stored)
        self.conclude(SETTLE_SECONDS)

    def _begin(self) -> tuple[Load, Stored]:
        self.stack.start()
        from embedded.prove.stored import Stored  # noqa: PLC0415 (needs the settings)

        stored = self._stored = Stored(self._messages)
        stored.register()
        self.result.versions["postgres"] = stored.postgres_version()
        load = self._load = Load(self.stack.address, self._messages, self.options.rate)
        threading.Thread(target=self._watch_memory, name="memory", daemon=True).start()
        self.stack.start_bridge()
        self.stack.start_webs()
        # Without a session the broker acknowledges messages that no bridge will ever be given.
        if not self._wait(lambda: _connected(stored) >= self.options.bridges, FIRST_SECONDS):
            self.result.failures.append("the bridge did not connect")
        load.post_to(self.stack.web_ports, stored.tokens)
        load.start()
        if not self._wait(lambda: _is_back(load, stored, 0, 0.0), FIRST_SECONDS):
            self.result.failures.append("no message was ever stored")
        self._began = time.monotonic()
        return load, stored

    def _suffer(self, number: int, name: str, load: Load, stored: Stored) -> None:
        chance = random.Random(self._chance.random())  # noqa: S311 (repeatable on purpose)
        scene = Scene(self.stack, load, stored, chance)
        faults.CATALOGUE[name](scene)
        if "bridge-kill" in self._names:
            faults.aftershock(scene)
        self.result.failures += scene.failures
        recovered = self._wait(
            lambda: _is_back(load, stored, scene.mark, scene.ended_at), RECOVERY_SECONDS
        )
        if recovered:
            load.ledger.subscribed_again()
        seconds = time.monotonic() - scene.ended_at
        self.result.recoveries.append(Recovery(name, seconds if recovered else None))
        if not recovered:
            self.result.failures.append(f"not recovered from {name} in {RECOVERY_SECONDS:.0f} s")
        note = f" ({', '.join(scene.notes)})" if scene.notes else ""
        outcome = f"recovered in {seconds:.1f} s" if recovered else "NOT RECOVERED"
        at = time.monotonic() - self._began
        self.say(f"{at:7.1f} s  {number:3d}  {name}{note}: {outcome}")

    def conclude(self, within: float) -> None:
        """Publish no more, let everything settle for at most so long, and compare."""
        self.result.seconds = time.monotonic() - self._began
        load, stored = self._load, self._stored
        if load is None or stored is None:
            return
        deadline = time.monotonic() + within
        if not load.finish(within):
            self.result.failures.append("the broker did not acknowledge everything sent")
        if not self._wait(_Quiet(stored, self.stack.what == "own"), deadline - time.monotonic()):
            self.result.failures.append("the bridge did not settle")
        self.result.verdict = self._compare(load, stored, deadline)
        self._check_books(stored)
        self.result.note(load)

    def _compare(self, load: Load, stored: Stored, deadline: float) -> Verdict:
        while True:
            verdict = stored.compare(load)
            if not verdict.lost or time.monotonic() > deadline:
                return verdict
            time.sleep(1.0)

    def _check_books(self, stored: Stored) -> None:
        from embedded.prove.stored import balanced  # noqa: PLC0415 (needs the settings)

        for counters in stored.workers():
            if not balanced(counters):
                self.result.failures.append(f"the books do not balance: {counters}")

    def _wait(self, fact: Callable[[], bool], within: float) -> bool:
        """Whether it came true in time. What ends meanwhile without being told is started again."""
        deadline = time.monotonic() + within
        while not fact():
            if time.monotonic() > deadline:
                return False
            self._revive()
            time.sleep(LOOK_EVERY)
        return True

    def _revive(self) -> None:
        if self.stack.what != "own":
            return  # that has a supervisor of its own
        for part in self.stack.parts.values():
            if not part.pid:
                self.result.failures.append(f"{part.name} ended by itself")
                self.say(f"{part.name} ended by itself; starting it again")
                part.start()

    def _watch_memory(self) -> None:
        while not self._ended.wait(SAMPLE_EVERY):
            bridge = self.stack.parts.get("bridge")
            if bridge is not None:
                peak = peak_rss_mib(bridge.pid)
                self.result.peak_rss_mib = max(self.result.peak_rss_mib, peak)

    def close(self) -> None:
        """End the load and, of the stack, what is ours."""
        self._ended.set()
        if self._load is not None:
            self._load.end()
        if self._stored is not None and self.stack.what != "own":
            self._stored.forget()
        self.stack.close()


def _is_back(load: Load, stored: Stored, mark: int, ended_at: float) -> bool:
    """Whether a message from this number on is stored, and each web process takes posts again."""
    return stored.has_since(mark) and load.is_posted_since(ended_at)


def _connected(stored: Stored) -> int:
    """How many bridges are connected."""
    return sum(int(counters["connected"]) for counters in stored.bridges())


class _Quiet:
    """Whether the bridge has settled everything: true after two reports that say the same."""

    def __init__(self, stored: Stored, alone: bool) -> None:
        self._stored = stored
        self._alone = alone  # nobody else publishes
        self._since = time.time()
        self._before: tuple[float, int] | None = None

    def __call__(self) -> bool:
        # The row of a worker that was taken away for good stays, and says nothing of now.
        workers = [w for w in self._stored.bridges() if w["updated"] > self._since - GONE_SECONDS]
        if not workers or any(worker["updated"] < self._since for worker in workers):
            return False
        if any(worker["spooled"] or not worker["connected"] for worker in workers):
            return False
        if not self._alone:
            return True
        now = (max(w["updated"] for w in workers), sum(w["received"] for w in workers))
        settled = not any(worker["in_flight"] for worker in workers)
        before = self._before
        if before is None or before[1] != now[1]:
            self._before = now
            return False
        return settled and now[0] > before[0]
